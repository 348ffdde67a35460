"""Measures what waits in the outbox; every question is answered out of an index.

What ended is never looked at, so that a figure costs the same however much is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.overdue import overdue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

UNSENT = ("queued", "sending", "unclear", "sought")
OPEN = (*UNSENT, "placed")
_MESSAGES = schema.messages.c
_OUTLINE = select(
    _MESSAGES.source, _MESSAGES.status, _MESSAGES.created_at, _MESSAGES.send_at, _MESSAGES.ended_at
).where(_MESSAGES.id == bindparam("its_id"))
SOON = 60.0  #: seconds; what is due later is scheduled, it does not wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Orders that are not done by state, and alerts that are held back by reason.

    `oldest` is for how many seconds the oldest unsent one has waited, `late` for how many a report
    that is due has been waited for in vain; 0 where nothing waits.
    """

    states: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    oldest: float = 0.0
    late: float = 0.0


def measure(connection: Connection, *, now: float) -> Figures:
    """Return the figures as they stand."""
    return Figures(
        states=_states(connection),
        held=_held(connection),
        oldest=_oldest(connection, now),
        late=overdue(connection, now=now),
    )


def _states(connection: Connection) -> dict[str, int]:
    columns = schema.orders.c
    rows = connection.execute(
        select(columns.state, func.count().label("size"))
        .where(columns.state.in_(OPEN))
        .group_by(columns.state)
    )
    return dict.fromkeys(OPEN, 0) | {row.state: row.size for row in rows}


def _held(connection: Connection) -> dict[str, int]:
    columns = schema.held.c
    rows = connection.execute(
        select(columns.reason, func.count().label("size"))
        .where(columns.state == "held")
        .group_by(columns.reason)
    )
    return {row.reason: row.size for row in rows}


def _oldest(connection: Connection, now: float) -> float:
    """Take the order with the smallest number: they are numbered as they come."""
    orders, messages = schema.orders.c, schema.messages.c
    first = (
        select(func.min(orders.pk))
        .where(orders.state.in_(UNSENT), orders.due_at <= now + SOON)
        .scalar_subquery()
    )
    row = connection.execute(
        select(messages.created_at, messages.send_at)
        .join(schema.orders, orders.message_id == messages.id)
        .where(orders.pk == first)
    ).one_or_none()
    return max(0.0, now - max(row.created_at, row.send_at or 0.0)) if row else 0.0


@dataclass(frozen=True, slots=True)
class Outline:
    """What figures are made of: the door, where the message stands, since when it may be sent.

    A message can be refused for one recipient and wait for another: `ended` says that it is over.
    """

    source: str
    status: Status
    since: float
    ended: bool = False


def outline(connection: Connection, message_id: str) -> Outline | None:
    """Return a message in outline."""
    rows = direct.fetch(connection, _OUTLINE, {"its_id": message_id})
    for source, status, created_at, send_at, ended_at in rows:
        since = max(created_at, send_at or 0.0)
        return Outline(source, Status(status), since, ended=ended_at is not None)
    return None
