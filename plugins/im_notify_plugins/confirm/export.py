"""Writes reports out: CSV, JSON or lines, page by page as they come in."""

from __future__ import annotations

import csv
import os
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from im_notify.csvout import inert
from im_notify.i18n import _
from im_notify.jsonout import array, row_object
from im_notify.models import OrderState, Status, overall
from im_notify.recipients import international

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from im_notify.app import App
    from im_notify.reports import Delivery, Report


class Tally:
    """Counts recipients by state while the pages go by."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.statuses: Counter[Status] = Counter()
        self.page: Report | None = None

    def counted(self, pages: Iterable[Report]) -> Iterator[Report]:
        """Pass the pages on and count them."""
        for self.page in pages:
            self.statuses.update(row.status for row in self.page.deliveries)
            yield self.page

    @property
    def status(self) -> Status:
        """Say where the whole order stands."""
        if self.page is None or self.page.state is OrderState.SCHEDULED or not self.statuses:
            return self.page.status if self.page else Status.WAITING
        return overall(self.statuses)

    def line(self) -> str:
        """Sum the order up in one line."""
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        order_id = self.page.order_id if self.page else "?"
        return _("order {id}: {counts}").format(id=order_id, counts=counts or self.status)


def write_csv(name: str, pages: Iterable[Report], *, app: App, tally: Tally) -> None:
    """Write `number,state` lines; a file appears under its name only when it is whole."""
    with _whole_file(name, app) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["number", "state"])
        for row in _rows(pages):
            writer.writerow(map(inert, (international(row.number), row.status)))
    app.say(tally.line())


@contextmanager
def _whole_file(name: str, app: App) -> Iterator[TextIO]:
    if name == "-":
        yield app.stdout
        return
    part = f"{name}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123  cold start
            yield file
        os.replace(part, name)  # noqa: PTH105  the same
    except BaseException:
        if os.path.exists(part):  # noqa: PTH110  the same
            os.unlink(part)  # noqa: PTH108  the same
        raise


def write_json(pages: Iterable[Report], *, app: App, tally: Tally) -> None:
    """Write the one object that scripts read; what is summed up comes after the recipients."""
    rows = array(row_object(row) for row in _rows(pages))
    first = next(rows)  # nothing is written before the first page is there
    write = app.stdout.write
    write('{"orders": [{"recipients": ' + first)
    for piece in rows:
        write(piece)
    page = tally.page
    sums: dict[str, object] = {
        "order_id": page.order_id if page else None,
        "state": tally.status,
        "order_state": page.state if page else None,
        "price": page.price if page else None,
        "sender": page.sender if page else None,
    }
    from json import dumps

    write(", " + dumps(sums, ensure_ascii=False)[1:-1] + "}]}\n")


def write_lines(pages: Iterable[Report], *, app: App, tally: Tally) -> None:
    """Write a line a recipient, then the sums; state words are coloured on a terminal."""
    paint = _painter() if app.terminal else str
    for row in _rows(pages):
        app.print(f"{international(row.number)}  {paint(row.status)}")
    app.print(tally.line())


def _painter() -> Callable[[Status], str]:
    colours = {Status.DELIVERED: "32", Status.WAITING: "33", Status.SCHEDULED: "33"}
    return lambda status: f"\x1b[{colours.get(status, '31')}m{status}\x1b[0m"


def _rows(pages: Iterable[Report]) -> Iterator[Delivery]:
    return (row for page in pages for row in page.deliveries)
