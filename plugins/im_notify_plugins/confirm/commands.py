"""The commands that read reports; what they do is imported when one is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

_REPORT_EXAMPLES = _("""examples:
  im-notify report 312891245
  im-notify report 312891245 --watch
  im-notify report 312891245 --csv delivered.csv

exit codes:
  0 delivered to all   3 undelivered   4 not known yet, or scheduled
  5 refused, such as an unknown order  7 no answer     8 configuration""")


def _configure_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="ORDER", help=_("the order id that send printed"))
    parser.add_argument("--watch", action="store_true", help=_("wait until all is known"))
    parser.add_argument("--csv", metavar="FILE", help=_("write number and state; - for stdout"))
    parser.add_argument("--backend", metavar="NAME", help=_("the way it was sent"))


def _report(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.confirm.report import run

    return run(args, app)


_REPORTS_EXAMPLES = _("""examples:
  im-notify reports --since 30d
  im-notify reports --since 2026-11-01 --until 2026-11-30 --json""")


def _configure_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", required=True, metavar="DAY|TIME", help=_("2026-11-01, or back from now: 30d")
    )
    parser.add_argument("--until", metavar="DAY", help=_("last day (default: today)"))
    parser.add_argument("--backend", metavar="NAME", help=_("the way they were sent"))


def _reports(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.confirm.reports import run

    return run(args, app)


def commands() -> list[Command]:
    """Return `report` and `reports`."""
    return [
        Command(
            name="report",
            help=_("show whether an order was delivered"),
            configure=_configure_report,
            run=_report,
            epilog=_REPORT_EXAMPLES,
        ),
        Command(
            name="reports",
            help=_("sum up past orders"),
            configure=_configure_reports,
            run=_reports,
            epilog=_REPORTS_EXAMPLES,
        ),
    ]
