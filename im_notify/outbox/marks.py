"""Marks of what was done when: a name and what is remembered under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from im_notify.outbox import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COLUMNS = schema.marks.c


def mark(connection: Connection, name: str) -> str | None:
    """Return what is remembered, None when nothing is."""
    found: str | None = connection.scalar(select(_COLUMNS.value).where(_COLUMNS.name == name))
    return found


def marks_of(connection: Connection, prefix: str) -> dict[str, str]:
    """Return all marks whose names begin so."""
    return dict(page_of_marks(connection, prefix))


def page_of_marks(
    connection: Connection, prefix: str, *, after: str = "", limit: int | None = None
) -> list[tuple[str, str]]:
    """Return marks whose names begin so and come after that one, in the order of names.

    A range, because no index answers a LIKE.
    """
    name = _COLUMNS.name
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    found = select(name, _COLUMNS.value).where(name >= prefix, name > after, name < end)
    return [(row.name, row.value) for row in connection.execute(found.order_by(name).limit(limit))]


def set_mark(connection: Connection, name: str, value: str) -> None:
    """Remember `value` in place of what was remembered."""
    here = _COLUMNS.name == name
    changed = connection.execute(update(schema.marks).where(here).values(value=value))
    if not changed.rowcount:
        connection.execute(insert(schema.marks).values(name=name, value=value))


def drop_mark(connection: Connection, name: str) -> None:
    """Forget it."""
    connection.execute(delete(schema.marks).where(_COLUMNS.name == name))
