"""`im-notify report`: where every recipient of an order stands; long reports are streamed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, NotDueError
from im_notify.exits import exit_of
from im_notify.i18n import _
from im_notify.models import OrderState, Receipt
from im_notify.protocols import PagedReports
from im_notify.reports import Report
from im_notify_plugins.confirm.export import Tally, write_csv, write_json, write_lines
from im_notify_plugins.confirm.progress import progress

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from im_notify.app import App
    from im_notify.protocols import Backend


def run(args: argparse.Namespace, app: App) -> int:
    """Show an order and return the exit code for where it stands. Raises QueryError."""
    backend = app.backend(args.backend)
    if args.watch:
        pages = _watched(app, backend, args.order, quiet=args.json)
    else:
        pages = _pages(backend, args.order)
    tally = Tally()
    _write(args, tally.counted(pages), app=app, tally=tally)
    return exit_of(tally.status)


def _write(args: argparse.Namespace, pages: Iterable[Report], *, app: App, tally: Tally) -> None:
    if args.csv:
        write_csv(args.csv, pages, app=app, tally=tally)
    elif args.json:
        write_json(pages, app=app, tally=tally)
    else:
        write_lines(pages, app=app, tally=tally)


def _pages(backend: Backend, order_id: str) -> Iterator[Report]:
    """Yield the pages of a report; an order that is not due has one page without rows."""
    if not isinstance(backend, PagedReports):
        raise ConfigError(_("backend {name} has no reports").format(name=backend.name))
    try:
        yield from backend.report_pages(order_id)
    except NotDueError:
        yield Report(order_id=order_id, state=OrderState.SCHEDULED)


def _watched(app: App, backend: Backend, order_id: str, *, quiet: bool) -> Iterator[Report]:
    """Yield the last report of an order, after it was followed to its end."""
    first = next(_pages(backend, order_id))  # an unknown order is an error at once
    receipt = Receipt(
        order_id=order_id, backend=backend.name, recipients=(), accepted_at=app.clock.now()
    )
    until = app.clock.now() + timedelta(seconds=app.config.confirm_end)
    last: Report | None = None
    with progress(app, quiet=quiet) as show:
        for last in app.plugins.confirm(backend, [receipt], clock=app.clock, until=until):
            app.plugins.report(last, None)
            show(last)
    yield last or first
