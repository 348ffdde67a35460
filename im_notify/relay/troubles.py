"""What can be wrong with a relay: each check says so, or that all is well."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from im_notify.errors import QueryError
from im_notify.outbox import schema
from im_notify.outbox.overdue import overdue
from im_notify.protocols import Checkable
from im_notify.wording.own import trouble_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.protocols import Backend
    from im_notify.relay.pausing import Pause
    from im_notify.relay_config import RelayConfig
    from im_notify.wording import Wording

CREDIT = 900.0  #: seconds between two questions for the credit
FIRST_CREDIT = 60.0  #: seconds after the start until the first
SAMPLE = 64  #: orders next in the queue, of which the oldest counts

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Troubles:
    """The checks; `alive` says whether all loops of the relay run."""

    database: Database
    backend: Backend
    clock: Clock
    pause: Pause
    relay: RelayConfig
    wording: Wording
    alive: Callable[[], bool]
    _credit_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Leave the start to what is waiting."""
        self._credit_at = self.clock.monotonic() + FIRST_CREDIT

    def look(self) -> Iterator[tuple[str, str | None]]:
        """Yield what could be found out by its name: what is wrong, or None when it is well."""
        now = self.clock.now().timestamp()
        yield self._said("loops", wrong=not self.alive())
        reason = self.pause.trouble
        yield self._said("provider", wrong=reason is not None, reason=reason)
        late = self.database.read(lambda c: overdue(c, now=now))
        yield self._said("reports", wrong=late > self.relay.stale, minutes=round(late / 60))
        if reason is None:  # else it stands still for that reason
            waits = now - (self.database.read(lambda c: _oldest_queued(c, now)) or now)
            yield self._said("queue", wrong=waits > self.relay.stale, minutes=round(waits / 60))
        yield from self._credit()

    def _credit(self) -> Iterator[tuple[str, str | None]]:
        least, at = self.relay.credit_low, self.clock.monotonic()
        if least <= 0 or at < self._credit_at or not isinstance(self.backend, Checkable):
            return
        self._credit_at = at + CREDIT
        try:
            left = float(self.backend.check().messages_left)
        except (QueryError, ValueError) as error:
            _log.warning("the credit cannot be read now: %s", error)
        else:
            yield self._said("credit", wrong=left < least, left=int(left))

    def _said(self, name: str, *, wrong: bool, **told: object) -> tuple[str, str | None]:
        return name, trouble_line(name, self.wording, **told) if wrong else None


def _oldest_queued(connection: Connection, now: float) -> float | None:
    """Return when the oldest of the orders that are next should have been sent.

    That is no matter of `due_at` alone: an order that could not be sent is due again soon.
    """
    orders, messages = schema.orders.c, schema.messages.c
    coming = (
        select(func.coalesce(messages.send_at, messages.created_at).label("since"))
        .join(schema.messages, messages.id == orders.message_id)
        .where(orders.state == "queued", orders.due_at <= now + FIRST_CREDIT)
        .order_by(orders.due_at)
        .limit(SAMPLE)
        .subquery()
    )
    found: float | None = connection.scalar(select(func.min(coming.c.since)))
    return found
