"""Which orders the outbox knows: by their id, their text and recipients, and their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from im_notify.models import Status
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


def rivals_of(connection: Connection, job: Job, *, around: float) -> int:
    """Count the other orders to the same recipients of which nobody knows their number either.

    What the provider lists may be one of theirs, if they were tried within `around` seconds of
    this one. The same text is no rival: one order of it is both.
    """
    orders, texts = schema.orders.c, schema.messages.c
    at_that_time = (
        select(orders.pk)
        .join(schema.messages, texts.id == orders.message_id)
        .where(
            orders.pk != job.pk,
            orders.first_at <= job.last_at + around,
            orders.last_at >= job.first_at - around,
            texts.text != job.message.text,
        )
    )
    unclear = at_that_time.where(orders.state.in_(("sending", "unclear")))
    unknown = at_that_time.where(
        texts.status == Status.UNKNOWN.value,
        func.coalesce(orders.order_id, "") == "",  # written so that no index of it is gone through
    )
    pks = {pk for found in (unclear, unknown) for pk in connection.scalars(found)}
    wanted = sorted(job.message.recipients)
    return sum(sorted(numbers_of(connection, pk)) == wanted for pk in pks)
