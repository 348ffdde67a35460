"""The tables of the outbox, and how a database of an older version becomes one of this.

One table for each idea: messages, their orders, the recipients of an order, what happened when,
the problems that sources told of, the rungs of fallback ladders. Times are seconds since the
epoch, so that they sort and survive any change of zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    update,
)

from im_notify.i18n import _
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

metadata = MetaData()

versions = Table("version", metadata, Column("number", Integer, nullable=False))

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, unique=True),
    Column("source", Text, nullable=False),
    Column("contact", Text),
    Column("text", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("send_at", Float),
)

orders = Table(
    "orders",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("order_id", Text, index=True),
    Column("code", Integer),
    Column("attempts", Integer, nullable=False, default=0),
    Column("repeats", Integer, nullable=False, default=0),
    Column("lookups", Integer, nullable=False, default=0),
    Column("first_at", Float),
    Column("last_at", Float),
    Column("placed_at", Float),
    Column("due_at", Float, nullable=False),
    Index("orders_due", "state", "due_at"),
)

recipients = Table(
    "recipients",
    metadata,
    Column("order_pk", Integer, ForeignKey("orders.pk"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

episodes = Table(
    "episodes",
    metadata,
    Column("source", Text, primary_key=True),
    Column("episode", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("message_id", Text, index=True),
    Column("fired_at", Float, nullable=False),
    Column("texted_at", Float),
)

rungs = Table(
    "rungs",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", Float, nullable=False),
    Index("rungs_due", "state", "due_at"),
)

#: what turns version n into n + 1; the first entry makes version 1 of an empty database
MIGRATIONS: Sequence[Callable[[Connection], None]] = (metadata.create_all,)


def migrate(connection: Connection) -> None:
    """Bring the database to this version, in the transaction of `connection`.

    Raises OutboxError for a database that a newer im-notify wrote.
    """
    present = inspect(connection).has_table("version")
    version = connection.scalar(select(versions.c.number)) if present else 0
    if version is None or version > len(MIGRATIONS):
        text = _("the database has version {version}, this im-notify knows {known}: update it")
        raise OutboxError(text.format(version=version, known=len(MIGRATIONS)))
    for step in MIGRATIONS[version:]:
        step(connection)
    if version == 0:
        connection.execute(insert(versions).values(number=len(MIGRATIONS)))
    elif version < len(MIGRATIONS):
        connection.execute(update(versions).values(number=len(MIGRATIONS)))
