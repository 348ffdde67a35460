"""Counts what is refused, and says so at most once a minute for each door and reason.

A sender that is refused comes back for as long as its alert fires.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.clock import Clock
    from im_notify.server.errors import RefusedError

    Count = Callable[[str], None]

EVERY = 60.0  #: seconds between two lines about the same
_FAULT = 500
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Seen:
    since: float
    last: RefusedError
    address: str
    more: int = 0


@dataclass(slots=True)
class Refusals:
    """The refusals of one server; `count` is told the reason of each."""

    clock: Clock
    count: Count
    _seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)

    def note(self, door: str, refused: RefusedError, *, address: str = "") -> None:
        """Count one; the first is logged at once, those that follow with their number."""
        self.count(refused.reason)
        self.settle()
        seen = self._seen.get((door, refused.reason))
        if seen is None:
            seen = _Seen(since=self.clock.monotonic(), last=refused, address=address)
            self._seen[door, refused.reason] = seen
            _say(door, seen, 1)
        else:
            seen.more, seen.last, seen.address = seen.more + 1, refused, address

    def settle(self, *, all_of_them: bool = False) -> None:
        """Log what came since a line that is a minute old, or since any."""
        now = self.clock.monotonic()
        for key, seen in list(self._seen.items()):
            if now - seen.since < EVERY and not all_of_them:
                continue
            if not seen.more:
                del self._seen[key]
                continue
            _say(key[0], seen, seen.more)
            seen.since, seen.more = now, 0


def _say(door: str, seen: _Seen, count: int) -> None:
    refused = seen.last
    level = logging.ERROR if refused.status >= _FAULT else logging.WARNING
    extra = {
        "door": door,
        "reason": refused.reason,
        "status": refused.status,
        "address": seen.address,
        "count": count,
    }
    _log.log(level, _("refused: %s"), refused.detail or refused, extra=extra)
