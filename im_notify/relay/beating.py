"""The heartbeat: a test text to each contact, so that a broken way is found before it is needed."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from im_notify.outbox.marks import mark, set_mark
from im_notify.relay.ladders import rungs_of
from im_notify.wording.own import heartbeat_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.relay.posting import Posting
    from im_notify.relay_config import HeartbeatConfig, Weekly
    from im_notify.wording import Wording

LATE = timedelta(hours=12)  #: a beat that was missed for longer is left out
LOOK = 30.0  #: seconds between two looks whether it is time
_MARK = "heartbeat"

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Heart:
    """The pass that sends test texts when it is time, in the zone of `wording`."""

    database: Database
    clock: Clock
    posting: Posting
    heartbeat: HeartbeatConfig
    wording: Wording
    _look_at: float = field(default=float("-inf"))

    def beat_due(self) -> float:
        """Send the test texts of the last time that was due, once; returns when to look again."""
        at = self.clock.monotonic()
        now = self.clock.now()
        if at >= self._look_at:
            self._look_at = at + LOOK
            due = last_time(self.heartbeat.at, now.astimezone(self.wording.zone))
            if now - due <= LATE:
                self._beat(due)
        return now.timestamp() + self._look_at - at

    def _beat(self, due: datetime) -> None:
        day = due.date().isoformat()
        if self.database.read(lambda c: mark(c, _MARK)) == day:
            return
        for contact in contacts_of(self.heartbeat.to, self.posting.config.groups):
            self._test(contact, day)
        self.database.write(lambda c: set_mark(c, _MARK, day)).result()

    def _test(self, contact: str, day: str) -> None:
        """Send one test; its key keeps a second relay, or one that died here, from a second."""
        key = f"heartbeat/{contact}/{day}"
        name = hashlib.sha256(key.encode()).hexdigest()[:4]
        failed = self.posting.post(
            contact,
            heartbeat_line(self.wording, at=self.clock.now(), name=name),
            source="heartbeat",
            key=key,
            ladder=rungs_of(self.posting.relay, contact),
        )
        if failed:
            _log.error("no test SMS: %s", failed)


def last_time(at: Weekly, now: datetime) -> datetime:
    """Return the last moment of the week, or of the day, that is not after `now`, in its zone."""
    every = 1 if at.weekday is None else 7
    back = 0 if at.weekday is None else (now.weekday() - at.weekday) % 7
    day = now.date() - timedelta(days=back)
    moment = datetime.combine(day, time(at.hour, at.minute), now.tzinfo)
    return moment if moment <= now else moment - timedelta(days=every)


def contacts_of(names: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the contacts that contacts and groups lead to, each once."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    to_do = list(names)
    while to_do:
        name = to_do.pop(0)
        if name in groups and name not in seen:
            seen.add(name)
            to_do[:0] = groups[name]
        elif name not in groups:
            found[name] = None
    return list(found)
