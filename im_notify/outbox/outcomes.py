"""What became of an order that was claimed: each outcome is stored before its effect is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from im_notify.models import OrderState
from im_notify.outbox import schema
from im_notify.outbox.accepting import note, queue
from im_notify.outbox.standing import move, numbers_of, sum_up
from im_notify.outbox.telling import enqueue
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from im_notify.models import Status
    from im_notify.outbox.claiming import Job


def placed(connection: Connection, job: Job, order_id: str, *, now: float, look_at: float) -> None:
    """The provider took the order (or it was found there): its report is due at `look_at`."""
    values = {"order_id": order_id, "placed_at": now, "code": None}
    move(connection, job.pk, state="placed", due_at=look_at, **values)
    note(connection, job.message_id, now, "sent", f"order {order_id}")


def retry(connection: Connection, job: Job, *, now: float, due_at: float, reason: str) -> None:
    """The order surely was not sent: it waits for its next attempt.

    One that is unclear keeps the time of the attempt that made it so.
    """
    if job.unclear:
        move(connection, job.pk, state="unclear", due_at=due_at)
    else:
        move(connection, job.pk, state="queued", due_at=due_at, first_at=None)
    note(connection, job.message_id, now, "not sent", reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why nobody knows whether an order was placed, and what was tried to find out.

    `repeat` says that it is repeated next, else it is looked up; `code` is what the provider said.
    """

    reason: str
    due_at: float
    repeat: bool = True
    repeated: bool = False
    looked_up: bool = False
    code: int | None = None


def unclear(connection: Connection, job: Job, doubt: Doubt, *, now: float) -> None:
    """Nobody knows whether the order was placed: it is cleared up when that is due."""
    counts = {"repeats": job.repeats + doubt.repeated, "lookups": job.lookups + doubt.looked_up}
    state = "unclear" if doubt.repeat else "sought"
    move(connection, job.pk, state=state, due_at=doubt.due_at, code=doubt.code, **counts)
    note(connection, job.message_id, now, "unclear", doubt.reason)


def seek(connection: Connection, job: Job, *, due_at: float) -> None:
    """The order may not be repeated any more, or could not be looked up yet."""
    move(connection, job.pk, state="sought", due_at=due_at)


def lost(connection: Connection, job: Job, *, now: float) -> None:
    """The outcome could not be stored when it was known: the order is unclear, if it was not."""
    columns = schema.orders.c
    state = connection.scalar(select(columns.state).where(columns.pk == job.pk))
    if state == "sending":
        reason = "its outcome could not be stored"
        unclear(connection, job, Doubt(reason=reason, due_at=now, repeated=job.unclear), now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Why an order ends without a report; `code` is the provider's number, if there is one."""

    status: Status
    reason: str
    code: int | None = None


def finish(connection: Connection, job: Job, end: End, *, now: float) -> None:
    """The order ends without a report: every recipient has the same status."""
    finish_order(connection, job.pk, job.message_id, end=end, now=now)


def finish_order(connection: Connection, pk: int, message_id: str, *, end: End, now: float) -> None:
    """The order ends without a report, whether it was claimed or not."""
    move(connection, pk, state="done", due_at=now, code=end.code)
    columns = schema.recipients.c
    connection.execute(
        update(schema.recipients).where(columns.order_pk == pk).values(status=end.status.value)
    )
    note(connection, message_id, now, end.status.value, end.reason)
    sum_up(connection, message_id, now=now)
    rows = tuple(Delivery(number, end.status) for number in numbers_of(connection, pk))
    report = Report(order_id="", state=OrderState.FAILED, deliveries=rows)
    enqueue(connection, message_id, report, now=now)


def divide(connection: Connection, job: Job, *, now: float, size: int | None = None) -> None:
    """Replace an order that surely was not sent by several of `size` recipients, else by halves."""
    numbers = job.message.recipients
    size = size or -(-len(numbers) // 2)
    columns = schema.recipients.c
    connection.execute(delete(schema.recipients).where(columns.order_pk == job.pk))
    connection.execute(delete(schema.orders).where(schema.orders.c.pk == job.pk))
    for start in range(0, len(numbers), size):
        queue(connection, job.message_id, numbers[start : start + size], due_at=now)
    note(connection, job.message_id, now, "divided", f"{len(numbers)} recipients")
