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


def is_older(connection: Connection) -> bool:
    """Say whether the database has tables of an older version; one without any has none."""
    if not inspect(connection).has_table(schema.versions.name):
        return False
    version = connection.scalar(select(schema.versions.c.number))
    return version is not None and version < CURRENT


def migrate(connection: Connection) -> None:
    """Bring the database to this version, in the transaction of `connection`.

    Nobody else may work with an older one meanwhile. Raises OutboxError for a database that a
    newer im-notify wrote.
    """
    versions = schema.versions
    if not inspect(connection).has_table(versions.name):
        schema.metadata.create_all(connection)
        connection.execute(insert(versions).values(number=CURRENT))
        return
    version = connection.scalar(select(versions.c.number))
    if version is None or not 1 <= version <= CURRENT:
        wrong = _("the database has version {version}, this im-notify knows {known}: update it")
        raise OutboxError(wrong.format(version=version, known=CURRENT))
    for step in MIGRATIONS[version - 1 :]:
        step(connection)
    connection.execute(update(versions).values(number=CURRENT))  # also shows that one can write


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


_NAMELESS = "coalesce(order_id, '') = '' AND last_at IS NOT NULL"


def _to_3(connection: Connection) -> None:
    """Indexes for what is looked for among all that is stored: twins, rivals, old problems."""
    indexes = (
        "orders_placed ON orders (placed_at) WHERE placed_at IS NOT NULL",
        "orders_nameless ON orders (last_at) WHERE " + _NAMELESS,
        "episodes_alone ON episodes (state, fired_at) WHERE message_id IS NULL",
    )
    for index in indexes:
        connection.execute(text(f"CREATE INDEX {index}"))


def _to_4(connection: Connection) -> None:
    """Since when a report is owed that cannot be read; whose end a rung tells, and since when."""
    connection.execute(text("ALTER TABLE rungs ADD COLUMN follows TEXT"))
    connection.execute(text("ALTER TABLE rungs ADD COLUMN over_at FLOAT"))
    followers = "rungs_followers ON rungs (follows) WHERE follows IS NOT NULL"
    connection.execute(text(f"CREATE INDEX {followers}"))
    connection.execute(text("ALTER TABLE orders ADD COLUMN owed_at FLOAT"))
    owed = "orders_owed ON orders (state, owed_at) WHERE owed_at IS NOT NULL"
    connection.execute(text(f"CREATE INDEX {owed}"))


#: what turns version n into n + 1, from 1 on
MIGRATIONS: Sequence[Callable[[Connection], None]] = (_to_2, _to_3, _to_4)
CURRENT = 1 + len(MIGRATIONS)  #: the version of the tables in `im_notify.outbox.schema`
