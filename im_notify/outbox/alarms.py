"""Alarms about the relay itself: each is a mark, so that a restart neither repeats nor loses one.

One that is raised is told to every target; when it is over, to those that heard of it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from im_notify.outbox.marks import drop_mark, mark, marks_of, set_mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

DAY = 86_400.0  #: seconds after which a trouble that lasts is told again
HOUR = 3_600.0  #: seconds in which a trouble that comes back is not; between two attempts, too
SOON = 30.0  #: seconds until a target that failed once is tried again
KEPT = 7 * DAY  #: for how long an alarm is remembered
_PREFIX = "alarm/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A trouble, or its end when it is `over`; times are seconds since the epoch.

    `heard` are the targets that know of the trouble, `relieved` those that know of its end;
    `failed` says how often each target could not be told, and when it is tried again.
    """

    name: str
    text: str
    raised_at: float
    over: bool = False
    heard: tuple[str, ...] = ()
    relieved: tuple[str, ...] = ()
    failed: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    def waiting(self, targets: Sequence[str], now: float) -> list[str]:
        """Return the targets that are to be told now: of its end only who heard of it."""
        told = self.relieved if self.over else self.heard
        wanted = [one for one in targets if one in self.heard] if self.over else targets
        return [one for one in wanted if one not in told and self._is_due(one, now)]

    def _is_due(self, target: str, now: float) -> bool:
        return target not in self.failed or now >= self.failed[target][1]


def raise_alarm(connection: Connection, name: str, text: str, *, now: float) -> None:
    """There is trouble: a new one, or one that lasts for a day or came back after an hour."""
    known = _find(connection, name)
    rest = (HOUR if known.over else DAY) if known else 0.0
    if known is None or abs(now - known.raised_at) >= rest:
        _keep(connection, Alarm(name=name, text=text, raised_at=now))


def end_alarm(connection: Connection, name: str, text: str) -> None:
    """The trouble is over, if there was one; `text` says so."""
    known = _find(connection, name)
    if known and not known.over:
        _keep(connection, replace(known, text=text, over=True, failed={}))


def alarms(connection: Connection) -> list[Alarm]:
    """Return all that are remembered."""
    return [_read(value) for value in marks_of(connection, _PREFIX).values()]


def alarm_told(
    connection: Connection, alarm: Alarm, target: str, *, now: float, failed: bool
) -> None:
    """Store how telling a target of `alarm`, as it was read, went; it may have changed since."""
    known = _find(connection, alarm.name)
    if known is None or (known.raised_at, known.over) != (alarm.raised_at, alarm.over):
        return
    if failed:
        times = known.failed.get(target, (0, 0.0))[0] + 1
        tried = (times, now + (SOON if times == 1 else HOUR))
        _keep(connection, replace(known, failed={**known.failed, target: tried}))
    elif known.over:
        _keep(connection, replace(known, relieved=(*known.relieved, target)))
    else:
        _keep(connection, replace(known, heard=(*known.heard, target)))


def forget_alarms(connection: Connection, *, now: float) -> None:
    """Drop the marks of alarms that nobody waits for any more."""
    for alarm in alarms(connection):
        if abs(now - alarm.raised_at) > KEPT:
            drop_mark(connection, _PREFIX + alarm.name)


def _find(connection: Connection, name: str) -> Alarm | None:
    value = mark(connection, _PREFIX + name)
    return _read(value) if value else None


def _keep(connection: Connection, alarm: Alarm) -> None:
    set_mark(connection, _PREFIX + alarm.name, json.dumps(asdict(alarm)))


def _read(value: str) -> Alarm:
    said = json.loads(value)
    failed = {name: (times, at) for name, (times, at) in said.pop("failed").items()}
    said |= {"heard": tuple(said["heard"]), "relieved": tuple(said["relieved"])}
    return Alarm(**said, failed=failed)
