"""Prints a line for each thing that happens to a message, as soon as it is stored."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.outbox import listing, reading
from im_notify.outbox.details import shown, shown_reason
from im_notify.outbox.entries import OutboxError
from im_notify.recipients import international

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from sqlalchemy import Connection

    from im_notify.app import App
    from im_notify.outbox.database import Database
    from im_notify.outbox.entries import Event, Stored
    from im_notify.outbox.listing import ListedAlert

PERIOD = 0.2  #: seconds between two looks
_GREEN, _RED, _YELLOW, _CYAN = 32, 31, 33, 36
_COLOURS = {
    "delivered": _GREEN,
    "sent": _CYAN,
    "held": _YELLOW,
    "fallback": _YELLOW,
    "unclear": _YELLOW,
    **dict.fromkeys(("undelivered", "refused", "expired", "unknown", "missing"), _RED),
}
_WIDTH = 13  # of what happened

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Follower:
    """Remembers what was printed; `zone` is that of the times, colours are for a terminal."""

    app: App
    database: Database
    zone: tzinfo
    colours: bool = False
    _last: int = 0
    _held: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Print what happened since the last look."""
        lines = self.database.read(lambda c: [*self._events(c), *self._holds(c)])
        for line in lines:
            self.app.print(line)
        if lines:
            self.app.stdout.flush()

    def _events(self, connection: Connection) -> Iterator[str]:
        for pk, name, event in reading.events_since(connection, self._last):
            stored = reading.stored(connection, name)
            text = listing.text_of(connection, name) or ""
            if stored:
                yield self._line(event.at, name, event.what, _detail(event, stored, text))
            self._last = pk

    def _holds(self, connection: Connection) -> Iterator[str]:
        """Yield alerts that storm control holds back, and what became of them."""
        listed = listing.listed_alerts(connection, listing.Wanted(), limit=1000)
        for one in reversed(listed):
            if self._held.get(one.id) != one.state:
                self._held[one.id] = one.state
                at = one.at if one.state == "held" else self.app.clock.now()
                yield self._line(at, one.id, one.state, _of_held(one))

    def _line(self, at: datetime, name: str, what: str, detail: str) -> str:
        shown = f"{what:<{_WIDTH}}"
        if self.colours and what in _COLOURS:
            shown = f"\x1b[{_COLOURS[what]}m{shown}\x1b[0m"
        return f"{at.astimezone(self.zone):%H:%M:%S}  {name}  {shown}  {detail}".rstrip()


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    """Print in a thread of its own for as long as the block lasts, and what is left at its end."""
    ended = Flag()

    def follow() -> None:
        while not ended.wait(PERIOD):
            _look(follower)

    thread = Thread(target=follow, name="relay-follow", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _look(follower)


def has_colours(app: App) -> bool:
    """Say whether a person looks, who did not ask for plain text (no-color.org)."""
    return app.terminal and not os.environ.get("NO_COLOR")


def _look(follower: Follower) -> None:
    try:
        follower.look()
    except OutboxError as error:  # the next look finds it
        _log.warning("%s", error)


def _detail(event: Event, stored: Stored, text: str) -> str:
    if event.what == "stored":
        whom = stored.contact or ", ".join(international(row.number) for row in stored.deliveries)
        return f"{stored.source} > {whom}: {text}"
    if event.what == "sent":
        return shown(event)
    seconds = (event.at - stored.created_at).total_seconds()
    ended = [row for row in stored.deliveries if row.status.value == event.what]
    if ended:
        numbers = ", ".join(international(row.number) for row in ended)
        after = _("{numbers}, {seconds:.1f} s after it was stored")
        return after.format(numbers=numbers, seconds=seconds)
    return shown(event)


def _of_held(alert: ListedAlert) -> str:
    if alert.state == "merged":
        return _("into {id}").format(id=alert.message_id)
    whom = f" > {alert.contact}" if alert.contact else ""
    return f"{alert.source}{whom}: {alert.summary} ({shown_reason(alert.reason)})"
