"""Changes that the report hook is to be told: written with the change, deleted once told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, literal_column, select

from im_notify.models import OrderState, Status
from im_notify.outbox import direct, schema
from im_notify.outbox.reading import message_of
from im_notify.reports import Counters, Delivery, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from im_notify.models import Message

_COLUMNS = schema.tellings.c
_ADD = insert(schema.tellings)
_PENDING = (
    select(_COLUMNS.pk, _COLUMNS.message_id, _COLUMNS.report)
    .order_by(_COLUMNS.pk)
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # else SQLite gets a parameter for it
)
_FORGET = delete(schema.tellings).where(_COLUMNS.pk == bindparam("its_pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """A change that is to be told, with the message as it is now."""

    pk: int
    report: Report
    message: Message | None = field(repr=False)


def enqueue(connection: Connection, message_id: str, report: Report, *, now: float) -> None:
    """Let a change be told, in the transaction that makes it; the text is not written again."""
    row = {"message_id": message_id, "at": now, "report": _packed(report)}
    direct.add(connection, _ADD, row)


def pending(connection: Connection, limit: int) -> list[Telling]:
    """Return what is to be told, in the order in which it happened."""
    rows = direct.fetch(connection, _PENDING, {"most": limit})
    return [
        Telling(pk=pk, report=_unpacked(report), message=message_of(connection, message_id))
        for pk, message_id, report in rows
    ]


def told(connection: Connection, pks: Sequence[int]) -> None:
    """Forget what was told."""
    for pk in pks:
        direct.change(connection, _FORGET, {"its_pk": pk})


def _packed(report: Report) -> str:
    values = asdict(report)
    values["deliveries"] = [(row.number, row.status) for row in report.deliveries]
    return json.dumps(values, default=datetime.isoformat)


def _unpacked(text: str) -> Report:
    values: dict[str, Any] = json.loads(text)
    rows, counters = values["deliveries"], values["counters"]
    times = {name: values[name] for name in ("submitted_at", "sent_at")}
    known = {
        "state": OrderState(values["state"]),
        "deliveries": tuple(Delivery(number, Status(status)) for number, status in rows),
        "counters": Counters(**counters) if counters else None,
    }
    read = {name: datetime.fromisoformat(at) if at else None for name, at in times.items()}
    return Report(**values | known | read)
