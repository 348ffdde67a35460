"""Where an order, its recipients and its message stand: what every change reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, case, func, literal_column, select, update

from im_notify.models import Status, overall
from im_notify.outbox import direct, schema, writing_back
from im_notify.outbox.rungs import stop_ladder

if TYPE_CHECKING:
    from sqlalchemy import Connection

OPEN = frozenset({Status.WAITING, Status.SCHEDULED})  #: of a recipient: there is more to come
_ORDERS, _PEOPLE, _MESSAGES = schema.orders.c, schema.recipients.c, schema.messages.c
_MOVE = update(schema.orders).where(_ORDERS.pk == bindparam("its_pk"))
_NUMBERS = (
    select(_PEOPLE.number).where(_PEOPLE.order_pk == bindparam("its_pk")).order_by(_PEOPLE.position)
)
_STATUSES = _NUMBERS.with_only_columns(_PEOPLE.status)
_MISSED = and_(
    _PEOPLE.status == literal_column(f"'{Status.MISSING.value}'"),
    _ORDERS.state == literal_column("'placed'"),
)
_ALL_STATUSES = (
    select(case((_MISSED, literal_column(f"'{Status.WAITING.value}'")), else_=_PEOPLE.status))
    .join(schema.orders, _ORDERS.pk == _PEOPLE.order_pk)
    .where(_ORDERS.message_id == bindparam("its_id"))
    .distinct()
)
_SUM_UP = (
    update(schema.messages)
    .where(_MESSAGES.id == bindparam("its_id"))
    .where((_MESSAGES.status != bindparam("its_status")) | _MESSAGES.ended_at.is_(None))
    .values(status=bindparam("its_status"))
)
_END = _SUM_UP.values(ended_at=func.coalesce(_MESSAGES.ended_at, bindparam("now")))


def move(connection: Connection, pk: int, *, state: str, due_at: float, **values: object) -> None:
    """Bring an order into another state."""
    direct.change(connection, _MOVE, {"its_pk": pk, "state": state, "due_at": due_at, **values})


def numbers_of(connection: Connection, pk: int) -> list[str]:
    """Return the recipients of an order, in their order."""
    return [number for (number,) in direct.fetch(connection, _NUMBERS, {"its_pk": pk})]


def statuses_of(connection: Connection, pk: int) -> list[Status]:
    """Return where the recipients of an order stand."""
    return [Status(one) for (one,) in direct.fetch(connection, _STATUSES, {"its_pk": pk})]


def sum_up(connection: Connection, message_id: str, *, now: float) -> None:
    """Store where the whole message stands, and when nobody waited any more for the first time.

    Who is missing in a report of an order that is still asked about waits. Once the message is
    delivered its ladder ends.
    """
    here = {"its_id": message_id}
    statuses = {Status(one) for (one,) in direct.fetch(connection, _ALL_STATUSES, here)}
    status, ended = overall(statuses), not statuses & OPEN
    values = here | {"its_status": status.value}
    if not ended:
        direct.change(connection, _SUM_UP, values)
    elif direct.change(connection, _END, values | {"now": now}):
        writing_back.enqueue(connection, message_id, now)
    if status is Status.DELIVERED:
        stop_ladder(connection, message_id)
