"""Whether anybody heard of a problem: one of several phones is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, exists, literal_column

from im_notify.models import Status
from im_notify.outbox import schema

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_DELIVERED: ColumnElement[str] = literal_column(f"'{Status.DELIVERED.value}'")


def heard_status() -> ColumnElement[str]:
    """Return the status of a message; it is `delivered` once one of its recipients has it."""
    orders, people, messages = schema.orders.c, schema.recipients.c, schema.messages.c
    arrived = exists().where(
        orders.message_id == messages.id,
        people.order_pk == orders.pk,
        people.status == _DELIVERED,
    )
    return case((arrived, _DELIVERED), else_=messages.status).label("status")
