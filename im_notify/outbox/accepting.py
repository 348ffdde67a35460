"""Takes messages in: what is written when an entry is accepted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.entries import Accepted, Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no letters that look like digits
_DIGITS = 12


def new_id() -> str:
    """Return a name for a message that nobody can guess: 60 bits."""
    return "".join(secrets.choice(_ALPHABET) for _digit in range(_DIGITS))


def accept(connection: Connection, entry: Entry, *, now: float) -> Accepted:
    """Store an entry as queued, unless its key is known."""
    if entry.key is not None and (known := _known(connection, entry.key)):
        return Accepted(id=known.id, duplicate=True, status=Status(known.status))
    message_id = new_id()
    connection.execute(insert(schema.messages), _message_row(message_id, entry, now))
    due = entry.send_at.timestamp() if entry.send_at else now
    queue(connection, message_id, entry.recipients, due_at=due)
    note(connection, message_id, now, "stored", entry.source)
    for position, rung in enumerate(entry.ladder, start=1):
        row = {
            "message_id": message_id,
            "position": position,
            "target": rung.to,
            "state": "waiting",
        }
        connection.execute(insert(schema.rungs), row | {"due_at": now + rung.after})
    return Accepted(id=message_id, duplicate=False, status=Status.WAITING)


def _message_row(message_id: str, entry: Entry, now: float) -> dict[str, object]:
    return {
        "id": message_id,
        "key": entry.key,
        "source": entry.source,
        "contact": entry.contact,
        "text": entry.text,
        "sender": entry.sender,
        "consent": entry.consent.value,
        "status": Status.WAITING.value,
        "created_at": now,
        "expires_at": (entry.send_at.timestamp() if entry.send_at else now) + entry.lifetime,
        "send_at": entry.send_at.timestamp() if entry.send_at else None,
    }


def _known(connection: Connection, key: str) -> Row[Any] | None:
    columns = schema.messages.c
    return connection.execute(select(schema.messages).where(columns.key == key)).one_or_none()


def queue(
    connection: Connection, message_id: str, numbers: Sequence[str], *, due_at: float
) -> None:
    """Add an order with these recipients that waits to be sent."""
    row = {"message_id": message_id, "state": "queued", "due_at": due_at}
    pk = connection.execute(insert(schema.orders).values(row)).inserted_primary_key
    assert pk is not None  # noqa: S101  an INSERT of one row has one
    rows = [
        {"order_pk": pk[0], "position": position, "number": number, "status": Status.WAITING.value}
        for position, number in enumerate(numbers)
    ]
    connection.execute(insert(schema.recipients), rows)


def note(connection: Connection, message_id: str, at: float, what: str, detail: str = "") -> None:
    """Add a line to a message's timeline."""
    row = {"message_id": message_id, "at": at, "what": what, "detail": detail}
    connection.execute(insert(schema.events), row)


def stop_ladder(connection: Connection, message_id: str) -> None:
    """Leave the rungs that are not reached yet."""
    columns = schema.rungs.c
    connection.execute(
        update(schema.rungs)
        .where(columns.message_id == message_id, columns.state == "waiting")
        .values(state="skipped")
    )
