"""Moves what is still to come when the clock of the machine was set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from im_notify.models import Status
from im_notify.outbox import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OPEN = (Status.WAITING.value, Status.SCHEDULED.value)


def shift(connection: Connection, seconds: float) -> None:
    """Restate times by a clock that was put forward by `seconds`, back if negative.

    What was to happen in a minute still does. When an order was first tried is not put forward: a
    machine that slept looks the same as a clock that was set, and past the ten minutes in which
    the provider refuses a repetition none may be made.
    """
    _shift_orders(connection, seconds)
    columns = schema.messages.c
    connection.execute(
        update(schema.messages)
        .where(columns.status.in_(_OPEN), columns.send_at.is_(None))
        .values(expires_at=columns.expires_at + seconds)
    )
    due = schema.rungs.c.due_at
    connection.execute(
        update(schema.rungs).where(schema.rungs.c.state == "waiting").values(due_at=due + seconds)
    )
    back = schema.write_backs.c
    connection.execute(
        update(schema.write_backs)
        .where(back.state == "waiting")
        .values(due_at=back.due_at + seconds)
    )
    _shift_storms(connection, seconds)
    told = schema.episodes.c
    connection.execute(
        update(schema.episodes).values(
            texted_at=told.texted_at + seconds, fired_at=told.fired_at + seconds
        )
    )


def _shift_storms(connection: Connection, seconds: float) -> None:
    held, storms = schema.held.c, schema.storms.c
    connection.execute(
        update(schema.held)
        .where(held.state.in_(("held", "awaiting")))
        .values(at=held.at + seconds, due_at=held.due_at + seconds)
    )
    connection.execute(
        update(schema.storms).values(
            since=storms.since + seconds, digest_at=storms.digest_at + seconds
        )
    )


def _shift_orders(connection: Connection, seconds: float) -> None:
    columns = schema.orders.c
    scheduled = select(schema.messages.c.id).where(schema.messages.c.send_at.is_not(None))
    connection.execute(
        update(schema.orders)
        .where(columns.state != "done", columns.message_id.not_in(scheduled))
        .values(due_at=columns.due_at + seconds)
    )
    connection.execute(
        update(schema.orders)
        .where(columns.state != "done")
        .values(
            first_at=columns.first_at + min(0.0, seconds),
            last_at=columns.last_at + seconds,
            placed_at=columns.placed_at + seconds,
        )
    )
