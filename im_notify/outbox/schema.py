"""The tables of the outbox, version 4; `im_notify.outbox.migrations` brings older ones here.

One table for each idea: messages, their orders, the recipients of an order, what happened when,
the problems that sources told of, the rungs of fallback ladders, alerts that are held back, the
storms that hold them, changes to be told, outcomes to be written back, and marks of what was done
when. Times are seconds since the epoch, so that they sort and survive any change of zone; the
`parts` of a message are those of all its recipients together.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()


def _partial(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows that `where` holds for; others cost it nothing."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


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
    Column("audience", Text),
    Column("parts", Integer, nullable=False, server_default="1"),
    Column("ended_at", Float),
    Column("origin", Text),
    Column("write_back", Text),
    Index("messages_audience", "audience", "created_at"),
    Index("messages_created", "created_at"),
    Index("messages_ended", "ended_at"),
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
    Column("owed_at", Float),
    Index("orders_due", "state", "due_at"),
    _partial("orders_placed", "placed_at", where="placed_at IS NOT NULL"),
    _partial("orders_owed", "state", "owed_at", where="owed_at IS NOT NULL"),
    _partial(
        "orders_nameless",
        "last_at",
        where="coalesce(order_id, '') = '' AND last_at IS NOT NULL",
    ),
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
    Column("severity", Text),
    _partial("episodes_alone", "state", "fired_at", where="message_id IS NULL"),
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
    Column("follows", Text),
    Column("over_at", Float),
    Index("rungs_due", "state", "due_at"),
    _partial("rungs_followers", "follows", where="follows IS NOT NULL"),
)

#: alerts that are not texted at once: state is held, merged (into a message) or dropped
held = Table(
    "held",
    metadata,
    Column("id", Text, primary_key=True),
    Column("audience", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("episode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("alert", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("message_id", Text, ForeignKey("messages.id"), index=True),
    Index("held_due", "state", "due_at"),
    Index("held_audience", "audience", "state", "episode"),
)

storms = Table(
    "storms",
    metadata,
    Column("audience", Text, primary_key=True),
    Column("since", Float, nullable=False),
    Column("digest_at", Float, nullable=False),
)

#: changes that the report hook is to be told, in the order of `pk`; a told one is deleted
tellings = Table(
    "tellings",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("report", Text, nullable=False),
    sqlite_autoincrement=True,  # a number never comes again: who told it may delete it late
)

write_backs = Table(
    "write_backs",
    metadata,
    Column("pk", Integer, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False, index=True),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Float, nullable=False),
    Index("write_backs_due", "state", "due_at"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
