"""Outcomes that are to be told where the alerts came from: stored as due with the end itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select, update

from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS = schema.write_backs
_NAMES = select(schema.messages.c.write_back).where(schema.messages.c.id == bindparam("its_id"))


def enqueue(connection: Connection, message_id: str, now: float) -> None:
    """A message ended: every place that it names is to be told.

    One that was told before is told again: the end has changed since.
    """
    for (names,) in direct.fetch(connection, _NAMES, {"its_id": message_id}):
        for name in json.loads(names) if names else ():
            _add(connection, message_id, name, now)


def _add(connection: Connection, message_id: str, target: str, now: float) -> None:
    columns = _ROWS.c
    values = {"state": "waiting", "attempts": 0, "due_at": now}
    here = (columns.message_id == message_id) & (columns.target == target)
    if not connection.execute(update(_ROWS).where(here).values(values)).rowcount:
        row = {"message_id": message_id, "target": target, **values}
        connection.execute(insert(_ROWS), row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A place that is to be told of a message; `attempts` failed before.

    `origin` is the alerts that the message told of, as JSON; `ended_at` is in seconds since the
    epoch.
    """

    pk: int
    message_id: str
    target: str
    attempts: int
    ended_at: float | None
    origin: str = field(repr=False)


def next_due(connection: Connection) -> float | None:
    """Return when the next place is to be told."""
    found: float | None = connection.scalar(
        select(func.min(_ROWS.c.due_at)).where(_ROWS.c.state == "waiting")
    )
    return found


def due_targets(connection: Connection, *, now: float) -> list[str]:
    """Return the places that are to be told something now, by their names."""
    columns = _ROWS.c
    due = select(columns.target).where(columns.state == "waiting", columns.due_at <= now)
    return list(connection.scalars(due.distinct().order_by(columns.target)))


def due_for(connection: Connection, target: str, *, now: float, limit: int) -> list[Due]:
    """Return what a place is to be told now; it stays due until it is told or given up."""
    columns, messages = _ROWS.c, schema.messages.c
    rows = connection.execute(
        select(_ROWS, messages.ended_at, messages.origin)
        .join(schema.messages, messages.id == columns.message_id)
        .where(columns.state == "waiting", columns.due_at <= now, columns.target == target)
        .order_by(columns.due_at)
        .limit(limit)
    )
    return [
        Due(
            pk=row.pk,
            message_id=row.message_id,
            target=row.target,
            attempts=row.attempts,
            ended_at=row.ended_at,
            origin=row.origin or "[]",
        )
        for row in rows
    ]


def told(connection: Connection, due: Due, *, now: float) -> None:
    """The place knows."""
    _to(connection, due, state="done")
    note(connection, due.message_id, now, "written back", due.target)


def later(connection: Connection, due: Due, *, due_at: float) -> None:
    """It failed: the place is told again at `due_at`."""
    _to(connection, due, state="waiting", attempts=due.attempts + 1, due_at=due_at)


def failed(connection: Connection, due: Due, *, now: float, reason: str) -> None:
    """It failed for good."""
    _to(connection, due, state="failed")
    note(connection, due.message_id, now, "write-back failed", f"{due.target}: {reason}")


def _to(connection: Connection, due: Due, **values: object) -> None:
    connection.execute(update(_ROWS).where(_ROWS.c.pk == due.pk).values(values))
