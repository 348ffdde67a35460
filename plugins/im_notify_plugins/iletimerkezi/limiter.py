"""Keeps the account below the provider's rate, counted in recipients."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from im_notify.clock import Clock


class RateLimiter:
    """Lets `rate` recipients a second through, shared by all threads (provider: 100 at most).

    An order goes out whole: a large one starts when the ones before it are paid off, and those
    after it wait until it is paid off in turn.
    """

    def __init__(self, rate: float, clock: Clock) -> None:
        """Start with a full second's worth."""
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock.monotonic() - 1.0

    def acquire(self, recipients: int) -> None:
        """Return when an order for so many recipients may leave."""
        self._clock.sleep(self._reserve(recipients))

    def _reserve(self, recipients: int) -> float:
        with self._lock:
            now = self._clock.monotonic()
            self._free_at = max(self._free_at, now - 1.0)
            wait = self._free_at - now
            self._free_at += recipients / self._rate
            return max(0.0, wait)
