"""Reads messages back for people and machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from im_notify.models import Consent, Message, Status
from im_notify.outbox import direct, schema
from im_notify.outbox.entries import Event, Stored, StoredOrder
from im_notify.outbox.figures import OPEN
from im_notify.outbox.holding import route_of
from im_notify.reports import Delivery

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_MESSAGES, _PEOPLE, _ORDERS = schema.messages.c, schema.recipients.c, schema.orders.c
_MESSAGE = select(_MESSAGES.text, _MESSAGES.sender, _MESSAGES.consent).where(
    _MESSAGES.id == bindparam("its_id")
)
_NUMBERS = (
    select(_PEOPLE.number)
    .join(schema.orders, _ORDERS.pk == _PEOPLE.order_pk)
    .where(_ORDERS.message_id == bindparam("its_id"))
    .order_by(_ORDERS.pk, _PEOPLE.position)
)


def stored(connection: Connection, message_id: str) -> Stored | None:
    """Return a message, or an alert that is held back, with recipients, orders and timeline."""
    columns = schema.messages.c
    row = connection.execute(select(schema.messages).where(columns.id == message_id)).one_or_none()
    if row is None:
        return _held_back(connection, message_id)
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


def _held_back(connection: Connection, held_id: str) -> Stored | None:
    """Return a held alert as a message: as that which tells of it once there is one."""
    columns = schema.held.c
    row = connection.execute(select(schema.held).where(columns.id == held_id)).one_or_none()
    if row is None:
        return None
    if row.message_id:
        message = stored(connection, row.message_id)
        return _as_merged(row, message) if message else None
    return _as_waiting(row)


def _as_merged(row: Row[Any], message: Stored) -> Stored:
    merged = Event(at=message.created_at, what="merged", detail=f"into {message.id}")
    return replace(
        message,
        id=row.id,
        source=row.source,
        created_at=_time(row.at),
        timeline=(
            Event(at=_time(row.at), what="held", detail=row.reason),
            merged,
            *message.timeline,
        ),
    )


def _as_waiting(row: Row[Any]) -> Stored:
    route, dropped = route_of(row.route), row.state == "dropped"
    why = "" if dropped else row.reason
    status = Status.EXPIRED if dropped else Status.WAITING
    ends = (Event(at=_time(row.due_at), what=status.value, detail=row.reason),) if dropped else ()
    return Stored(
        id=row.id,
        source=row.source,
        contact=route.contact,
        status=status,
        created_at=_time(row.at),
        expires_at=_time(row.due_at) if dropped else _time(row.due_at + route.lifetime),
        deliveries=tuple(Delivery(number, status) for number in route.recipients),
        orders=(),
        timeline=(Event(at=_time(row.at), what="held", detail=why), *ends),
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
        select(orders.order_id, orders.state, orders.code, func.count(people.number).label("size"))
        .outerjoin(schema.recipients, people.order_pk == orders.pk)
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
        .where(columns.state.in_(OPEN))
        .group_by(columns.state)
    )
    return {row.state: row.size for row in rows}


def events_since(
    connection: Connection, pk: int, *, limit: int = 1000
) -> list[tuple[int, str, Event]]:
    """Return what happened after the event `pk` (0 is before all) to whatever message.

    In the order in which it happened: the event's own pk, the message's id, the event.
    """
    columns = schema.events.c
    rows = connection.execute(
        select(schema.events).where(columns.pk > pk).order_by(columns.pk).limit(limit)
    )
    return [
        (row.pk, row.message_id, Event(at=_time(row.at), what=row.what, detail=row.detail))
        for row in rows
    ]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def message_of(connection: Connection, message_id: str) -> Message | None:
    """Return a message as the report hook is told it: `key` is its id."""
    here = {"its_id": message_id}
    for text, sender, consent in direct.fetch(connection, _MESSAGE, here):
        return Message(
            text=text,
            recipients=tuple(number for (number,) in direct.fetch(connection, _NUMBERS, here)),
            sender=sender,
            consent=Consent(consent),
            key=message_id,
        )
    return None
