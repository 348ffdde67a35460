"""Where an order, its recipients and its message stand: what every change reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from im_notify.models import Status, overall
from im_notify.outbox import schema, writing_back
from im_notify.outbox.accepting import stop_ladder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

OPEN = frozenset({Status.WAITING, Status.SCHEDULED})  #: of a recipient: there is more to come


def move(connection: Connection, pk: int, *, state: str, due_at: float, **values: object) -> None:
    """Bring an order into another state."""
    connection.execute(
        update(schema.orders)
        .where(schema.orders.c.pk == pk)
        .values(state=state, due_at=due_at, **values)
    )


def numbers_of(connection: Connection, pk: int) -> Iterable[str]:
    """Return the recipients of an order, in their order."""
    columns = schema.recipients.c
    return connection.scalars(
        select(columns.number).where(columns.order_pk == pk).order_by(columns.position)
    )


def statuses_of(connection: Connection, pk: int) -> list[Status]:
    """Return where the recipients of an order stand."""
    columns = schema.recipients.c
    return [
        Status(one)
        for one in connection.scalars(
            select(columns.status).where(columns.order_pk == pk).order_by(columns.position)
        )
    ]


def sum_up(connection: Connection, message_id: str, *, now: float) -> None:
    """Store where the whole message stands, and when nobody waited any more for the first time.

    Once it is delivered its ladder ends.
    """
    orders, people = schema.orders.c, schema.recipients.c
    found = connection.scalars(
        select(people.status)
        .join(schema.orders, orders.pk == people.order_pk)
        .where(orders.message_id == message_id)
        .distinct()
    )
    statuses = {Status(one) for one in found}
    status, values = overall(statuses), {}
    if not statuses & OPEN:
        values["ended_at"] = func.coalesce(schema.messages.c.ended_at, now)
    columns = schema.messages.c
    changed = connection.execute(
        update(schema.messages)
        .where(columns.id == message_id)
        .where((columns.status != status.value) | columns.ended_at.is_(None))
        .values(status=status.value, **values)
    )
    if values and changed.rowcount:
        writing_back.enqueue(connection, message_id, now)
    if status is Status.DELIVERED:
        stop_ladder(connection, message_id)
