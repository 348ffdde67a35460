"""Notices that the clock of the machine was set, and moves what is stored with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.outbox.entries import OutboxError
from im_notify.outbox.shifting import clock_was, remember_clock, shift

if TYPE_CHECKING:
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.outbox.database import Database

LEAST = 5.0  #: seconds; less is how clocks are kept right, and does no harm
REMEMBER = 60.0  #: seconds between two notes of what the clock shows
AGAIN = 1.0  #: seconds until it is tried again to store a jump

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class WatchedClock:
    """A clock that shifts the times in the outbox before it tells one of after a jump.

    As long as a jump cannot be stored it goes on as if there had been none, so that what is stored
    and what it tells are of one clock. It is never to be asked by the thread that writes.
    """

    clock: Clock
    database: Database
    _ahead: float = field(init=False)  # of the wall clock, before what never goes back
    _asking: Lock = field(default_factory=Lock)
    _restarted: bool = field(default=False, init=False)
    _again_at: float = field(default=float("-inf"), init=False)  # in monotonic seconds, as below
    _remember_at: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        """Take the wall clock as it is, unless it was later when it was noted last.

        Then it was set back while nobody looked, which is a jump like any other: a machine
        without a clock of its own starts like that, and its clock is set right later. One that is
        ahead looks like one that was off. Raises OutboxError.
        """
        now = self.clock.now().timestamp()
        known = self.database.read(clock_was)
        if known is not None and known - now >= LEAST:
            now, self._restarted = known, True
        self._ahead = now - self.clock.monotonic()

    def now(self) -> datetime:
        """Return the wall clock time, by the clock before a jump until that is stored."""
        with self._asking:
            now = self.clock.now()
            jump = now.timestamp() - self.clock.monotonic() - self._ahead
            if abs(jump) >= LEAST and not self._moved(jump, now):
                return now - timedelta(seconds=jump)
            self._remember(now)
        return now

    def _moved(self, jump: float, now: datetime) -> bool:
        """Move what is stored; says whether that could be done, which is not tried every time."""
        at = self.clock.monotonic()
        if at < self._again_at:
            return False
        move = partial(shift, seconds=jump, now=now.timestamp(), restarted=self._restarted)
        try:
            self.database.write(move).result()
        except OutboxError as error:
            self._again_at = at + AGAIN
            _log.warning("the clock was set by %s, not stored yet: %s", _span(jump), error)
            return False
        self._ahead += jump
        self._restarted = False
        _log.warning("the clock was set by %s: what is due is due anew", _span(jump))
        return True

    def _remember(self, now: datetime) -> None:
        """Note what the clock shows, with whatever else is written; the next start compares."""
        if self.clock.monotonic() >= self._remember_at:
            self._remember_at = self.clock.monotonic() + REMEMBER
            self.database.write(partial(remember_clock, now=now.timestamp()))

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        self.clock.sleep(seconds)


def _span(seconds: float) -> str:
    return f"{'-' if seconds < 0 else '+'}{timedelta(seconds=round(abs(seconds)))}"
