"""Hands orders out to be sent; each is stored as `sending` before it leaves.

    queued --claim--> sending --placed--> placed --report--> done
      ^                  |
      |   surely not     |--unknown--> unclear --claim--> sending (one identical repeat)
      +------ sent ------+                ^ |
                                          | +--unknown too--> sought --looked up--> placed,
                                          +---- not found, may be repeated ---- or done as `unknown`

One whose repeat is refused is `sought` too, and so is every unclear one while sending stands still.

An order found `sending` when the outbox is opened was under way when the process died: nobody
knows what became of it, so it is `unclear`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, update

from im_notify.models import Consent, Message
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note
from im_notify.outbox.standing import move, numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_ORDERS, _MESSAGES = schema.orders.c, schema.messages.c


class _Due(NamedTuple):
    pk: int
    message_id: str
    state: str
    attempts: int
    repeats: int
    lookups: int
    first_at: float | None
    last_at: float | None
    due_at: float
    code: int | None
    text: str
    sender: str
    consent: str
    expires_at: float


_IN_STATE = (
    select(*(_ORDERS[name] if name in _ORDERS else _MESSAGES[name] for name in _Due._fields))
    .join(schema.messages, _MESSAGES.id == _ORDERS.message_id)
    .where(_ORDERS.state == bindparam("its_state"))
    .order_by(_ORDERS.due_at)
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # or SQLite's dialect adds a parameter of its own
)
_FIND = _IN_STATE.where(_ORDERS.due_at <= bindparam("now"))
_NEXT = select(func.min(_ORDERS.due_at)).where(_ORDERS.state == bindparam("its_state"))
_EXPIRED = _IN_STATE.where(_MESSAGES.expires_at <= bindparam("now"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An order that was claimed: what is to be sent, and what was tried before.

    `unclear` says that an earlier attempt may have placed it, `code` what the provider said to it
    then; times are seconds since the epoch.
    """

    pk: int
    message_id: str
    message: Message = field(repr=False)
    unclear: bool
    attempts: int
    repeats: int
    lookups: int
    first_at: float
    last_at: float
    expires_at: float
    code: int | None = None


def recover(connection: Connection, *, now: float) -> int:
    """Take over what a process that died left under way; returns how many orders."""
    columns = schema.orders.c
    rows = connection.execute(
        select(columns.pk, columns.message_id).where(columns.state == "sending")
    ).all()
    for row in rows:
        move(connection, row.pk, state="unclear", due_at=now)
        note(connection, row.message_id, now, "unclear", "the process ended while it was sent")
    return len(rows)


def next_due(connection: Connection, states: Sequence[str]) -> float | None:
    """Return when the next order in one of these states is due."""
    found = [direct.fetch(connection, _NEXT, {"its_state": state}) for state in states]
    return min((due for ((due,),) in found if due is not None), default=None)


def claim(connection: Connection, *, now: float, limit: int) -> list[Job]:
    """Take orders that are due to be sent or cleared up; they are `sending` from now on."""
    found = [row for state in ("queued", "unclear") for row in _due(connection, state, now, limit)]
    return _take(connection, sorted(found, key=lambda row: row.due_at)[:limit], now=now)


def expired(connection: Connection, *, now: float, limit: int) -> list[Job]:
    """Return orders that surely were not sent and whose time is over; reads all that wait."""
    values = {"its_state": "queued", "now": now, "most": limit}
    rows = [_Due._make(row) for row in direct.fetch(connection, _EXPIRED, values)]
    return [_job(connection, row, now=now) for row in rows]


def sought(connection: Connection, *, now: float, limit: int) -> list[Job]:
    """Return orders that are due to be looked up; they stay what they are."""
    return [_job(connection, row, now=now) for row in _due(connection, "sought", now, limit)]


def seek_unclear(connection: Connection) -> None:
    """Have all orders looked up that wait for their repeat."""
    columns = schema.orders.c
    connection.execute(
        update(schema.orders).where(columns.state == "unclear").values(state="sought")
    )


def _take(connection: Connection, rows: Sequence[_Due], *, now: float) -> list[Job]:
    jobs = [_job(connection, row, now=now) for row in rows]
    for row, job in zip(rows, jobs, strict=True):
        last_at = max(now, job.first_at)  # a clock that went back must not turn the two around
        values = {"first_at": job.first_at, "last_at": last_at, "attempts": row.attempts + 1}
        move(connection, row.pk, state="sending", due_at=now, **values)
    return jobs


def _due(connection: Connection, state: str, now: float, limit: int) -> Sequence[_Due]:
    """Return orders of one state: those of two together would all be read to be sorted."""
    values = {"its_state": state, "now": now, "most": limit}
    return [_Due._make(row) for row in direct.fetch(connection, _FIND, values)]


def _job(connection: Connection, row: _Due, *, now: float) -> Job:
    message = Message(
        text=row.text,
        recipients=tuple(numbers_of(connection, row.pk)),
        sender=row.sender,
        consent=Consent(row.consent),
        key=row.message_id,
    )
    return Job(
        pk=row.pk,
        message_id=row.message_id,
        message=message,
        unclear=row.state != "queued",
        attempts=row.attempts,
        repeats=row.repeats,
        lookups=row.lookups,
        first_at=row.first_at or now,
        last_at=row.last_at or now,
        expires_at=row.expires_at,
        code=row.code,
    )
