"""What is heard of an order after its message was sent once more to who did not seem to have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, insert, select

from im_notify.models import Status
from im_notify.outbox import schema

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Row

_PEOPLE = schema.recipients


def take_home(
    connection: Connection, message_id: str, numbers: Collection[str], *, home: int
) -> bool:
    """Bring recipients who had it after all back to the order `home`, if nothing left again.

    They are not sent to a second time; says whether there was one.
    """
    orders, people = schema.orders.c, _PEOPLE.c
    rows = connection.execute(
        select(_PEOPLE)
        .join(schema.orders, orders.pk == people.order_pk)
        .where(
            orders.message_id == message_id,
            orders.pk > home,
            orders.state == "queued",
            people.number.in_(numbers),
        )
    ).all()
    for row in rows:
        _move(connection, row, home)
    return bool(rows)


def _move(connection: Connection, row: Row[Any], pk: int) -> None:
    people, orders = _PEOPLE.c, schema.orders.c
    here = (people.order_pk == row.order_pk) & (people.position == row.position)
    connection.execute(delete(_PEOPLE).where(here))
    last = connection.scalar(select(func.max(people.position)).where(people.order_pk == pk))
    home = {"order_pk": pk, "position": 0 if last is None else last + 1, "number": row.number}
    connection.execute(insert(_PEOPLE), home | {"status": Status.DELIVERED.value})
    nobody = ~exists().where(people.order_pk == orders.pk)
    connection.execute(delete(schema.orders).where(orders.pk == row.order_pk, nobody))
