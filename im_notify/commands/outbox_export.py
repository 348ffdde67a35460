"""Writes messages out one by one: CSV with a line a recipient, or one JSON object."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, TextIO

from im_notify.csvout import inert
from im_notify.jsonout import array, listed_object
from im_notify.recipients import international

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.outbox.listing import Listed

_COLUMNS = ("id", "created_at", "ended_at", "source", "contact", "state", "number", "number_state")


def write_csv(messages: Iterable[Listed], file: TextIO, *, text: bool) -> None:
    """Write a head and a line for each recipient; times are ISO 8601 in UTC."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(["text"] if text else [])])
    for one in messages:
        ended = one.ended_at.isoformat() if one.ended_at else ""
        start = [one.id, one.created_at.isoformat(), ended, one.source, one.contact or ""]
        for row in one.deliveries:
            cells = [*start, one.status, international(row.number), row.status]
            writer.writerow(map(inert, [*cells, one.text] if text else cells))


def write_json(messages: Iterable[Listed], file: TextIO, *, text: bool) -> None:
    """Write `{"messages": […]}` piece by piece."""
    file.write('{"messages": ')
    file.writelines(array(listed_object(one, numbers=True, text=text) for one in messages))
    file.write("}\n")
