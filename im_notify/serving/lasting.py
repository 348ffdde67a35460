"""What outlives a change of the configuration: the database, its clock, and what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.outbox.database import Database
from im_notify.relay.metered import Metered
from im_notify.relay.metering import Meter
from im_notify.relay.pausing import Pause
from im_notify.relay.watching import WatchedClock
from im_notify.server.metrics import Metrics
from im_notify.server.refusals import Refusals

if TYPE_CHECKING:
    from im_notify.app import App
    from im_notify.protocols import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """One of each for the whole life of a process; two clocks would move what is due twice."""

    database: Database
    clock: WatchedClock
    metrics: Metrics
    meter: Meter
    refusals: Refusals


def lasting(app: App, url: str) -> Lasting:
    """Open the database and begin to count. Raises OutboxError."""
    database, metrics = Database(url), Metrics()
    return Lasting(
        database=database,
        clock=WatchedClock(clock=app.clock, database=database),
        metrics=metrics,
        meter=Meter(metrics.registry, app.clock),
        refusals=Refusals(app.clock, metrics.refused),
    )


@dataclass(frozen=True, slots=True)
class Account:
    """The way to the provider and whether it stands still; `settings` are what it was made of."""

    settings: tuple[object, ...]
    backend: Backend
    pause: Pause


def account(app: App, kept: Lasting, before: Account | None) -> Account:
    """Return the account as it was before, with its rate and its pause, unless it changed.

    Raises ConfigError.
    """
    config = app.config
    settings = (config.provider, config.plugins_allow, config.plugins_block)
    if before is not None and before.settings == settings:
        return before
    pause = Pause(clock=app.clock, sender=app.config.provider.sender)
    kept.meter.watch(pause)
    return Account(settings, Metered(app.backend(), kept.meter, app.clock), pause)
