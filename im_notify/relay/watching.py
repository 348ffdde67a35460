"""Notices that the clock of the machine was set, and moves what is stored with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.outbox.shifting import shift

if TYPE_CHECKING:
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.outbox.database import Database

LEAST = 5.0  #: seconds; less is how clocks are kept right, and does no harm

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class WatchedClock:
    """A clock that shifts the times in the outbox before it tells one of after a jump.

    It is never to be asked by the thread that writes.
    """

    clock: Clock
    database: Database
    _ahead: float = field(init=False)  # of the wall clock, before what never goes back
    _asking: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Take the wall clock as it is."""
        self._ahead = self.clock.now().timestamp() - self.clock.monotonic()

    def now(self) -> datetime:
        """Return the wall clock time. Raises OutboxError when a jump cannot be stored."""
        with self._asking:
            now = self.clock.now()
            jump = now.timestamp() - self.clock.monotonic() - self._ahead
            if abs(jump) >= LEAST:
                self.database.write(lambda c: shift(c, jump)).result()
                self._ahead += jump
                _log.warning("the clock was set by %s: what is due is due anew", _span(jump))
        return now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        self.clock.sleep(seconds)


def _span(seconds: float) -> str:
    return f"{'-' if seconds < 0 else '+'}{timedelta(seconds=round(abs(seconds)))}"
