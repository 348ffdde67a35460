"""Forgets what ended long ago, a little at a time, so that nobody waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.outbox import retention

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database

TOGETHER = 100  #: messages that are forgotten in one transaction
EVERY = 3600.0  #: seconds between two looks once there is nothing to forget


@dataclass(slots=True, kw_only=True)
class Forgetter:
    """Keeps what ended for `keep` seconds."""

    database: Database
    clock: Clock
    keep: float
    _look_at: float = float("-inf")

    def forget_due(self) -> float | None:
        """Forget a batch; returns when there is more, None when there is none for now."""
        if self.clock.monotonic() < self._look_at:
            return None
        now = self.clock.now().timestamp()
        found = self.database.write(
            lambda c: retention.forget(c, before=now - self.keep, limit=TOGETHER)
        ).result()
        freed = self.database.write(retention.give_back).result()
        if found or freed:
            return now
        self._look_at = self.clock.monotonic() + EVERY
        return None
