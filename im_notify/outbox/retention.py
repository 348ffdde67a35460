"""Deletes what ended long ago, with everything that hangs on it, and gives the room back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select, update

from im_notify.alerts import AlertState
from im_notify.outbox import schema
from im_notify.outbox.rungs import UNDER_WAY
from im_notify.outbox.standing import OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Table

PAGES = 200  #: of the file, given back in one transaction
UNHEARD = 90 * 86_400.0  #: seconds without news after which a problem that never ended is forgotten
_INCREMENTAL = 2  # https://www.sqlite.org/pragma.html#pragma_auto_vacuum
_HANGING = (
    schema.events,
    schema.rungs,
    schema.write_backs,
    schema.orders,
)
_EPISODE = (schema.episodes.c.source, schema.episodes.c.episode, schema.episodes.c.audience)


def forget(connection: Connection, *, before: float, limit: int) -> int:
    """Delete messages, episodes and held alerts that ended before then, at most `limit` of each.

    A message stays as long as anything is to be done about it. Returns how many rows of these
    three went: none when there are no more.
    """
    ids = _ended(connection, before=before, limit=limit)
    if ids:
        _delete_messages(connection, ids)
    dropped = _forget_dropped(connection, before, limit)
    if limit in {len(ids), dropped}:
        return len(ids) + dropped
    return len(ids) + dropped + _forget_episodes(connection, before, limit)


def _ended(connection: Connection, *, before: float, limit: int) -> Sequence[str]:
    columns = schema.messages.c
    busy = (
        exists().where(schema.tellings.c.message_id == columns.id),
        _waits(schema.rungs, *UNDER_WAY),
        _waits(schema.write_backs, "waiting"),
        _waits(schema.held, "held"),
    )
    return connection.scalars(
        select(columns.id)
        .where(
            columns.ended_at < before,
            columns.status.not_in([status.value for status in OPEN]),
            *(~one for one in busy),
        )
        .order_by(columns.ended_at)
        .limit(limit)
    ).all()


def _waits(table: Table, *states: str) -> ColumnElement[bool]:
    columns = table.c
    here = columns.message_id == schema.messages.c.id
    return exists().where(here, columns.state.in_(states))


def _delete_messages(connection: Connection, ids: Sequence[str]) -> None:
    orders, held = schema.orders.c, schema.held.c
    theirs = select(orders.pk).where(orders.message_id.in_(ids))
    connection.execute(delete(schema.recipients).where(schema.recipients.c.order_pk.in_(theirs)))
    for table in _HANGING:
        connection.execute(delete(table).where(table.c.message_id.in_(ids)))
    merged = connection.scalars(select(held.id).where(held.message_id.in_(ids))).all()
    _delete_held(connection, merged)
    _let_go(connection, ids)
    connection.execute(delete(schema.messages).where(schema.messages.c.id.in_(ids)))


def _delete_held(connection: Connection, ids: Sequence[str]) -> None:
    if ids:
        _let_go(connection, ids)
        connection.execute(delete(schema.held).where(schema.held.c.id.in_(ids)))


def _let_go(connection: Connection, ids: Sequence[str]) -> None:
    """Let problems know no more which message told of them, or as what they are held."""
    columns = schema.episodes.c
    connection.execute(
        update(schema.episodes).where(columns.message_id.in_(ids)).values(message_id=None)
    )


def _forget_episodes(connection: Connection, before: float, limit: int) -> int:
    """Delete problems that ended, and those without an end of which nobody has heard for long.

    An event that has no recovery looks like a problem that lasts.
    """
    long_ago = before - UNHEARD
    dues = {state: before if state is AlertState.RESOLVED else long_ago for state in AlertState}
    rows: list[Row[str, str, str]] = []
    for state, due in dues.items():  # each by itself: together they would all be read
        rows += _unheard(connection, state, due, limit - len(rows))
    for row in rows:
        here = zip(_EPISODE, row, strict=True)
        connection.execute(delete(schema.episodes).where(*(key == one for key, one in here)))
    return len(rows)


def _unheard(
    connection: Connection, state: AlertState, before: float, limit: int
) -> Sequence[Row[str, str, str]]:
    """Return the problems in a state that no message tells of and nobody heard of since then."""
    columns = schema.episodes.c
    return connection.execute(
        select(*_EPISODE)
        .where(
            columns.message_id.is_(None),
            columns.state == state.value,
            columns.fired_at < before,
            func.coalesce(columns.texted_at, columns.fired_at) < before,
        )
        .limit(limit)
    ).all()


def _forget_dropped(connection: Connection, before: float, limit: int) -> int:
    """Delete alerts that were dropped; what was merged goes with its message."""
    columns = schema.held.c
    ids = connection.scalars(
        select(columns.id).where(columns.state == "dropped", columns.due_at < before).limit(limit)
    ).all()
    _delete_held(connection, ids)
    return len(ids)


def give_back(connection: Connection) -> bool:
    """Give free pages at the end of a SQLite file back; says whether there are more.

    Only files that began with this (see `im_notify.outbox.database`) can; others reuse the room.
    """
    if connection.dialect.name != "sqlite":
        return False
    if connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() != _INCREMENTAL:
        return False
    free = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    for _page in range(min(PAGES, free)):  # the driver goes one step, and that is a page
        connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
    return free > PAGES
