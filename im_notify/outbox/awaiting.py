"""Ends of problems whose text is on its way: they are texted if that arrives, else never.

A row of `held` in the state `awaiting` holds nobody else up. Once the problem's text is delivered
it is held like any other alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, literal_column, select, update

from im_notify.alerts import AlertState
from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.hearing import heard_status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

AWAITING: Final = "awaiting"
UNCONFIRMED = "its problem's text is not confirmed yet"
NOT_DELIVERED = "its problem's text was not delivered"
AGAIN = "its problem began again"
LOOK = 2.0  #: seconds between two looks at what became of the problem's text, at first
PATIENCE = 10.0  #: it is looked at ten times seldomer than it is old
LONGEST = 60.0  #: seconds between two looks, at last
MOST = 500  #: that are looked at in one transaction

_COLUMNS = schema.held.c
_CHANGE = update(schema.held).where(_COLUMNS.id == bindparam("its_id"))
_SAME = (
    (_COLUMNS.source == bindparam("its_source"))
    & (_COLUMNS.episode == bindparam("its_episode"))
    & (_COLUMNS.audience == bindparam("its_audience"))
)
_TAKE_BACK = update(schema.held).where(_SAME, _COLUMNS.state == literal_column(f"'{AWAITING}'"))


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
        select(rows.c.id, rows.c.at, problems.c.state.label("problem"), heard_status())
        .outerjoin_from(rows, problems, same)
        .outerjoin(messages, messages.c.id == problems.c.message_id)
        .where(rows.c.state == AWAITING, rows.c.due_at <= now)
        .order_by(rows.c.due_at)
        .limit(MOST)
    ).all()
    for row in found:
        direct.change(connection, _CHANGE, {"its_id": row.id, **_fate(row, now, gather)})


def _fate(row: Row[Any, Any, Any, Any], now: float, gather: float) -> dict[str, object]:
    if row.problem == AlertState.FIRING:
        return _row("dropped", AGAIN, now)
    if row.status is not None and is_open(Status(row.status)):
        wait = min(LONGEST, max(LOOK, (now - row.at) / PATIENCE))
        return _row(AWAITING, UNCONFIRMED, now + wait)
    if row.status == Status.DELIVERED:
        return _row("held", UNCONFIRMED, max(now, row.at + gather))
    return _row("dropped", NOT_DELIVERED, now)


def _row(state: str, reason: str, due_at: float) -> dict[str, object]:
    return {"state": state, "reason": reason, "due_at": due_at}


def let_wait(connection: Connection, names: Iterable[str], *, now: float) -> None:
    """Take rows out of what is held, because their problems' texts are not confirmed yet."""
    columns = schema.held.c
    connection.execute(
        update(schema.held)
        .where(columns.id.in_(list(names)))
        .values(state=AWAITING, reason=UNCONFIRMED, due_at=now + LOOK)
    )


def take_back(
    connection: Connection, source: str, episode: str, *, audience: str, now: float
) -> bool:
    """Drop the end of a problem that has another one or began again; says if there was one."""
    named = {"its_source": source, "its_episode": episode, "its_audience": audience}
    return direct.change(connection, _TAKE_BACK, named | _row("dropped", AGAIN, now)) > 0


def is_open(status: Status) -> bool:
    """Say whether a message with this status may yet be delivered."""
    return status in {Status.WAITING, Status.SCHEDULED}
