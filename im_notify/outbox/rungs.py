"""The rungs of fallback ladders, as writes: each is stored as tried before it is.

A rung waits, is tried, and is done, or waits again where that failed. Its ladder can end before:
then it is skipped or, where it is being tried at that moment, stopped. Who was told of a problem by
a rung is told of its end by the same: that rung is ending (overtaken where the end came while it
was tried), is tried once more, and ended. One whose problem was told again by another message
follows that one; where only some of its problems were, nobody can say that all is over: it is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select, update

from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note

if TYPE_CHECKING:
    from sqlalchemy import Connection

SOONEST, LATEST = 10.0, 600.0  #: seconds until a rung that failed is tried again
PATIENCE = 3600.0  #: seconds after the end of its message's lifetime in which it still is

_TRIED = {"waiting": "trying", "ending": "telling end"}
_LEFT = {"stopped": "skipped", "overtaken": "skipped"}  # being tried when their ladder ended
_BACK = {tried: due for due, tried in _TRIED.items()} | _LEFT
_DONE = {"trying": "done", "stopped": "done", "overtaken": "ending", "telling end": "ended"}
_FAILED = {"trying": "failed", "telling end": "ended"} | _LEFT
_HOPELESS = ("failed", "skipped")
UNDER_WAY = (*_TRIED, *_BACK)  #: states in which a rung is not over
_COLUMNS = schema.rungs.c
_HEARD = (Status.DELIVERED, Status.WAITING, Status.SCHEDULED)
_STATE = select(_COLUMNS.state).where(_COLUMNS.pk == bindparam("its_pk"))
_CHANGE = update(schema.rungs).where(_COLUMNS.pk == bindparam("its_pk"))
_MOVE = update(schema.rungs).where(
    _COLUMNS.message_id == bindparam("its_id"), _COLUMNS.state == bindparam("its_state")
)
_OWN = (_COLUMNS.message_id == bindparam("its_id")) | (_COLUMNS.follows == bindparam("its_id"))
_MOVE_OWN = update(schema.rungs).where(_OWN, _COLUMNS.state == bindparam("its_state"))
_NEXT = select(func.min(_COLUMNS.due_at)).where(_COLUMNS.state == bindparam("its_state"))
_DUE = (
    select(
        _COLUMNS.pk,
        _COLUMNS.message_id,
        _COLUMNS.position,
        _COLUMNS.target,
        schema.messages.c.text,
        schema.messages.c.created_at,
        schema.messages.c.expires_at,
        _COLUMNS.over_at,
        _COLUMNS.due_at,
    )
    .join(schema.messages, schema.messages.c.id == _COLUMNS.message_id)
    .where(_COLUMNS.state == bindparam("its_state"), _COLUMNS.due_at <= bindparam("now"))
    .order_by(_COLUMNS.due_at)
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # or SQLite's dialect adds a parameter of its own
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

    With `over_at`, its target was told of a problem that is over since then: that is what it is
    told now. `born_at` and `expires_at` are those of the message, in seconds since the epoch.
    """

    pk: int
    message_id: str
    position: int
    target: str = field(repr=False)
    text: str = field(repr=False)
    born_at: float
    expires_at: float
    over_at: float | None = None

    @property
    def ends(self) -> bool:
        """Say whether it is the end that is to be told."""
        return self.over_at is not None


def next_rung(connection: Connection) -> float | None:
    """Return when the next rung is due."""
    rows = (direct.fetch(connection, _NEXT, {"its_state": state}) for state in _TRIED)
    return min((due for ((due,),) in rows if due is not None), default=None)


