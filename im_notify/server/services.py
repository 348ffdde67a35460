"""What the doors work with; whoever starts the relay puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from im_notify.server.answers import Arrivals
from im_notify.server.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from concurrent.futures import Future
    from datetime import tzinfo

    from im_notify.alerts import Alert
    from im_notify.clock import Clock
    from im_notify.config import Config
    from im_notify.outbox.entries import Accepted, Entry, Route, Stored
    from im_notify.outbox.figures import Figures
    from im_notify.protocols import Source
    from im_notify.relay_config import HookConfig, RelayConfig
    from im_notify.reports import Report
    from im_notify.server.refusals import Refusals


class Store(Protocol):
    """Where messages are kept; a future is resolved once its change is on disk.

    What cannot be stored is an OutboxError, from the call or out of the future.
    """

    def accept(self, entries: Sequence[Entry]) -> Future[list[Accepted]]:
        """Keep all entries or none."""

    def accept_alerts(self, alerts: Sequence[Alert], route: Route) -> Future[list[Accepted]]:
        """Keep what changed as a message; none when nothing did."""

    def message(self, id: str) -> Stored | None:  # noqa: A002  the name of the contract
        """Return a message as it stands."""

    def push(self, report: Report) -> Future[bool]:
        """Note what the provider pushed; false when it names no order of ours."""

    def figures(self) -> Figures:
        """Say what waits and how long it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The provider's first answer to a message: its order, or the code that refused it."""

    order_id: str | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a request may take: seconds for head and body, bytes of its address."""

    head_seconds: float = 10.0
    body_seconds: float = 10.0
    url: int = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the doors need.

    `source` finds the parser of a hook, None where it is not installed; `pushes` are asked one
    after the other what a delivery push means. `outcome` tells the provider's first answer to a
    message, None as long as there is none. `writable` and `sending` say whether the store takes
    messages and whether somebody sends them. `zone` is that of times in texts. `refusals` and
    `metrics` outlive a change of the configuration; without the first, a server has its own.
    """

    config: Config
    relay: RelayConfig
    store: Store
    clock: Clock
    zone: tzinfo
    source: Callable[[HookConfig], Source | None]
    pushes: tuple[Source, ...] = ()
    outcome: Callable[[str], Awaitable[Outcome | None]]
    writable: Callable[[], bool]
    sending: Callable[[], bool]
    limits: Limits = Limits()
    refusals: Refusals | None = None
    metrics: Metrics = field(default_factory=Metrics)
    arrivals: Arrivals = field(default_factory=Arrivals)
