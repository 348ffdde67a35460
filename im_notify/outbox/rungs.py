"""The rungs of fallback ladders, as writes: each is stored as tried before it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from im_notify.outbox import schema
from im_notify.outbox.accepting import note

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RungJob:
    """A rung that is to be climbed now, with the text that did not arrive."""

    pk: int
    message_id: str
    position: int
    target: str = field(repr=False)
    text: str = field(repr=False)


def next_rung(connection: Connection) -> float | None:
    """Return when the next rung is due."""
    columns = schema.rungs.c
    found: float | None = connection.scalar(
        select(func.min(columns.due_at)).where(columns.state == "waiting")
    )
    return found


def claim_rungs(connection: Connection, *, now: float, limit: int) -> list[RungJob]:
    """Take the rungs that are due; their messages are not delivered, or they would be skipped."""
    columns = schema.rungs.c
    rows = connection.execute(
        select(schema.rungs, schema.messages.c.text)
        .join(schema.messages, schema.messages.c.id == columns.message_id)
        .where(columns.state == "waiting", columns.due_at <= now)
        .order_by(columns.due_at)
        .limit(limit)
    ).all()
    for row in rows:
        _to(connection, row.pk, "trying")
        note(connection, row.message_id, now, "fallback", f"step {row.position}")
    return [
        RungJob(
            pk=row.pk,
            message_id=row.message_id,
            position=row.position,
            target=row.target,
            text=row.text,
        )
        for row in rows
    ]


def recover_rungs(connection: Connection) -> None:
    """Try again what a process that died left under way: loud twice is better than not at all."""
    connection.execute(
        update(schema.rungs).where(schema.rungs.c.state == "trying").values(state="waiting")
    )


def climbed(connection: Connection, job: RungJob, *, now: float, error: str | None) -> None:
    """Store how a rung went; one that failed is over too, the next one comes in its time."""
    _to(connection, job.pk, "failed" if error else "done")
    what = "fallback failed" if error else "fallback done"
    note(connection, job.message_id, now, what, error or f"step {job.position}")


def put_back(connection: Connection, job: RungJob) -> None:
    """The rung could not even be tried: it is due as before."""
    _to(connection, job.pk, "waiting")


def _to(connection: Connection, pk: int, state: str) -> None:
    connection.execute(update(schema.rungs).where(schema.rungs.c.pk == pk).values(state=state))