def claim_rungs(connection: Connection, *, now: float, limit: int) -> list[RungJob]:
    """Take the rungs that are due."""
    rows = [
        (row, state)
        for state in _TRIED
        for row in map(_Due._make, direct.fetch(connection, _DUE, _due(state, now, limit)))
    ]
    taken = sorted(rows, key=lambda one: one[0].due_at)[:limit]
    for row, state in taken:
        _to(connection, row.pk, _TRIED[state])
    return [
        RungJob(
            pk=row.pk,
            message_id=row.message_id,
            position=row.position,
            target=row.target,
            text=row.text,
            born_at=row.created_at,
            expires_at=row.expires_at,
            over_at=row.over_at if state == "ending" else None,
        )
        for row, state in taken
    ]


class _Due(NamedTuple):
    pk: int
    message_id: str
    position: int
    target: str
    text: str
    created_at: float
    expires_at: float
    over_at: float | None
    due_at: float


def _due(state: str, now: float, limit: int) -> dict[str, object]:
    return {"its_state": state, "now": now, "most": limit}


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


def failed(connection: Connection, job: RungJob, *, now: float, reason: str) -> bool:
    """Store that it was not, and when it is tried again; says whether nobody is left to tell.

    The longer it takes, the longer the wait. The next rung comes in its time all the same.
    """
    note(connection, job.message_id, now, "fallback failed", reason)
    state = _state(connection, job)
    again = now + min(LATEST, max(SOONEST, (now - (job.over_at or job.born_at)) / 2))
    if state in _LEFT or again > (job.over_at or job.expires_at) + PATIENCE:
        _to(connection, job.pk, _FAILED.get(state, "failed"))
        return state == "trying" and not _may_anybody_know(connection, job.message_id)
    _to(connection, job.pk, _BACK.get(state, "waiting"), due_at=again)
    return False


def _may_anybody_know(connection: Connection, message_id: str) -> bool:
    others = select(_COLUMNS.pk).where(
        _COLUMNS.message_id == message_id, _COLUMNS.state.not_in(_HOPELESS)
    )
    if connection.execute(others.limit(1)).first() is not None:
        return True
    return Status.DELIVERED in statuses_of(connection, message_id).values()


def put_back(connection: Connection, job: RungJob, *, due_at: float) -> None:
    """The rung could not even be tried: it is due again."""
    _to(connection, job.pk, _BACK.get(_state(connection, job), "waiting"), due_at=due_at)


def stop_ladder(connection: Connection, message_id: str) -> None:
    """Leave the rungs that are not reached yet; one that is being tried is not tried again."""
    _move_all(connection, message_id, "waiting", state="skipped")
    _move_all(connection, message_id, "trying", state="stopped")


def end_ladder(connection: Connection, message_id: str, *, now: float) -> None:
    """Have those who were told of a problem by its ladder told that it is over."""
    over: dict[str, object] = {"due_at": now, "over_at": now}
    _move_own(connection, message_id, "done", state="ending", **over)
    _move_own(connection, message_id, "stopped", state="overtaken", **over)


def take_end_back(connection: Connection, message_id: str) -> None:
    """The problem began again before its end was told: nobody is told of that one any more."""
    _move_own(connection, message_id, "ending", state="done")


def hand_on(connection: Connection, before: str, now: str | None) -> None:
    """Have who was told by the ladder of a message told of the end of another; None is never."""
    if now is None:
        _move_own(connection, before, "done", state="told")
    else:
        _move_own(connection, before, "done", state="done", follows=now)


def _move_own(connection: Connection, message_id: str, before: str, **values: object) -> None:
    direct.change(connection, _MOVE_OWN, {"its_id": message_id, "its_state": before, **values})


def _move_all(connection: Connection, message_id: str, before: str, **values: object) -> None:
    direct.change(connection, _MOVE, {"its_id": message_id, "its_state": before, **values})


def _state(connection: Connection, job: RungJob) -> str:
    return str(direct.fetch(connection, _STATE, {"its_pk": job.pk})[0][0])


def _to(connection: Connection, pk: int, state: str, **values: object) -> None:
    direct.change(connection, _CHANGE, {"its_pk": pk, "state": state, **values})
