"""Brings a database that an older version wrote to the tables of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, inspect, select, text, update

from im_notify.i18n import _
from im_notify.outbox import schema
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection


def migrate(connection: Connection) -> None:
    """Bring the database to this version, in the transaction of `connection`.

    Raises OutboxError for a database that a newer im-notify wrote.
    """
    current, versions = 1 + len(MIGRATIONS), schema.versions
    if not inspect(connection).has_table(versions.name):
        schema.metadata.create_all(connection)
        connection.execute(insert(versions).values(number=current))
        return
    version = connection.scalar(select(versions.c.number))
    if version is None or not 1 <= version <= current:
        wrong = _("the database has version {version}, this im-notify knows {known}: update it")
        raise OutboxError(wrong.format(version=version, known=current))
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
    connection.execute(update(versions).values(number=current))


def _to_2(connection: Connection) -> None:
    """Storms, tellings, write-back and marks; what ended keeps its time of birth as that."""
    columns = (
        "audience TEXT",
        "parts INTEGER NOT NULL DEFAULT 1",
        "ended_at FLOAT",
        "origin TEXT",
        "write_back TEXT",
    )
    for column in columns:
        connection.execute(text(f"ALTER TABLE messages ADD COLUMN {column}"))
    connection.execute(text("ALTER TABLE episodes ADD COLUMN severity TEXT"))
    for index in ("audience, created_at", "created_at", "ended_at"):
        name = f"messages_{index.partition(',')[0].removesuffix('_at')}"
        connection.execute(text(f"CREATE INDEX {name} ON messages ({index})"))
    connection.execute(
        text(
            "UPDATE messages SET ended_at = created_at WHERE status NOT IN ('waiting','scheduled')"
        )
    )
    schema.metadata.create_all(connection)


#: what turns version n into n + 1, from 1 on
MIGRATIONS: Sequence[Callable[[Connection], None]] = (_to_2,)
