"""What a placed order is told of its delivery, by asking or by push."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from im_notify.models import Receipt, Status, overall
from im_notify.outbox import schema
from im_notify.outbox.accepting import note
from im_notify.outbox.standing import move, numbers_of, statuses_of, sum_up
from im_notify.reports import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from im_notify.reports import Report


def outstanding(connection: Connection, *, now: float, limit: int) -> list[Receipt]:
    """Return the placed orders whose reports are due."""
    columns = schema.orders.c
    rows = connection.execute(
        select(columns.pk, columns.order_id, columns.placed_at)
        .where(columns.state == "placed", columns.due_at <= now)
        .order_by(columns.due_at)
        .limit(limit)
    ).all()
    return [
        Receipt(
            order_id=row.order_id,
            backend="",
            recipients=tuple(numbers_of(connection, row.pk)),
            accepted_at=datetime.fromtimestamp(row.placed_at, UTC),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """A message that changed, with all recipients of the order as they stand since then."""

    message_id: str
    deliveries: tuple[Delivery, ...]


def reported(
    connection: Connection, report: Report, *, now: float, look_at: float | None
) -> list[Change]:
    """Store what a report says; returns what it changed.

    `look_at` is when to ask again, None when that is of no use: who is still waiting then is
    `unknown`. Two messages have one order where the second only repeated the first.
    """
    return [
        _change(connection, row)
        for row in _orders(connection, report.order_id)
        if row.state == "placed" and _report_one(connection, row, report, now=now, look_at=look_at)
    ]


def _orders(connection: Connection, order_id: str) -> Sequence[Row[Any]]:
    columns = schema.orders.c
    return connection.execute(
        select(schema.orders).where(columns.order_id == order_id).order_by(columns.pk)
    ).all()


def _change(connection: Connection, row: Row[Any]) -> Change:
    numbers = numbers_of(connection, row.pk)
    pairs = zip(numbers, statuses_of(connection, row.pk), strict=True)
    return Change(row.message_id, tuple(Delivery(*pair) for pair in pairs))


def _report_one(
    connection: Connection, row: Row[Any], report: Report, *, now: float, look_at: float | None
) -> bool:
    changed = _update_recipients(connection, row.pk, report)
    if look_at is None or all(status.final for status in statuses_of(connection, row.pk)):
        move(connection, row.pk, state="done", due_at=now)
        changed |= _give_up(connection, row.pk)
    else:
        move(connection, row.pk, state="placed", due_at=look_at)
    if changed:
        _note_change(connection, row, now=now)
    return changed


def _note_change(connection: Connection, row: Row[Any], *, now: float, detail: str = "") -> None:
    status = overall(statuses_of(connection, row.pk))
    note(connection, row.message_id, now, status.value, detail)
    sum_up(connection, row.message_id)


def pushed(connection: Connection, report: Report, *, now: float) -> tuple[bool, list[Change]]:
    """Store what was pushed; returns whether the order is ours, and what it changed.

    When the report is asked for stays as it is: a push may be the only one that comes. It may
    come late, too: an order that was given up still learns how it ended.
    """
    rows = _orders(connection, report.order_id)
    changed = [row for row in rows if _push_one(connection, row, report, now=now)]
    return bool(rows), [_change(connection, row) for row in changed]


def _push_one(connection: Connection, row: Row[Any], report: Report, *, now: float) -> bool:
    if row.state == "placed":
        return _report_one(connection, row, report, now=now, look_at=row.due_at)
    ends = tuple(one for one in report.deliveries if one.status.final)
    changed = _update_recipients(connection, row.pk, replace(report, deliveries=ends))
    if changed:
        _note_change(connection, row, now=now)
    return changed


def _update_recipients(connection: Connection, pk: int, report: Report) -> bool:
    news = {row.number: row.status for row in report.deliveries}
    columns = schema.recipients.c
    changed = False
    rows = connection.execute(select(schema.recipients).where(columns.order_pk == pk)).all()
    for row in rows:
        before = Status(row.status)
        after = before.then(news.get(row.number, before))
        if after is not before:
            changed = True
            connection.execute(
                update(schema.recipients)
                .where(columns.order_pk == pk, columns.position == row.position)
                .values(status=after.value)
            )
    return changed


def _give_up(connection: Connection, pk: int) -> bool:
    columns = schema.recipients.c
    waiting = (Status.WAITING.value, Status.SCHEDULED.value)
    found = connection.execute(
        update(schema.recipients)
        .where(columns.order_pk == pk, columns.status.in_(waiting))
        .values(status=Status.UNKNOWN.value)
    )
    return found.rowcount > 0


def look_later(
    connection: Connection, order_id: str, *, now: float, look_at: float | None
) -> list[Change]:
    """No report could be had: ask again at `look_at`, or give the order up at its end.

    Returns what that changed.
    """
    rows = [row for row in _orders(connection, order_id) if row.state == "placed"]
    for row in rows:
        state = "done" if look_at is None else "placed"
        move(connection, row.pk, state=state, due_at=now if look_at is None else look_at)
    given_up = [row for row in rows if look_at is None and _give_up(connection, row.pk)]
    for row in given_up:
        _note_change(connection, row, now=now, detail="there was no report to the end")
    return [_change(connection, row) for row in given_up]
