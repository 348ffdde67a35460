"""Takes messages in: what is written when an entry is accepted."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select

from im_notify.alerts import alert_object
from im_notify.i18n import _
from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.entries import Accepted, Entry, KeyReusedError
from im_notify.text import estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no letters that look like digits
_DIGITS = 12
_BITS = 5  # of a digit

_ADD_MESSAGE, _ADD_RECIPIENT = insert(schema.messages), insert(schema.recipients)
_ADD_ORDER = insert(schema.orders).returning(schema.orders.c.pk)
_ADD_EVENT, _ADD_RUNG = insert(schema.events), insert(schema.rungs)
_KNOWN = select(schema.messages.c.id, schema.messages.c.status, schema.messages.c.text).where(
    schema.messages.c.key == bindparam("known_key")
)
_NUMBERS = (
    select(schema.recipients.c.number)
    .join(schema.orders, schema.orders.c.pk == schema.recipients.c.order_pk)
    .where(schema.orders.c.message_id == bindparam("its_id"))
)


def new_id() -> str:
    """Return a name for a message that nobody can guess: 60 bits."""
    drawn = secrets.randbits(_BITS * _DIGITS)
    return "".join(_ALPHABET[drawn >> _BITS * place & 31] for place in range(_DIGITS))


def accept(connection: Connection, entry: Entry, *, now: float) -> Accepted:
    """Store an entry as queued, unless its key is known. Raises KeyReusedError."""
    if entry.key is not None and (known := _known(connection, entry)):
        return known
    message_id = new_id()
    direct.add(connection, _ADD_MESSAGE, _message_row(message_id, entry, now))
    due = entry.send_at.timestamp() if entry.send_at else now
    queue(connection, message_id, entry.recipients, due_at=due)
    note(connection, message_id, now, "stored", entry.source)
    _add_ladder(connection, message_id, entry, now=now)
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
        "audience": entry.audience,
        "parts": estimate(entry.text).parts * len(entry.recipients),
        "write_back": json.dumps(entry.write_back) if entry.write_back else None,
        "origin": _origin(entry) if entry.write_back else None,
    }


def _origin(entry: Entry) -> str:
    return json.dumps([alert_object(one) for one in entry.origin])  # ASCII: half a character, too


def _known(connection: Connection, entry: Entry) -> Accepted | None:
    for name, status, text in direct.fetch(connection, _KNOWN, {"known_key": entry.key}):
        if entry.key_binds and not (text == entry.text and _are_same(connection, entry, name)):
            raise KeyReusedError(_("the key is that of another message"))
        return Accepted(id=name, duplicate=True, status=Status(status))
    return None


def _are_same(connection: Connection, entry: Entry, name: str) -> bool:
    numbers = {number for (number,) in direct.fetch(connection, _NUMBERS, {"its_id": name})}
    return numbers == set(entry.recipients)


def _add_ladder(connection: Connection, message_id: str, entry: Entry, *, now: float) -> None:
    rows = [
        {
            "message_id": message_id,
            "position": position,
            "target": rung.to,
            "state": "waiting",
            "due_at": now + rung.after,
        }
        for position, rung in enumerate(entry.ladder, start=1)
    ]
    direct.add_all(connection, _ADD_RUNG, rows)


def queue(
    connection: Connection, message_id: str, numbers: Sequence[str], *, due_at: float
) -> None:
    """Add an order with these recipients that waits to be sent."""
    row = {"message_id": message_id, "state": "queued", "due_at": due_at}
    counts = {"attempts": 0, "repeats": 0, "lookups": 0}
    pk = direct.add_numbered(connection, _ADD_ORDER, row | counts)
    rows = [
        {"order_pk": pk, "position": position, "number": number, "status": Status.WAITING.value}
        for position, number in enumerate(numbers)
    ]
    direct.add_all(connection, _ADD_RECIPIENT, rows)


def note(connection: Connection, message_id: str, at: float, what: str, detail: str = "") -> None:
    """Add a line to a message's timeline."""
    row = {"message_id": message_id, "at": at, "what": what, "detail": detail}
    direct.add(connection, _ADD_EVENT, row)
