"""What the doors keep messages in: the outbox, with the words and ladders of the configuration."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from im_notify.alerts import AlertState
from im_notify.outbox import accepting, episodes, handed, reading, reporting, rungs
from im_notify.outbox.entries import AlertPlan, Entry
from im_notify.outbox.figures import measure
from im_notify.outbox.marks import set_mark
from im_notify.outbox.storming import Day, StormControl
from im_notify.wording import Templates, Wording, word_storm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from im_notify.alerts import Alert
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.outbox.entries import Accepted, Route, Stored, Surge
    from im_notify.outbox.figures import Figures
    from im_notify.relay_config import RelayConfig
    from im_notify.reports import Report

T = TypeVar("T")
ROOM = "-" * 32_768  #: what is written to find out whether there is room


@dataclass(slots=True, kw_only=True)
class RelayStore:
    """Keeps what the doors accept.

    `woken` is called when something new is on disk, `heard` when there is something to tell.
    """

    database: Database
    clock: Clock
    relay: RelayConfig
    wording: Wording
    woken: Callable[[], None]
    heard: Callable[[], None] = lambda: None
    templates: Templates = field(default_factory=Templates)
    _day: Day = field(default_factory=Day)

    def accept(self, entries: Sequence[Entry]) -> Future[list[Accepted]]:
        """Keep all entries or none; one whose key is known is that one."""
        now = self._now()
        return self._kept(lambda c: [accepting.accept(c, entry, now=now) for entry in entries])

    def accept_alerts(self, alerts: Sequence[Alert], route: Route) -> Future[list[Accepted]]:
        """Keep what changed as one message; returns the known ones when nothing did."""
        return self._kept(self._taking(alerts, route, self._now()))

    def accept_once(
        self, key: str, alerts: Sequence[Alert], route: Route
    ) -> Future[list[Accepted]]:
        """Do so, unless it was done under this key: then return what came of it."""
        now = self._now()
        work = self._taking(alerts, route, now)
        return self._kept(lambda c: handed.take_once(c, key, work, now=now))

    def _taking(
        self, alerts: Sequence[Alert], route: Route, now: float
    ) -> Callable[[Connection], list[Accepted]]:
        plan = AlertPlan(
            entry=lambda changed, at: self.entry(changed, route, at),
            audience=route.contact or ",".join(route.recipients),
            repeat=self.relay.repeat,
            recovery=self.relay.recovery,
            route=route,
            storm=self.storm() if self.relay.storm.enabled else None,
        )
        return lambda c: episodes.accept_alerts(c, alerts, plan, now=now)

    def storm(self) -> StormControl:
        """Return the rules of storm control, also when it is off."""
        return StormControl(
            config=self.relay.storm,
            zone=self.wording.zone,
            recovery=self.relay.recovery,
            day=self._day,
        )

    def entry(
        self, alerts: Sequence[Alert], route: Route, at: float, surge: Surge | None = None
    ) -> Entry:
        """Return the message that tells of alerts, as a storm's notice if there is a surge."""
        firing = any(alert.state is AlertState.FIRING for alert in alerts)
        return Entry(
            source=alerts[0].source,
            text=self._worded(alerts, datetime.fromtimestamp(at, UTC), surge),
            recipients=route.recipients,
            sender=route.sender,
            consent=route.consent,
            lifetime=route.lifetime,
            contact=route.contact,
            ladder=route.ladder if firing else (),
            write_back=route.write_back,
            origin=tuple(map(_as_posted, alerts)) if route.write_back else (),
        )

    def _worded(self, alerts: Sequence[Alert], at: datetime, surge: Surge | None) -> str:
        if surge is None:
            return self.templates.word(alerts, self.wording, at=at)
        within = timedelta(seconds=surge.seconds)
        return word_storm(alerts, self.wording, at=at, count=surge.alerts, within=within)

    def _kept(self, work: Callable[[Connection], T]) -> Future[T]:
        future = self.database.write(work)
        future.add_done_callback(lambda _done: self.woken())
        return future

    def message(self, id: str) -> Stored | None:  # noqa: A002  as the doors call it
        """Return a message as it stands. Raises OutboxError."""
        return self.database.read(lambda c: reading.stored(c, id))

    def may_be_heard(self, key: str) -> bool:
        """Say whether the message of this key arrived anywhere, or may do so yet."""
        return self.database.read(lambda c: rungs.may_be_heard(c, key))

    def push(self, report: Report) -> Future[bool]:
        """Note what the provider pushed; false when it names no order of ours."""
        now = self._now()
        known: Future[bool] = Future()
        known.set_running_or_notify_cancel()  # so that nobody who stopped waiting can cancel it
        found = self.database.write(lambda c: reporting.pushed(c, report, now=now))
        found.add_done_callback(lambda done: _pass_on(done, known))
        found.add_done_callback(lambda _done: self.heard())
        return known

    def figures(self) -> Figures:
        """Say what waits and how long it does."""
        now = self._now()
        return self.database.read(lambda c: measure(c, now=now))

    def writable(self) -> bool:
        """Say whether as much as a message and what becomes of it can be written now."""
        probe = self.database.write(lambda c: set_mark(c, "room", ROOM))
        return probe.exception(timeout=5) is None

    def _now(self) -> float:
        return self.clock.now().timestamp()


def _pass_on(done: Future[T], waiting: Future[T]) -> None:
    if error := done.exception():
        waiting.set_exception(error)
    else:
        waiting.set_result(done.result())


def _as_posted(alert: Alert) -> Alert:
    """Return an alert with the episode as its source knows it: the outbox numbers them."""
    return replace(alert, episode=alert.episode.rpartition("@")[0] or alert.episode)
