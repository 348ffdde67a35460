"""`im-notify send`: place an order, and confirm its delivery when asked to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.compose import add_message_arguments, compose, span
from im_notify.errors import PluginError, QueryError
from im_notify.exits import Exit, exit_of, exit_of_error
from im_notify.i18n import _
from im_notify.models import Status, overall
from im_notify.protocols import Command
from im_notify.sending import confirm, send_all

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from im_notify.app import App
    from im_notify.models import Message
    from im_notify.protocols import Backend
    from im_notify.reports import Report
    from im_notify.sending import Outcome

EXAMPLES = _("""examples:
  im-notify send --to 5301234567 --sender APITEST --iys 0 'disk full on db1'
  im-notify send --to oncall --confirm 60s 'db1 is down'      (a contact of the configuration)
  df -h / | im-notify send --to 5301234567,5301234570 --iys 0 --fit 1 -
  im-notify send --to 5301234567 --iys 0 --at '2026-12-01 09:00' 'maintenance starts'

exit codes:
  0 accepted (with --confirm: delivered to all)   1 other fault      2 bad input, nothing sent
  3 undelivered   4 not known yet   5 refused     6 outcome unknown, look it up before repeating
  7 surely not sent, try again                    8 configuration""")


def _configure(parser: argparse.ArgumentParser) -> None:
    add_message_arguments(parser)
    parser.add_argument(
        "--backend", metavar="NAME", help=_("json (default), get, or one of a plugin")
    )
    parser.add_argument(
        "--at", metavar="TIME", help=_("send later: 'YYYY-MM-DD HH:MM' in Türkiye's time")
    )
    parser.add_argument(
        "--confirm", metavar="TIME", help=_("wait so long for the delivery report, such as 60s")
    )


def _run(args: argparse.Namespace, app: App) -> int:
    seconds = None if args.confirm is None else span(args.confirm)
    message = compose(args, app)
    done = _Done()
    try:
        _send(message, app.backend(args.backend), app=app, done=done, quiet=args.json)
        if seconds is not None:
            _follow(app, app.backend(args.backend), done, seconds)
    except KeyboardInterrupt:  # what is placed is placed, and must be said
        _print(args, app, done)
        raise
    _print(args, app, done)
    return _exit(done, confirmed=seconds is not None)


@dataclass(slots=True)
class _Done:
    """What became of the orders so far."""

    outcomes: list[Outcome] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)

    def report(self, outcome: Outcome) -> Report | None:
        return self.reports.get(outcome.receipt.order_id) if outcome.receipt else None


def _send(message: Message, backend: Backend, *, app: App, done: _Done, quiet: bool) -> None:
    for outcome in send_all(app.plugins, backend, message):
        done.outcomes.append(outcome)
        if not quiet:
            _say(outcome, app)


def _follow(app: App, backend: Backend, done: _Done, seconds: float) -> None:
    until = app.clock.now() + timedelta(seconds=seconds)
    try:
        found = confirm(app.plugins, backend, done.outcomes, clock=app.clock, until=until)
        for report in found:
            done.reports[report.order_id] = report
    except (QueryError, PluginError) as error:  # the orders are placed: that must be said
        app.say(_("im-notify: the report could not be read: {error}").format(error=error))


def _say(one: Outcome, app: App) -> None:
    if one.receipt:
        text = _("order {id} accepted for {count} recipient(s)")
        app.print(text.format(id=one.receipt.order_id, count=len(one.message.recipients)))
    elif one.error:
        app.say(f"im-notify: {one.error}")
    else:
        app.say(_("not tried: {numbers}").format(numbers=", ".join(one.message.recipients)))


def _print(args: argparse.Namespace, app: App, done: _Done) -> None:
    from im_notify.jsonout import order_object

    if args.json:
        orders = [order_object(one, done.report(one)) for one in done.outcomes]
        app.print_json({"orders": orders})
    else:
        _print_reports(done.reports.values(), app)


def _print_reports(reports: Iterable[Report], app: App) -> None:
    for report in reports:
        for delivery in report.deliveries:
            app.print(f"{report.order_id}\t{delivery.number}\t{delivery.status}")


def _exit(done: _Done, *, confirmed: bool) -> int:
    for one in done.outcomes:
        if one.error:
            return exit_of_error(one.error)
    if not confirmed:
        return Exit.OK
    return exit_of(overall(_status(one, done) for one in done.outcomes))


def _status(outcome: Outcome, done: _Done) -> Status:
    report = done.report(outcome)
    return report.status if report else outcome.status


COMMAND = Command(
    name="send",
    help=_("send a message"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
