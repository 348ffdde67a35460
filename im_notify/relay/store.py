"""What the doors keep messages in: the outbox, with the words and ladders of the configuration."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from im_notify.alerts import AlertState
from im_notify.outbox import accepting, episodes, reading, reporting
from im_notify.outbox.entries import AlertPlan, Entry
from im_notify.relay.telling import tell
from im_notify.wording import Wording, word

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from im_notify.alerts import Alert
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.outbox.entries import Accepted, Route, Stored
    from im_notify.outbox.reporting import Change
    from im_notify.plugins import Plugins
    from im_notify.relay_config import RelayConfig
    from im_notify.reports import Report

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class RelayStore:
    """Keeps what the doors accept; `woken` is called when something new is on disk."""

    database: Database
    plugins: Plugins
    clock: Clock
    relay: RelayConfig
    wording: Wording
    woken: Callable[[], None]
    _teller: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "relay-tell"))

    def accept(self, entries: Sequence[Entry]) -> Future[list[Accepted]]:
        """Keep all entries or none; one whose key is known is that one."""
        now = self._now()
        return self._kept(lambda c: [accepting.accept(c, entry, now=now) for entry in entries])

    def accept_alerts(self, alerts: Sequence[Alert], route: Route) -> Future[list[Accepted]]:
        """Keep what changed as one message; returns the known ones when nothing did."""
        now = self._now()
        plan = AlertPlan(
            entry=lambda changed, at: self._entry(changed, route, at),
            audience=route.contact or ",".join(route.recipients),
            repeat=self.relay.repeat,
            recovery=self.relay.recovery,
        )
        return self._kept(lambda c: episodes.accept_alerts(c, alerts, plan, now=now))

    def _entry(self, alerts: Sequence[Alert], route: Route, at: float) -> Entry:
        firing = any(alert.state is AlertState.FIRING for alert in alerts)
        return Entry(
            source=alerts[0].source,
            text=word(alerts, self.wording, at=datetime.fromtimestamp(at, UTC)),
            recipients=route.recipients,
            sender=route.sender,
            consent=route.consent,
            lifetime=route.lifetime,
            contact=route.contact,
            ladder=route.ladder if firing else (),
        )

    def _kept(self, work: Callable[[Connection], T]) -> Future[T]:
        future = self.database.write(work)
        future.add_done_callback(lambda _done: self.woken())
        return future

    def message(self, id: str) -> Stored | None:  # noqa: A002  as the doors call it
        """Return a message as it stands. Raises OutboxError."""
        return self.database.read(lambda c: reading.stored(c, id))

    def push(self, report: Report) -> Future[bool]:
        """Note what the provider pushed; false when it names no order of ours."""
        now = self._now()
        known: Future[bool] = Future()
        known.set_running_or_notify_cancel()  # so that nobody who stopped waiting can cancel it
        found = self.database.write(lambda c: reporting.pushed(c, report, now=now))
        found.add_done_callback(lambda done: self._pushed(done, report, known))
        return known

    def _pushed(
        self, done: Future[tuple[bool, list[Change]]], report: Report, known: Future[bool]
    ) -> None:
        if error := done.exception():
            known.set_exception(error)
            return
        ours, changed = done.result()
        for change in changed:  # plugins must not hold up the thread that writes
            self._teller.submit(tell, self.database, self.plugins, report, change)
        known.set_result(ours)

    def depth(self) -> Mapping[str, int]:
        """Count the orders that are not done, by state."""
        return self.database.read(reading.depth)

    def writable(self) -> bool:
        """Say whether a write goes through now."""
        return self.database.write(lambda _c: True).exception(timeout=5) is None

    def close(self) -> None:
        """Finish telling."""
        self._teller.shutdown()

    def _now(self) -> float:
        return self.clock.now().timestamp()
