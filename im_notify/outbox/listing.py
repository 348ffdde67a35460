"""Lists what the outbox holds, newest first, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select

from im_notify.alerts import alert_from
from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.holding import route_of
from im_notify.reports import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is listed; all of it where nothing is said. `since` is in seconds since the epoch."""

    states: tuple[Status, ...] = ()
    since: float | None = None
    source: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message as one line; `contact` holds names parted by commas, None for bare numbers."""

    id: str
    created_at: datetime
    ended_at: datetime | None
    source: str
    contact: str | None
    status: Status
    text: str = field(repr=False)
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAlert:
    """An alert that was not texted at once; `message_id` is what told of it in the end.

    `state` is held, merged or dropped.
    """

    id: str
    at: datetime
    state: str
    reason: str
    source: str
    contact: str | None
    message_id: str | None
    summary: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRung:
    """A step of a message's ladder."""

    position: int
    target: str
    state: str
    due_at: datetime


def listed(
    connection: Connection, wanted: Wanted, *, limit: int, after: Listed | None = None
) -> list[Listed]:
    """Return messages, the newest first; `after` is the last one of the page before."""
    columns = schema.messages.c
    found = select(schema.messages).where(*_conditions(wanted))
    if wanted.states:
        found = found.where(columns.status.in_([status.value for status in wanted.states]))
    if after:
        at = after.created_at.timestamp()
        found = found.where(
            (columns.created_at < at) | ((columns.created_at == at) & (columns.id < after.id))
        )
    order = (columns.created_at.desc(), columns.id.desc())
    rows = connection.execute(found.order_by(*order).limit(limit)).all()
    people = _deliveries(connection, [row.id for row in rows])
    return [_listed(row, people.get(row.id, ())) for row in rows]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    columns = schema.messages.c
    if wanted.since is not None:
        yield columns.created_at >= wanted.since
    if wanted.source is not None:
        yield columns.source == wanted.source
    if wanted.contact is not None:
        yield _names(columns.contact, wanted.contact)


def _names(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Say that `name` is one of those that stand in a column, parted by commas."""
    return (literal(",") + column + ",").contains(f",{name},", autoescape=True)


def _listed(row: Row[Any], deliveries: Sequence[Delivery]) -> Listed:
    return Listed(
        id=row.id,
        created_at=_time(row.created_at),
        ended_at=None if row.ended_at is None else _time(row.ended_at),
        source=row.source,
        contact=row.contact,
        status=Status(row.status),
        text=row.text,
        deliveries=tuple(deliveries),
    )


def _deliveries(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[Delivery]]:
    orders, people = schema.orders.c, schema.recipients.c
    rows = connection.execute(
        select(orders.message_id, people.number, people.status)
        .join(schema.orders, orders.pk == people.order_pk)
        .where(orders.message_id.in_(ids))
        .order_by(orders.pk, people.position)
    )
    found: dict[str, list[Delivery]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(Delivery(row.number, Status(row.status)))
    return found


def listed_alerts(connection: Connection, wanted: Wanted, *, limit: int) -> list[ListedAlert]:
    """Return alerts that were held back, the newest first; states are not looked at."""
    columns = schema.held.c
    found = select(schema.held)
    if wanted.since is not None:
        found = found.where(columns.at >= wanted.since)
    if wanted.source is not None:
        found = found.where(columns.source == wanted.source)
    if wanted.contact is not None:
        found = found.where(_names(columns.audience, wanted.contact))
    rows = connection.execute(found.order_by(columns.at.desc(), columns.id.desc()).limit(limit))
    return [_listed_alert(row) for row in rows]


def _listed_alert(row: Row[Any]) -> ListedAlert:
    alert = alert_from(json.loads(row.alert))
    return ListedAlert(
        id=row.id,
        at=_time(row.at),
        state=row.state,
        reason=row.reason,
        source=row.source,
        contact=route_of(row.route).contact,
        message_id=row.message_id,
        summary=" ".join(filter(None, (alert.object, alert.summary))),
    )


def ladder(connection: Connection, message_id: str) -> list[ListedRung]:
    """Return the steps of a message's ladder."""
    columns = schema.rungs.c
    rows = connection.execute(
        select(schema.rungs).where(columns.message_id == message_id).order_by(columns.position)
    )
    return [
        ListedRung(
            position=row.position, target=row.target, state=row.state, due_at=_time(row.due_at)
        )
        for row in rows
    ]


def text_of(connection: Connection, message_id: str) -> str | None:
    """Return the text of a message."""
    columns = schema.messages.c
    found: str | None = connection.scalar(select(columns.text).where(columns.id == message_id))
    return found


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
