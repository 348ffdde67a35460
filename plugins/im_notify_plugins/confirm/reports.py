"""`im-notify reports`: how many messages arrived, in all and by day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from im_notify.compose import span
from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.jsonout import array, listed_order
from im_notify.protocols import ListedOrders

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from im_notify.app import App
    from im_notify.reports import Order

BAR = 30  #: characters of the longest bar


def run(args: argparse.Namespace, app: App) -> int:
    """Sum up past orders. Raises QueryError, and InvalidMessageError for the range."""
    since, until = _range(args, app.clock.now())
    backend = app.backend(args.backend)
    if not isinstance(backend, ListedOrders):
        raise ConfigError(_("backend {name} lists no orders").format(name=backend.name))
    sums = _Sums()
    orders = sums.counted(backend.orders(since, until))
    if args.json:
        _write_json(orders, app, sums)
    else:
        for _order in orders:
            pass
        _print(sums, app)
    return Exit.OK


def _range(args: argparse.Namespace, now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last moment. Raises InvalidMessageError, code 458."""
    until = datetime.combine(_day(args.until), time(12), _zone()) if args.until else now
    since = _since(args.since, now)
    if since > until:
        text = _("the range is reversed: {since} comes after {until}")
        shown = text.format(since=since.date(), until=until.date())
        raise InvalidMessageError(shown, code=458)
    return since, until


def _since(typed: str, now: datetime) -> datetime:
    if typed.count("-") == 2:  # noqa: PLR2004  year-month-day
        return datetime.combine(_day(typed), time(0), _zone())
    return now - timedelta(seconds=span(typed))


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        text = _("{typed!r} is not a day: write it as YYYY-MM-DD")
        raise InvalidMessageError(text.format(typed=typed), code=458) from None


def _zone() -> tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Istanbul")


@dataclass(slots=True)
class _Sums:
    """What is added up while the orders go by; days are keyed by their date."""

    orders: int = 0
    total: Counter[date] = field(default_factory=Counter)
    delivered: Counter[date] = field(default_factory=Counter)
    undelivered: int = 0
    waiting: int = 0

    def counted(self, orders: Iterator[Order]) -> Iterator[Order]:
        for order in orders:
            day = (order.sent_at or order.submitted_at or datetime.now(UTC)).date()
            self.orders += 1
            self.total[day] += order.counters.total
            self.delivered[day] += order.counters.delivered
            self.undelivered += order.counters.undelivered
            self.waiting += order.counters.waiting
            yield order


def _write_json(orders: Iterator[Order], app: App, sums: _Sums) -> None:
    pieces = array(listed_order(order) for order in orders)
    first = next(pieces)  # nothing is written before the first answer is there
    app.stdout.write('{"orders": ' + first)
    for piece in pieces:
        app.stdout.write(piece)
    app.stdout.write(f', "count": {sums.orders}}}\n')


def _print(sums: _Sums, app: App) -> None:
    total, delivered = sums.total.total(), sums.delivered.total()
    most = max(sums.total.values(), default=0)
    for day in sorted(sums.total):
        count = sums.total[day]
        bar = "█" * max(1, round(BAR * count / most)) if count else ""
        app.print(f"{day}  {bar:<{BAR}}  {count:>6}  {_rate(sums.delivered[day], count)}")
    text = _("{orders} orders, {total} messages: {delivered} delivered, {undelivered} undelivered")
    app.print(
        text.format(
            orders=sums.orders, total=total, delivered=delivered, undelivered=sums.undelivered
        )
    )
    text = _("{waiting} waiting, delivery rate {rate}")
    app.print(text.format(waiting=sums.waiting, rate=_rate(delivered, total)))


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"
