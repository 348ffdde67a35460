"""The time that Apprise gives a service, as a clock that never sleeps past its end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from im_notify.clock import Clock

MARGIN = 5.0  #: seconds kept back for Apprise's own work


class Budget:
    """A clock with an end; waiting and requests are cut there."""

    def __init__(self, limit: float, clock: Clock, *, started: float | None = None) -> None:
        """Begin now, or when `started` was on the same clock.

        `limit` is in seconds, 0 for none; a margin of it stays unused.
        """
        self._clock = clock
        self.started = clock.monotonic() if started is None else started
        usable = max(limit - MARGIN, limit / 2) if limit else math.inf
        self._end = self.started + usable

    def left(self) -> float:
        """Return the seconds that are left, never less than none."""
        return max(0.0, self._end - self._clock.monotonic())

    def now(self) -> datetime:
        """Return the wall clock time."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`, or at the end if that comes first."""
        self._clock.sleep(min(seconds, self.left()))
