"""Remembers what was asked for a short time ago, so that a device that tries again finds it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.clock import Clock
    from im_notify.relay_config import DeviceConfig

MOST = 100_000  #: remembered at once


class Recent:
    """Keys for requests: the same for the same request within a time that each device has.

    What is here is lost with the process; the key is then made again from the time, so that it
    is the same in all but a few cases, and the provider's own guard is left for those.
    """

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet."""
        self._clock = clock
        self._known: OrderedDict[str, float] = OrderedDict()  # when it came first, in that order

    def key(self, device: DeviceConfig, text: str, numbers: Sequence[str]) -> str:
        """Return the key; texts are only kept as a digest."""
        now = self._clock.now().timestamp()
        what = "\0".join([device.name, text, *sorted(numbers)]).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(what).hexdigest()[:32]
        first = self._first(digest, now, within=device.repeat)
        return f"device:{digest}:{int(first // device.repeat)}"

    def _first(self, digest: str, now: float, *, within: float) -> float:
        first = self._known.get(digest)
        if first is not None and 0 <= now - first <= within:
            return first
        self._known[digest] = now
        self._known.move_to_end(digest)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return now
