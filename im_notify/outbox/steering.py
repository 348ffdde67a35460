"""What people do to a message by hand: send it again, or take it back.

Each is one transaction, so it is safe beside a relay that runs: an order that it has claimed in
the meantime is not queued any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from im_notify.errors import ImNotifyError
from im_notify.i18n import _
from im_notify.models import Status
from im_notify.outbox import outcomes, schema
from im_notify.outbox.accepting import note, queue
from im_notify.outbox.rungs import stop_ladder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

GUARD = 610.0  #: seconds in which a provider may refuse the same text to the same recipients


class SteeringError(ImNotifyError):
    """The message cannot be sent again or taken back; the text says why."""


@dataclass(frozen=True, slots=True)
class Retried:
    """How many recipients it is sent to again, and when (seconds since the epoch)."""

    recipients: int
    due_at: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many recipients will not get it, and for how many it was too late."""

    recipients: int
    sent: int


def retry(
    connection: Connection, message_id: str, *, now: float, lifetime: float, force: bool
) -> Retried:
    """Queue the same text once more for who did not get it. Raises SteeringError.

    Nothing is repeated blindly: while an order is under way not at all, and to recipients of whom
    it is not known whether it was sent only with `force`.
    """
    rows = _recipients(connection, message_id)
    again = [row for row in rows if row.status != Status.DELIVERED]
    _refuse_to_repeat(message_id, rows, again, force=force)
    due_at = max(now, _guarded_until(rows, again))
    for row in again:
        _take_out(connection, row)
    queue(connection, message_id, [row.number for row in again], due_at=due_at)
    values = {"status": Status.WAITING.value, "ended_at": None, "send_at": None}
    connection.execute(
        update(schema.messages)
        .where(schema.messages.c.id == message_id)
        .values(expires_at=due_at + lifetime, **values)
    )
    note(connection, message_id, now, "retried", f"{len(again)} of {len(rows)} recipients")
    return Retried(len(again), due_at)


def _recipients(connection: Connection, message_id: str) -> Sequence[Row[Any]]:
    """Return every recipient of a message with its order. Raises SteeringError without any."""
    orders, people = schema.orders.c, schema.recipients.c
    rows = connection.execute(
        select(schema.recipients, orders.state, orders.order_id, orders.placed_at)
        .join(schema.orders, orders.pk == people.order_pk)
        .where(orders.message_id == message_id)
        .order_by(orders.pk, people.position)
    ).all()
    if not rows:
        raise SteeringError(_no_such(connection, message_id))
    return rows


def _no_such(connection: Connection, message_id: str) -> str:
    columns = schema.held.c
    row = connection.execute(select(schema.held).where(columns.id == message_id)).one_or_none()
    if row is None:
        return _("the outbox holds no message {id}").format(id=message_id)
    if row.message_id:
        text = _("{id} is an alert that message {message} tells of: name that one")
        return text.format(id=message_id, message=row.message_id)
    text = _("{id} is an alert that is held back, not a message: {reason}")
    return text.format(id=message_id, reason=row.reason)


def _refuse_to_repeat(
    message_id: str, rows: Sequence[Row[Any]], again: Sequence[Row[Any]], *, force: bool
) -> None:
    if any(row.state != "done" for row in rows):
        raise SteeringError(_("message {id} is still under way").format(id=message_id))
    if not again:
        raise SteeringError(_("message {id} was delivered to everybody").format(id=message_id))
    if not force and any(row.status == Status.UNKNOWN for row in again):
        text = _(
            "nobody knows whether message {id} was sent: it may arrive twice;"
            " look at the provider's list first, then use --force"
        )
        raise SteeringError(text.format(id=message_id))


def _guarded_until(rows: Sequence[Row[Any]], again: Sequence[Row[Any]]) -> float:
    """Return when the provider takes the order again, if it is to the recipients of one before."""
    pks = {row.order_pk for row in again}
    same = len(pks) == 1 and len(again) == sum(row.order_pk in pks for row in rows)
    placed_at = again[0].placed_at if same else None
    return 0.0 if placed_at is None else placed_at + GUARD


def _take_out(connection: Connection, row: Row[Any]) -> None:
    """Take a recipient out of an order that is done: a recipient stands in one only."""
    columns = schema.recipients.c
    here = (columns.order_pk == row.order_pk) & (columns.position == row.position)
    connection.execute(delete(schema.recipients).where(here))


def cancel(connection: Connection, message_id: str, *, now: float) -> Cancelled:
    """Take back what is not sent yet, with the ladder. Raises SteeringError when it is too late."""
    rows = _recipients(connection, message_id)
    queued = [row for row in rows if row.state == "queued"]
    if not queued:
        raise SteeringError(_too_late(message_id, rows))
    end = outcomes.End(status=Status.CANCELLED, reason="by hand")
    for pk in dict.fromkeys(row.order_pk for row in queued):
        outcomes.finish_order(connection, pk, message_id, end=end, now=now)
    stop_ladder(connection, message_id)
    return Cancelled(len(queued), len(rows) - len(queued))


def _too_late(message_id: str, rows: Sequence[Row[Any]]) -> str:
    states = {row.state for row in rows}
    if states == {"done"}:
        return _("message {id} has ended, there is nothing to cancel").format(id=message_id)
    if "placed" in states:
        order_id = next(row.order_id for row in rows if row.state == "placed")
        text = _("message {id} was sent already (order {order})")
        return text.format(id=message_id, order=order_id)
    return _("message {id} is being sent at this moment").format(id=message_id)
