"""Hands orders out to be sent; each is stored as `sending` before it leaves.

    queued --claim--> sending --placed--> placed --report--> done
      ^                  |
      |   surely not     |--unknown--> unclear --claim--> sending (one identical repeat)
      +------ sent ------+                |
                                          +--looked up--> placed, or done as `unknown`

An order found `sending` when the outbox is opened was under way when the process died: nobody
knows what became of it, so it is `unclear`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from im_notify.models import Consent, Message
from im_notify.outbox import schema
from im_notify.outbox.accepting import note
from im_notify.outbox.standing import move, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An order that was claimed: what is to be sent, and what was tried before.

    `unclear` says that an earlier attempt may have placed it; times are seconds since the epoch.
    """

    pk: int
    message_id: str
    message: Message = field(repr=False)
    unclear: bool
    attempts: int
    repeats: int
    lookups: int
    first_at: float
    last_at: float
    expires_at: float


def recover(connection: Connection, *, now: float) -> int:
    """Take over what a process that died left under way; returns how many orders."""
    columns = schema.orders.c
    rows = connection.execute(
        select(columns.pk, columns.message_id).where(columns.state == "sending")
    ).all()
    for row in rows:
        move(connection, row.pk, state="unclear", due_at=now)
        note(connection, row.message_id, now, "unclear", "the process ended while it was sent")
    return len(rows)


def next_due(connection: Connection, states: Sequence[str]) -> float | None:
    """Return when the next order in one of these states is due."""
    columns = schema.orders.c
    found = [
        connection.scalar(select(func.min(columns.due_at)).where(columns.state == state))
        for state in states
    ]
    return min((due for due in found if due is not None), default=None)


def claim(connection: Connection, *, now: float, limit: int) -> list[Job]:
    """Take orders that are due to be sent or cleared up; they are `sending` from now on."""
    found = [row for state in ("queued", "unclear") for row in _due(connection, state, now, limit)]
    rows = sorted(found, key=lambda row: row.due_at)[:limit]
    jobs = [_job(connection, row, now=now) for row in rows]
    for row, job in zip(rows, jobs, strict=True):
        values = {"first_at": job.first_at, "last_at": now, "attempts": row.attempts + 1}
        move(connection, row.pk, state="sending", due_at=now, **values)
    return jobs


def _due(connection: Connection, state: str, now: float, limit: int) -> Sequence[Row[Any]]:
    """Return orders of one state: those of two together would all be read to be sorted."""
    columns = schema.orders.c
    return connection.execute(
        select(schema.orders)
        .where(columns.state == state, columns.due_at <= now)
        .order_by(columns.due_at)
        .limit(limit)
    ).all()


def _job(connection: Connection, row: Row[Any], *, now: float) -> Job:
    stored = connection.execute(
        select(schema.messages).where(schema.messages.c.id == row.message_id)
    ).one()
    message = Message(
        text=stored.text,
        recipients=tuple(numbers_of(connection, row.pk)),
        sender=stored.sender,
        consent=Consent(stored.consent),
        key=stored.id,
    )
    return Job(
        pk=row.pk,
        message_id=row.message_id,
        message=message,
        unclear=row.state == "unclear",
        attempts=row.attempts,
        repeats=row.repeats,
        lookups=row.lookups,
        first_at=row.first_at or now,
        last_at=row.last_at or now,
        expires_at=stored.expires_at,
    )
