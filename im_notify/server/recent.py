"""Remembers what was asked for a short time ago, so that a device that tries again finds it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.clock import Clock

WINDOW = 600.0  #: seconds in which the provider refuses the same text as well (code 451)
MOST = 100_000  #: remembered at once


class Recent:
    """Keys for requests: the same for the same request within ten minutes.

    What is here is lost with the process; the key is then made again from the time, so that it
    is the same in all but a few cases, and the provider's own guard is left for those.
    """

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet."""
        self._clock = clock
        self._known: OrderedDict[str, float] = OrderedDict()

    def key(self, device: str, text: str, numbers: Sequence[str]) -> str:
        """Return the key; texts are only kept as a digest."""
        now = self._clock.now().timestamp()
        self._forget(now)
        what = "\0".join([device, text, *sorted(numbers)]).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(what).hexdigest()[:32]
        first = self._known.setdefault(digest, now)
        return f"device:{digest}:{int(first // WINDOW)}"

    def _forget(self, now: float) -> None:
        while self._known:
            digest, first = next(iter(self._known.items()))
            if 0 <= now - first <= WINDOW and len(self._known) < MOST:
                return
            del self._known[digest]
