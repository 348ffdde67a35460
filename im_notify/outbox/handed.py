"""Takes what programs hand over once for each key, however often they hand it over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.entries import Accepted
from im_notify.outbox.holding import held_statuses
from im_notify.outbox.marks import drop_mark, mark, page_of_marks, set_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

KEPT = 7 * 24 * 3600.0  #: seconds for which a key is known
PAGE = 500  #: keys that are looked at in one transaction
_PREFIX = "handed/"


def take_once(
    connection: Connection, key: str, work: Callable[[Connection], list[Accepted]], *, now: float
) -> list[Accepted]:
    """Return what `work` accepts; the second time for a `key`, what it accepted the first time.

    Without this, the second copy of a problem that ended meanwhile would begin it anew.
    """
    known = mark(connection, _PREFIX + key)
    if known is not None:
        return list(_duplicates(connection, json.loads(known)["ids"]))
    found = work(connection)
    value = json.dumps({"at": now, "ids": [one.id for one in found]})
    set_mark(connection, _PREFIX + key, value)
    return found


def forget(connection: Connection, *, before: float, after: str = "") -> str | None:
    """Forget, of the page of keys after that one, those that came in before that time.

    Returns the last key of the page, None when there is no other page.
    """
    page = page_of_marks(connection, _PREFIX, after=_PREFIX + after, limit=PAGE)
    for name, value in page:
        if json.loads(value)["at"] < before:
            drop_mark(connection, name)
    return page[-1][0].removeprefix(_PREFIX) if len(page) == PAGE else None


def _duplicates(connection: Connection, ids: Sequence[str]) -> Iterator[Accepted]:
    columns = schema.messages.c
    rows = connection.execute(select(columns.id, columns.status).where(columns.id.in_(ids)))
    known = {row.id: Status(row.status) for row in rows}
    known |= held_statuses(connection, set(ids) - known.keys())
    for one in ids:
        yield Accepted(id=one, duplicate=True, status=known.get(one, Status.WAITING))
