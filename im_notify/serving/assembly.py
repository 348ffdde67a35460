"""Puts a relay together: outbox, loops and doors of one configuration."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.models import Consent
from im_notify.outbox.database import Database
from im_notify.relay.engine import Engine
from im_notify.relay.ladders import Ladders
from im_notify.relay.loops import Loops
from im_notify.relay.pausing import Pause
from im_notify.relay.sending import Sender
from im_notify.relay.store import RelayStore
from im_notify.relay.watching import WatchedClock
from im_notify.relay_config import relay_of
from im_notify.server.services import Outcome, Services
from im_notify.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from im_notify.app import App
    from im_notify.protocols import Source
    from im_notify.relay_config import HookConfig, RelayConfig

POLL = 0.05  #: seconds between two looks for the first outcome of a code that is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay that is not running yet: `services` are for the doors, `loops` send."""

    config: RelayConfig
    database: Database
    engine: Engine
    store: RelayStore
    loops: Loops
    services: Services

    def start(self) -> None:
        """Take over what a process that died left, and begin."""
        self.engine.recover()
        self.loops.start()

    def close(self) -> None:
        """Finish what is under way, tell of it, close the database."""
        self.loops.stop()
        self.engine.close()
        self.store.close()
        self.database.close()


def assemble(app: App) -> Relay:
    """Make a relay of the configuration. Raises ConfigError, OutboxError, PluginError."""
    config = relay_of(app.config)
    _refuse_unknown_sources(app, config)
    backend = app.backend()
    database = Database(config.database)
    clock = WatchedClock(clock=app.clock, database=database)
    sender = Sender(
        database=database,
        plugins=app.plugins,
        backend=backend,
        clock=clock,
        pause=Pause(clock=app.clock),
    )
    store = RelayStore(
        database=database,
        plugins=app.plugins,
        clock=clock,
        relay=config,
        wording=_wording(config),
        woken=lambda: loops.wake(),  # noqa: PLW0108  they are made below
    )
    engine = Engine(
        database=database,
        plugins=app.plugins,
        backend=backend,
        clock=clock,
        sender=sender,
        fall_back=_ladders(app, config, store).climb,
        confirm_end=app.config.confirm_end,
    )
    loops = Loops(passes(engine), clock)
    engine.woken = lambda: loops.wake("send")
    return Relay(
        config=config,
        database=database,
        engine=engine,
        store=store,
        loops=loops,
        services=_services(app, config, store=store, loops=loops),
    )


def passes(engine: Engine) -> dict[str, Callable[[], float | None]]:
    """Return what a relay does all the time, by the names of the loops that do it."""
    return {
        "send": engine.send_due,
        "confirm": engine.confirm_due,
        "climb": engine.climb_due,
    }


def _services(app: App, config: RelayConfig, *, store: RelayStore, loops: Loops) -> Services:
    sources = app.plugins.sources(app.config)

    async def outcome(message_id: str) -> Outcome | None:
        return await asyncio.to_thread(first_outcome, store, message_id)

    def source(hook: HookConfig) -> Source | None:
        return sources.get(source_name(hook))

    return Services(
        config=app.config,
        relay=config,
        store=store,
        clock=app.clock,
        zone=zone(),
        source=source,
        pushes=tuple(one for one in sources.values() if getattr(one, "pushes", False)),
        outcome=outcome,
        writable=store.writable,
        sending=lambda: loops.alive,
    )


def first_outcome(store: RelayStore, message_id: str) -> Outcome | None:
    """Return what the provider said to a message first, None as long as it said nothing."""
    found = store.message(message_id)
    for order in found.orders if found else ():
        if order.order_id is not None or order.state == "done":
            return Outcome(order_id=order.order_id, code=order.code)
    return None


def zone() -> tzinfo:
    """Return the zone of the times in texts."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Istanbul")


def _wording(config: RelayConfig) -> Wording:
    return Wording(
        language=config.language,
        zone=zone(),
        parts=config.parts,
        transliterate=config.transliterate,
    )


def _ladders(app: App, config: RelayConfig, store: RelayStore) -> Ladders:
    provider = app.config.provider
    return Ladders(
        config=app.config,
        relay=config,
        store=store,
        sender=provider.sender or "",
        consent=provider.consent or Consent.TRANSACTIONAL,
        tell_url=app.plugins.fall_back,
    )


def _refuse_unknown_sources(app: App, config: RelayConfig) -> None:
    known = app.plugins.sources(app.config)
    for hook in config.hooks.values():
        if source_name(hook) not in known:
            text = _("[hooks.{name}] source {source} is not known; there are: {known}")
            names = ", ".join(sorted(known))
            raise ConfigError(text.format(name=hook.name, source=hook.source, known=names))


def source_name(hook: HookConfig) -> str:
    """Return the name of a hook's parser: one with a map of its own is called like the hook."""
    return hook.name if hook.map else hook.source
