"""For how long the reports that are due have been waited for in vain.

A question that fails is put off, so that an order is never long due. Since when its report is
owed is kept beside that, until one is read or the order ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from im_notify.outbox import schema
from im_notify.outbox.marks import mark, set_mark

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HEARD = "report read"
_ORDERS = schema.orders.c
_PLACED = _ORDERS.state == "placed"
_DUE = select(func.min(_ORDERS.due_at)).where(_PLACED)
_OWED = select(func.min(_ORDERS.owed_at)).where(_PLACED, _ORDERS.owed_at.is_not(None))


def overdue(connection: Connection, *, now: float) -> float:
    """Return for how many seconds no report came though one was due; 0 where none is.

    That is since the one that is due longest should have been asked for, and where questions
    fail, since the first of them or since any report was read: one order of which the provider
    says nothing is no sign that nothing can be learned.
    """
    since = [one for one in (connection.scalar(_DUE), _in_vain(connection)) if one is not None]
    return max(0.0, now - min(since, default=now))


def _in_vain(connection: Connection) -> float | None:
    owed = connection.scalar(_OWED)
    return None if owed is None else max(owed, float(mark(connection, _HEARD) or owed))


def heard(connection: Connection, *, now: float) -> None:
    """Note that a report could be read, if another is owed."""
    if connection.scalar(_OWED) is not None:
        set_mark(connection, _HEARD, str(now))


def shift_heard(connection: Connection, seconds: float) -> None:
    """Restate when that was by a clock that was put forward by `seconds`."""
    if (at := mark(connection, _HEARD)) is not None:
        set_mark(connection, _HEARD, str(float(at) + seconds))
