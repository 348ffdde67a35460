"""One rate for each account, however many Apprise URLs of a process name it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from im_notify_plugins.iletimerkezi.limiter import RateLimiter

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify_plugins.iletimerkezi.credentials import Credentials

RATE = 90.0  #: recipients a second; the provider allows an account 100


class Limiters:
    """The limiters of all accounts that were asked for."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.Lock()
        self._known: dict[Credentials, RateLimiter] = {}

    def of(self, credentials: Credentials, clock: Clock) -> RateLimiter:
        """Return the account's limiter; the first caller's clock drives it."""
        with self._lock:
            if credentials not in self._known:
                self._known[credentials] = RateLimiter(RATE, clock)
            return self._known[credentials]
