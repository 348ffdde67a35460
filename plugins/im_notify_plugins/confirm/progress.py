"""A progress bar by recipients, for people who wait at a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.models import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify.app import App
    from im_notify.reports import Report


@contextmanager
def progress(app: App, *, quiet: bool) -> Iterator[Callable[[Report], None]]:
    """Give a function that shows a report; without a terminal it writes nothing."""
    if quiet or not app.stderr.isatty():
        yield lambda _report: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
    console = Console(file=app.stderr)
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(_("waiting for the network"), total=None)

        def show(report: Report) -> None:
            known = sum(row.status is not Status.WAITING for row in report.deliveries)
            total = len(report.deliveries)
            bar.update(task, description=report.order_id, completed=known, total=total)

        yield show
