"""Ends of problems whose text is on its way: they are texted if that arrives, else never.

A row of `held` in the state `awaiting` holds nobody else up. Once the problem's text is delivered
it is held like any other alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from im_notify.alerts import AlertState
from im_notify.models import Status
from im_notify.outbox import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

AWAITING: Final = "awaiting"
UNCONFIRMED = "its problem's text is not confirmed yet"
NOT_DELIVERED = "its problem's text was not delivered"
AGAIN = "its problem began again"
LOOK = 2.0  #: seconds between two looks at what became of the problem's text
MOST = 500  #: that are looked at in one transaction


def are_due(connection: Connection, *, now: float) -> bool:
    """Say whether there is something to release."""
    columns = schema.held.c
    due = select(columns.id).where(columns.state == AWAITING, columns.due_at <= now).limit(1)
    return connection.execute(due).first() is not None


def release(connection: Connection, *, now: float, gather: float) -> None:
    """Hold, or drop, what need not wait any longer.

    `gather` is for how many seconds after it came an alert is gathered with others.
    """
    rows, problems, messages = schema.held, schema.episodes, schema.messages
    same = (
        (problems.c.source == rows.c.source)
        & (problems.c.episode == rows.c.episode)
        & (problems.c.audience == rows.c.audience)
    )
    found = connection.execute(
        select(rows.c.id, rows.c.at, problems.c.state, messages.c.status)
        .outerjoin_from(rows, problems, same)
        .outerjoin(messages, messages.c.id == problems.c.message_id)
        .where(rows.c.state == AWAITING, rows.c.due_at <= now)
        .order_by(rows.c.due_at)
        .limit(MOST)
    ).all()
    for row in found:
        told_at = max(now, row.at + gather)
        values = _fate(row.state, row.status, now=now, told_at=told_at)
        connection.execute(update(rows).where(rows.c.id == row.id).values(values))


def _fate(
    problem: str | None, status: str | None, *, now: float, told_at: float
) -> dict[str, object]:
    if problem == AlertState.FIRING:
        return {"state": "dropped", "reason": AGAIN, "due_at": now}
    if status is not None and is_open(Status(status)):
        return {"due_at": now + LOOK}
    if status == Status.DELIVERED:
        return {"state": "held", "due_at": told_at}
    return {"state": "dropped", "reason": NOT_DELIVERED, "due_at": now}


def let_wait(connection: Connection, names: Iterable[str], *, now: float) -> None:
    """Take rows out of what is held, because their problems' texts are not confirmed yet."""
    columns = schema.held.c
    connection.execute(
        update(schema.held)
        .where(columns.id.in_(list(names)))
        .values(state=AWAITING, reason=UNCONFIRMED, due_at=now + LOOK)
    )


def is_open(status: Status) -> bool:
    """Say whether a message with this status may yet be delivered."""
    return status in {Status.WAITING, Status.SCHEDULED}
