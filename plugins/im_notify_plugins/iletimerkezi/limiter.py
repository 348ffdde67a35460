"""Keeps the account below the provider's rate, counted in recipients."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from im_notify.clock import Clock


class RateLimiter:
    """Lets `rate` recipients a second through, shared by all threads (provider: 100 at most).

    Nothing is saved up: a burst after silence would break the provider's limit. An order goes
    out whole, and those after it wait until it is paid off.
    """

    def __init__(self, rate: float, clock: Clock) -> None:
        """Let the first order leave at once."""
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock.monotonic()

    def acquire(self, recipients: int) -> None:
        """Return when an order for so many recipients may leave."""
        self._clock.sleep(self._reserve(recipients))

    def _reserve(self, recipients: int) -> float:
        with self._lock:
            now = self._clock.monotonic()
            self._free_at = max(self._free_at, now)
            wait = self._free_at - now
            self._free_at += recipients / self._rate
            return wait
