"""Moves what is still to come when the clock of the machine was set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.marks import mark, set_mark
from im_notify.outbox.overdue import shift_heard

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OPEN = (Status.WAITING.value, Status.SCHEDULED.value)
_CLOCK = "clock"


def clock_was(connection: Connection) -> float | None:
    """Return what the clock showed when that was noted last, None when it never was."""
    found = mark(connection, _CLOCK)
    return None if found is None else float(found)


def remember_clock(connection: Connection, *, now: float) -> None:
    """Note what the clock shows, by which all that is stored is told."""
    set_mark(connection, _CLOCK, str(now))


def shift(connection: Connection, seconds: float, *, now: float, restarted: bool = False) -> None:
    """Restate times by a clock that was put forward by `seconds`, back if negative, to `now`.

    What was to happen in a minute still does. When an order was first tried is not put forward: a
    machine that slept looks the same as a clock that was set, and past the ten minutes in which
    the provider refuses a repetition none may be made. It is not put back either where the process
    has `restarted`: nobody knows how long that took.
    """
    remember_clock(connection, now=now)
    _shift_orders(connection, seconds, attempts=not restarted)
    columns = schema.messages.c
    connection.execute(
        update(schema.messages)
        .where(columns.status.in_(_OPEN), columns.send_at.is_(None))
        .values(expires_at=columns.expires_at + seconds)
    )
    due = schema.rungs.c.due_at
    connection.execute(
        update(schema.rungs)
        .where(schema.rungs.c.state.in_(("waiting", "ending")))
        .values(due_at=due + seconds)
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


def _shift_orders(connection: Connection, seconds: float, *, attempts: bool) -> None:
    columns = schema.orders.c
    scheduled = select(schema.messages.c.id).where(schema.messages.c.send_at.is_not(None))
    connection.execute(
        update(schema.orders)
        .where(columns.state != "done", columns.message_id.not_in(scheduled))
        .values(due_at=columns.due_at + seconds)
    )
    tried = {"first_at": columns.first_at + min(0.0, seconds), "last_at": columns.last_at + seconds}
    connection.execute(
        update(schema.orders)
        .where(columns.state != "done")
        .values(
            placed_at=columns.placed_at + seconds,
            owed_at=columns.owed_at + seconds,
            **(tried if attempts else {}),
        )
    )
    shift_heard(connection, seconds)
