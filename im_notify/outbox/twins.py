"""Which orders the outbox knows: by their id, and by the same text to the same recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from im_notify.outbox import schema
from im_notify.outbox.standing import numbers_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from im_notify.outbox.claiming import Job


def is_known(connection: Connection, order_id: str) -> bool:
    """Say whether one of our orders has this id."""
    found = select(func.count()).where(schema.orders.c.order_id == order_id)
    return bool(connection.scalar(found.select_from(schema.orders)))


@dataclass(frozen=True, slots=True)
class Twin:
    """Another order with the same text to the same recipients; its id may not be known yet."""

    order_id: str | None


def twin_of(connection: Connection, job: Job, *, since: float) -> Twin | None:
    """Return a twin that was placed since then or is on its way, if there is one."""
    orders, texts = schema.orders.c, schema.messages.c
    rows = connection.execute(
        select(orders.pk, orders.order_id)
        .join(schema.messages, texts.id == orders.message_id)
        .where(
            texts.text == job.message.text,
            orders.pk != job.pk,
            (orders.placed_at >= since) | orders.state.in_(("sending", "unclear")),
        )
        .order_by(orders.pk)
    )
    wanted = sorted(job.message.recipients)
    return next(
        (Twin(row.order_id) for row in rows if sorted(numbers_of(connection, row.pk)) == wanted),
        None,
    )
