"""What a placed order is told of its delivery, by asking or by push."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, update

from im_notify.models import OrderState, Receipt, Status, overall
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note
from im_notify.outbox.late import take_home
from im_notify.outbox.standing import OPEN, move, numbers_of, statuses_of, sum_up
from im_notify.outbox.telling import enqueue
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

_ORDERS, _PEOPLE = schema.orders.c, schema.recipients.c
_FIND = (
    select(_ORDERS.pk, _ORDERS.message_id, _ORDERS.state, _ORDERS.due_at, _ORDERS.owed_at)
    .where(_ORDERS.order_id == bindparam("its_order_id"))
    .order_by(_ORDERS.pk)
)
_PLACED = select(_ORDERS.pk, _ORDERS.order_id, _ORDERS.placed_at).where(_ORDERS.state == "placed")
_OWE = (
    update(schema.orders)
    .where(_ORDERS.pk == bindparam("its_pk"))
    .values(due_at=bindparam("its_due_at"), owed_at=func.coalesce(_ORDERS.owed_at, _ORDERS.due_at))
)
_WHERE_THEY_STAND = select(_PEOPLE.position, _PEOPLE.number, _PEOPLE.status).where(
    _PEOPLE.order_pk == bindparam("its_pk")
)
_STAND = update(schema.recipients).where(
    _PEOPLE.order_pk == bindparam("its_pk"), _PEOPLE.position == bindparam("its_position")
)
_GIVE_UP = update(schema.recipients).where(
    _PEOPLE.order_pk == bindparam("its_pk"),
    _PEOPLE.status.in_([literal_column(f"'{one.value}'") for one in OPEN]),
)


class _Order(NamedTuple):
    pk: int
    message_id: str
    state: str
    due_at: float
    owed_at: float | None


def outstanding(connection: Connection, *, now: float, limit: int) -> list[Receipt]:
    """Return the placed orders whose reports are due."""
    due = _ORDERS.due_at <= now
    found = _PLACED.where(due).order_by(_ORDERS.due_at).limit(limit)
    rows = connection.execute(found).all()
    return [_receipt(connection, row.pk, row.order_id, row.placed_at) for row in rows]


def placed(connection: Connection, message_ids: Iterable[str]) -> list[Receipt]:
    """Return the placed orders of these messages, whose reports may be due or not."""
    theirs = select(_ORDERS.pk, _ORDERS.order_id, _ORDERS.placed_at, _ORDERS.state).where(
        _ORDERS.message_id.in_(message_ids)
    )  # with the state it would read all that are placed
    rows = [row for row in connection.execute(theirs).all() if row.state == "placed"]
    return [_receipt(connection, row.pk, row.order_id, row.placed_at) for row in rows]


def _receipt(connection: Connection, pk: int, order_id: str, placed_at: float) -> Receipt:
    return Receipt(
        order_id=order_id,
        backend="",
        recipients=tuple(numbers_of(connection, pk)),
        accepted_at=datetime.fromtimestamp(placed_at, UTC),
    )


def reported(connection: Connection, report: Report, *, now: float, look_at: float | None) -> None:
    """Store what a report says, and that what it changed is to be told.

    `look_at` is when to ask again, None when that is of no use: who is still waiting then is
    `unknown`. Two messages have one order where the second only repeated the first.
    """
    for row in _orders(connection, report.order_id):
        if row.state == "placed":
            answered = row._replace(owed_at=None)
            _report_one(connection, answered, report, now=now, look_at=look_at)


def _orders(connection: Connection, order_id: str) -> Sequence[_Order]:
    rows = direct.fetch(connection, _FIND, {"its_order_id": order_id})
    return [_Order._make(row) for row in rows]


def _report_one(
    connection: Connection, row: _Order, report: Report, *, now: float, look_at: float | None
) -> None:
    changed = _update_recipients(connection, row.pk, report)
    if look_at is None or all(status.final for status in statuses_of(connection, row.pk)):
        changed |= _end(connection, row.pk, now=now)
    else:
        move(connection, row.pk, state="placed", due_at=look_at, owed_at=row.owed_at)
    if changed:
        _changed(connection, row, report, now=now)


def _changed(
    connection: Connection, row: _Order, report: Report, *, now: float, detail: str = ""
) -> None:
    """Store where the message stands, to be told with every recipient of the order."""
    statuses = statuses_of(connection, row.pk)
    note(connection, row.message_id, now, overall(statuses).value, detail)
    sum_up(connection, row.message_id, now=now)
    pairs = zip(numbers_of(connection, row.pk), statuses, strict=True)
    known = replace(report, deliveries=tuple(Delivery(*pair) for pair in pairs))
    enqueue(connection, row.message_id, known, now=now)


def pushed(connection: Connection, report: Report, *, now: float) -> bool:
    """Store what was pushed, to be told; returns whether the order is ours.

    When the report is asked for stays as it is: a push may be the only one that comes. It may
    come late, too: an order that was given up still learns how it ended.
    """
    rows = _orders(connection, report.order_id)
    for row in rows:
        _push_one(connection, row, report, now=now)
    return bool(rows)


def _push_one(connection: Connection, row: _Order, report: Report, *, now: float) -> None:
    if row.state == "placed":
        _report_one(connection, row, report, now=now, look_at=row.due_at)
        return
    ends = tuple(one for one in report.deliveries if one.status.final)
    arrived = [one.number for one in ends if one.status is Status.DELIVERED]
    changed = _update_recipients(connection, row.pk, replace(report, deliveries=ends))
    if take_home(connection, row.message_id, arrived, home=row.pk) or changed:
        _changed(connection, row, report, now=now)


def _update_recipients(connection: Connection, pk: int, report: Report) -> bool:
    """Store what changed; who has no row in a report that is not complete is not missing yet."""
    early = report.state in {OrderState.SCHEDULED, OrderState.SENDING}
    news = {
        row.number: row.status
        for row in report.deliveries
        if not (early and row.status is Status.MISSING)
    }
    changed = False
    rows = direct.fetch(connection, _WHERE_THEY_STAND, {"its_pk": pk})
    for position, number, status in rows:
        before = Status(status)
        after = before.then(news.get(number, before))
        if after is not before:
            changed = True
            where = {"its_pk": pk, "its_position": position}
            direct.change(connection, _STAND, where | {"status": after.value})
    return changed


def _end(connection: Connection, pk: int, *, now: float) -> bool:
    """End an order; says whether that is the end of somebody who waited, or was missing so far."""
    move(connection, pk, state="done", due_at=now, owed_at=None)
    missing = Status.MISSING in statuses_of(connection, pk)
    return _give_up(connection, pk) or missing


def _give_up(connection: Connection, pk: int) -> bool:
    values = {"its_pk": pk, "status": Status.UNKNOWN.value}
    return direct.change(connection, _GIVE_UP, values) > 0


def look_later(connection: Connection, order_id: str, *, now: float, look_at: float | None) -> None:
    """No report could be had: ask again at `look_at`, or give the order up at its end."""
    report = Report(order_id=order_id, state=OrderState.COMPLETED)
    for row in _orders(connection, order_id):
        if row.state != "placed":
            continue
        if look_at is not None:
            direct.change(connection, _OWE, {"its_pk": row.pk, "its_due_at": look_at})
        elif _end(connection, row.pk, now=now):
            detail = "there was no report to the end"
            _changed(connection, row, report, now=now, detail=detail)
