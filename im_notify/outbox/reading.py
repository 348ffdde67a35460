"""Reads messages back for people and machines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from im_notify.models import Consent, Message, Status
from im_notify.outbox import schema
from im_notify.outbox.entries import Event, Stored, StoredOrder
from im_notify.reports import Delivery

if TYPE_CHECKING:
    from sqlalchemy import Connection


def stored(connection: Connection, message_id: str) -> Stored | None:
    """Return a message with its recipients, orders and timeline."""
    columns = schema.messages.c
    row = connection.execute(select(schema.messages).where(columns.id == message_id)).one_or_none()
    if row is None:
        return None
    return Stored(
        id=row.id,
        source=row.source,
        contact=row.contact,
        status=Status(row.status),
        created_at=_time(row.created_at),
        expires_at=_time(row.expires_at),
        deliveries=_deliveries(connection, message_id),
        orders=_orders(connection, message_id),
        timeline=_timeline(connection, message_id),
    )


def _deliveries(connection: Connection, message_id: str) -> tuple[Delivery, ...]:
    people, orders = schema.recipients.c, schema.orders.c
    rows = connection.execute(
        select(people.number, people.status)
        .join(schema.orders, orders.pk == people.order_pk)
        .where(orders.message_id == message_id)
        .order_by(orders.pk, people.position)
    )
    return tuple(Delivery(row.number, Status(row.status)) for row in rows)


def _orders(connection: Connection, message_id: str) -> tuple[StoredOrder, ...]:
    orders, people = schema.orders.c, schema.recipients.c
    rows = connection.execute(
        select(orders.order_id, orders.state, orders.code, func.count().label("size"))
        .join(schema.recipients, people.order_pk == orders.pk)
        .where(orders.message_id == message_id)
        .group_by(orders.pk)
        .order_by(orders.pk)
    )
    return tuple(
        StoredOrder(order_id=row.order_id, state=row.state, recipients=row.size, code=row.code)
        for row in rows
    )


def _timeline(connection: Connection, message_id: str) -> tuple[Event, ...]:
    columns = schema.events.c
    rows = connection.execute(
        select(schema.events).where(columns.message_id == message_id).order_by(columns.pk)
    )
    return tuple(Event(at=_time(row.at), what=row.what, detail=row.detail) for row in rows)


def depth(connection: Connection) -> dict[str, int]:
    """Count the orders that are not done, by state."""
    columns = schema.orders.c
    rows = connection.execute(
        select(columns.state, func.count().label("size"))
        .where(columns.state != "done")
        .group_by(columns.state)
    )
    return {row.state: row.size for row in rows}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def message_of(connection: Connection, message_id: str) -> Message | None:
    """Return a message as the report hook is told it: `key` is its id."""
    columns = schema.messages.c
    row = connection.execute(select(schema.messages).where(columns.id == message_id)).one_or_none()
    if row is None:
        return None
    return Message(
        text=row.text,
        recipients=tuple(row.number for row in _deliveries(connection, message_id)),
        sender=row.sender,
        consent=Consent(row.consent),
        key=message_id,
    )
