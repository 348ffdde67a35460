"""Which orders the outbox knows: by their id, their text and recipients, and their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column, select

from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.standing import numbers_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Connection

    from im_notify.outbox.claiming import Job

MOST = 500  #: values in one statement
_UNDER_WAY = ("sending", "unclear", "sought")
_EMPTY: ColumnElement[str] = literal_column("''")
#: as the index `orders_nameless` has it: a parameter in it would keep SQLite from using that
_NAMELESS = func.coalesce(schema.orders.c.order_id, _EMPTY) == _EMPTY


def known_of(connection: Connection, order_ids: Collection[str]) -> set[str]:
    """Return which of these are ids of our orders."""
    column, wanted = schema.orders.c.order_id, list(order_ids)
    lots = (wanted[start : start + MOST] for start in range(0, len(wanted), MOST))
    return {
        name for lot in lots for name in connection.scalars(select(column).where(column.in_(lot)))
    }


@dataclass(frozen=True, slots=True)
class Twin:
    """Another order with the same text to the same recipients; its id may not be known yet."""

    order_id: str | None


def twin_of(connection: Connection, job: Job, *, since: float) -> Twin | None:
    """Return a twin that was placed since then or is on its way, if there is one."""
    orders, texts = schema.orders.c, schema.messages.c
    same = (
        select(orders.pk, orders.order_id)
        .join(schema.messages, texts.id == orders.message_id)
        .where(texts.text == job.message.text, orders.pk != job.pk)
    )
    recent = (orders.placed_at >= since, orders.state.in_(_UNDER_WAY))
    rows = {  # one condition at a time: for both together all orders would be read
        row.pk: row.order_id for one in recent for row in connection.execute(same.where(one))
    }
    wanted = sorted(job.message.recipients)
    return next(
        (Twin(rows[pk]) for pk in sorted(rows) if sorted(numbers_of(connection, pk)) == wanted),
        None,
    )


def rivals_of(connection: Connection, job: Job, *, around: float) -> list[float]:
    """Return when others to the same recipients were first tried that have no number either.

    What the provider lists may be one of theirs, if they were tried within `around` seconds of
    this one. The same text is no rival: one order of it is both.
    """
    orders, texts = schema.orders.c, schema.messages.c
    rows = connection.execute(
        select(orders.pk, orders.first_at)
        .join(schema.messages, texts.id == orders.message_id)
        .where(
            _NAMELESS,
            orders.pk != job.pk,
            orders.first_at <= job.last_at + around,
            orders.last_at >= job.first_at - around,
            orders.state.in_(_UNDER_WAY) | (texts.status == Status.UNKNOWN.value),
            texts.text != job.message.text,
        )
    ).all()
    wanted = sorted(job.message.recipients)
    return [at for pk, at in rows if sorted(numbers_of(connection, pk)) == wanted]
