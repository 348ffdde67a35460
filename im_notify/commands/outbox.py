"""`im-notify outbox`: what the relay holds, to look at and to steer, also while it runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.models import Status
from im_notify.protocols import Command

if TYPE_CHECKING:
    from im_notify.app import App

EXAMPLES = _("""examples:
  im-notify outbox list --since 24h --state undelivered
  im-notify outbox list --held                (alerts that were not texted, and why)
  im-notify outbox show 7k2m9xw4p0dq
  im-notify outbox retry 7k2m9xw4p0dq         (once more, to who did not get it)
  im-notify outbox cancel 7k2m9xw4p0dq        (as long as it is not sent)
  im-notify outbox export --since 30d > messages.csv

exit codes: 0 done, 1 not possible (the text says why), 2 bad input, 8 configuration""")
MOST = 50  #: lines of a list, unless said


def _configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _configure_list(_action(actions, "list", _("list messages, the newest first")))
    show = _action(actions, "show", _("show a message with all that happened to it"))
    show.add_argument("id", metavar="ID", help=_("as list prints it and the relay answers it"))
    show.add_argument("--text", action="store_true", help=_("show the text, too"))
    retry = _action(actions, "retry", _("send a message again to who did not get it"))
    retry.add_argument("id", metavar="ID", help=_("a message that has ended"))
    retry.add_argument(
        "--force", action="store_true", help=_("also where nobody knows whether it was sent")
    )
    cancel = _action(actions, "cancel", _("take back a message that is not sent yet"))
    cancel.add_argument("id", metavar="ID", help=_("a message that waits"))
    export = _action(actions, "export", _("write all messages to standard output"))
    _add_filters(export)
    export.add_argument("--format", choices=("csv", "json"), default="csv", help=_("file format"))
    export.add_argument("--text", action="store_true", help=_("with the texts"))


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, told: str
) -> argparse.ArgumentParser:
    """Add an action, which takes what every command takes behind its name as well."""
    parser = actions.add_parser(name, help=told, description=told)
    default = argparse.SUPPRESS  # what stood before the name counts
    parser.add_argument(
        "--config", metavar="FILE", default=default, help=_("configuration file (TOML)")
    )
    parser.add_argument(
        "--json", action="store_true", default=default, help=_("print one JSON object")
    )
    return parser


def _configure_list(parser: argparse.ArgumentParser) -> None:
    _add_filters(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--state",
        action="append",
        choices=[status.value for status in Status],
        metavar="STATE",
        help=_("only these: waiting, delivered, undelivered, refused, expired, unknown …"),
    )
    what.add_argument(
        "--held", action="store_true", help=_("alerts that were held back, and the reason")
    )
    parser.add_argument(
        "--limit", type=_count, default=MOST, metavar="N", help=_("at most so many (default: 50)")
    )
    parser.add_argument("--numbers", action="store_true", help=_("show the recipients' numbers"))
    parser.add_argument("--text", action="store_true", help=_("show the texts"))


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="24h", help=_("only what came in so long ago at most"))
    parser.add_argument("--source", help=_("only what came in by this hook or device"))
    parser.add_argument("--contact", help=_("only what is for this contact or group"))


def _count(typed: str) -> int:
    if not typed.isdecimal() or not int(typed):
        raise argparse.ArgumentTypeError(_("{typed!r} is not a count").format(typed=typed))
    return int(typed)


def _run(args: argparse.Namespace, app: App) -> int:
    try:
        import sqlalchemy  # noqa: F401
    except ImportError as error:
        text = _("{module} is missing: pip install 'im-notify[relay]'")
        raise ConfigError(text.format(module=error.name)) from None
    from im_notify.commands.outbox_actions import ACTIONS

    return ACTIONS[args.action](args, app)


COMMAND = Command(
    name="outbox",
    help=_("look at the relay's messages; retry, cancel, export them"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
