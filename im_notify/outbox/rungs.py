"""The rungs of fallback ladders, as writes: each is stored as tried before it is.

A rung waits, is tried, and is done, or waits again where that failed. Its ladder can end before:
then it is skipped or, where it is being tried at that moment, stopped. Who was told of a problem by
a rung is told of its end by the same: that rung is ending, is tried once more, and ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, update

from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note

if TYPE_CHECKING:
    from sqlalchemy import Connection

SOONEST, LATEST = 10.0, 600.0  #: seconds until a rung that failed is tried again
PATIENCE = 3600.0  #: seconds after the end of its message's lifetime in which it still is

_TRIED = {"waiting": "trying", "ending": "telling end"}
_BACK = {**{tried: due for due, tried in _TRIED.items()}, "stopped": "skipped"}
_DONE = {"trying": "done", "stopped": "done", "telling end": "ended"}
_FAILED = {"trying": "failed", "stopped": "skipped", "telling end": "ended"}
UNDER_WAY = (*_TRIED, *_TRIED.values(), "stopped")  #: states in which a rung is not over
_COLUMNS = schema.rungs.c
_HEARD = (Status.DELIVERED, Status.WAITING, Status.SCHEDULED)
_STATE = select(_COLUMNS.state).where(_COLUMNS.pk == bindparam("its_pk"))
_CHANGE = update(schema.rungs).where(_COLUMNS.pk == bindparam("its_pk"))
_MOVE = update(schema.rungs).where(
    _COLUMNS.message_id == bindparam("its_id"), _COLUMNS.state == bindparam("its_state")
)
_ORDERS = schema.orders.c
_PEOPLE = (
    select(schema.recipients.c.number, schema.recipients.c.status)
    .join(schema.orders, _ORDERS.pk == schema.recipients.c.order_pk)
    .where(_ORDERS.message_id == bindparam("its_id"))
)
_BY_KEY = (
    select(schema.recipients.c.status)
    .join(schema.orders, _ORDERS.pk == schema.recipients.c.order_pk)
    .join(schema.messages, schema.messages.c.id == _ORDERS.message_id)
    .where(schema.messages.c.key == bindparam("its_key"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RungJob:
    """A rung that is to be climbed now, with the text that did not arrive.

    With `ends`, its target was told of a problem that is over: that is what it is told now.
    `born_at` and `expires_at` are those of the message, in seconds since the epoch.
    """

    pk: int
    message_id: str
    position: int
    target: str = field(repr=False)
    text: str = field(repr=False)
    ends: bool
    born_at: float
    expires_at: float


def next_rung(connection: Connection) -> float | None:
    """Return when the next rung is due."""
    found: float | None = connection.scalar(
        select(func.min(_COLUMNS.due_at)).where(_COLUMNS.state.in_(_TRIED))
    )
    return found


def claim_rungs(connection: Connection, *, now: float, limit: int) -> list[RungJob]:
    """Take the rungs that are due."""
    messages = schema.messages.c
    rows = connection.execute(
        select(schema.rungs, messages.text, messages.created_at, messages.expires_at)
        .join(schema.messages, messages.id == _COLUMNS.message_id)
        .where(_COLUMNS.state.in_(_TRIED), _COLUMNS.due_at <= now)
        .order_by(_COLUMNS.due_at)
        .limit(limit)
    ).all()
    for row in rows:
        _to(connection, row.pk, _TRIED[row.state])
    return [
        RungJob(
            pk=row.pk,
            message_id=row.message_id,
            position=row.position,
            target=row.target,
            text=row.text,
            ends=row.state == "ending",
            born_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def statuses_of(connection: Connection, message_id: str) -> dict[str, Status]:
    """Return where the recipients of a message stand, by their numbers."""
    found = direct.fetch(connection, _PEOPLE, {"its_id": message_id})
    return {number: Status(status) for number, status in found}


def may_be_heard(connection: Connection, key: str) -> bool:
    """Say whether the message of this key arrived anywhere, or may do so yet."""
    found = direct.fetch(connection, _BY_KEY, {"its_key": key})
    return any(Status(status) in _HEARD for (status,) in found)


def begin(connection: Connection, job: RungJob, *, now: float) -> bool:
    """Note that a rung is climbed now; false if its ladder has ended meanwhile."""
    if _state(connection, job) not in _TRIED.values():
        _to(connection, job.pk, "skipped")
        return False
    what = "fallback end" if job.ends else "fallback"
    note(connection, job.message_id, now, what, f"step {job.position}")
    return True


def skip(connection: Connection, job: RungJob) -> None:
    """The rung is not needed: whom it stands in for has the text."""
    _to(connection, job.pk, "ended" if job.ends else "skipped")


def recover_rungs(connection: Connection) -> None:
    """Try again what a process that died left under way: loud twice is better than not at all."""
    for tried, state in _BACK.items():
        connection.execute(update(schema.rungs).where(_COLUMNS.state == tried).values(state=state))


def climbed(connection: Connection, job: RungJob, *, now: float) -> None:
    """Store that the target was told."""
    _to(connection, job.pk, _DONE.get(_state(connection, job), "done"))
    what = "fallback end done" if job.ends else "fallback done"
    note(connection, job.message_id, now, what, f"step {job.position}")


def failed(
    connection: Connection, job: RungJob, *, now: float, reason: str, for_good: bool
) -> bool:
    """Store that it was not, and when it is tried again; says whether nobody is left to tell.

    The older the message, the longer the wait. The next rung comes in its time all the same.
    """
    note(connection, job.message_id, now, "fallback failed", reason)
    state = _state(connection, job)
    again = now + min(LATEST, max(SOONEST, (now - job.born_at) / 2))
    if for_good or state == "stopped" or again > job.expires_at + PATIENCE:
        _to(connection, job.pk, _FAILED.get(state, "failed"))
        return not _is_any_left(connection, job.message_id)
    _to(connection, job.pk, _BACK.get(state, "waiting"), due_at=again)
    return False


def _is_any_left(connection: Connection, message_id: str) -> bool:
    hopeful = ("waiting", "trying", "done", "stopped")
    found = select(_COLUMNS.pk).where(
        _COLUMNS.message_id == message_id, _COLUMNS.state.in_(hopeful)
    )
    return connection.execute(found.limit(1)).first() is not None


def put_back(connection: Connection, job: RungJob) -> None:
    """The rung could not even be tried: it is due as before."""
    _to(connection, job.pk, _BACK.get(_state(connection, job), "waiting"))


def stop_ladder(connection: Connection, message_id: str) -> None:
    """Leave the rungs that are not reached yet; one that is being tried is not tried again."""
    _move_all(connection, message_id, "waiting", state="skipped")
    _move_all(connection, message_id, "trying", state="stopped")


def end_ladder(connection: Connection, message_id: str, *, now: float) -> None:
    """Have those who were told of a problem by its ladder told that it is over."""
    _move_all(connection, message_id, "done", state="ending", due_at=now)


def _move_all(connection: Connection, message_id: str, before: str, **values: object) -> None:
    direct.change(connection, _MOVE, {"its_id": message_id, "its_state": before, **values})


def _state(connection: Connection, job: RungJob) -> str:
    return str(direct.fetch(connection, _STATE, {"its_pk": job.pk})[0][0])


def _to(connection: Connection, pk: int, state: str, **values: object) -> None:
    direct.change(connection, _CHANGE, {"its_pk": pk, "state": state, **values})
