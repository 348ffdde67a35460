"""The pass of storm control: tells what was held back when its time has come."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from im_notify.outbox import awaiting, gathering
from im_notify.outbox.alarms import raise_alarm
from im_notify.outbox.gathering import Gathered, Gathering
from im_notify.outbox.marks import mark, set_mark
from im_notify.outbox.storming import Day
from im_notify.wording.own import trouble_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.relay.store import RelayStore

TOLD_OF = {100: "cap", 80: "parts"}  #: percent of the day's parts, and what is said then
_MARK = "daily parts"

_log = logging.getLogger(__name__)


def _warn(name: str, text: str) -> None:
    _log.warning("%s: %s", name, text)


def _store(connection: Connection, name: str, text: str, *, now: float) -> None:
    """Raise the alarm and note that it is raised at once: neither outlives a crash alone."""
    raise_alarm(connection, name, text, now=now)
    set_mark(connection, _MARK, name)


@dataclass(slots=True, kw_only=True)
class Gatherer:
    """Gathers; `woken` is called when there is a message, `alarm` with a name and what is wrong.

    An alarm is stored before, so that it is told also after a crash.
    """

    database: Database
    clock: Clock
    store: RelayStore
    woken: Callable[[], None] = lambda: None
    alarm: Callable[[str, str], None] = _warn
    dropped: Callable[[str, int], None] = lambda _reason, _count: None
    _day: Day = field(default_factory=Day)
    _told: str = ""

    def gather_due(self) -> float | None:
        """Tell what may be told now; returns when the next audience is due."""
        now = self._now()
        if self.database.read(lambda c: awaiting.are_due(c, now=now)):
            gather = self._gather_time()
            self.database.write(lambda c: awaiting.release(c, now=now, gather=gather)).result()
        for audience in self.database.read(lambda c: gathering.due(c, now=now)):
            self._note(self.database.write(self._work(audience, now)).result())
        self._watch_parts(now)
        return self.database.read(gathering.next_due)

    def _gather_time(self) -> float:
        rules = self.store.storm().config
        return rules.gather if rules.enabled else 0.0

    def _work(self, audience: str, now: float) -> Callable[[Connection], Gathered]:
        control, tell = self.store.storm(), self.store.entry
        return lambda connection: Gathering(
            connection=connection, audience=audience, control=control, tell=tell, now=now
        ).run()

    def _note(self, found: Gathered) -> None:
        for reason, count in found.dropped.items():
            _log.warning("%d alerts are not texted: %s", count, reason)
            self.dropped(reason, count)
        if found.message_id:
            self.woken()

    def _watch_parts(self, now: float) -> None:
        """Tell once a day when most of its parts are used, and once when all are."""
        rules = self.store.storm()
        cap = rules.config.daily_parts if rules.config.enabled else 0
        if not cap:
            return
        parts = self.database.read(lambda c: self._day.parts(c, rules.zone, now=now))
        name = next((TOLD_OF[one] for one in TOLD_OF if parts * 100 >= cap * one), None)
        if name:
            told = f"{name} {datetime.fromtimestamp(now, rules.zone):%Y-%m-%d}"
            self._tell_once(told, trouble_line(name, self.store.wording, parts=parts, cap=cap))

    def _tell_once(self, name: str, text: str) -> None:
        if name == self._told or self.database.read(lambda c: mark(c, _MARK)) == name:
            return
        now = self._now()
        self.database.write(lambda c: _store(c, name, text, now=now)).result()
        self._told = name
        self.alarm(name, text)

    def _now(self) -> float:
        return self.clock.now().timestamp()
