"""`im-notify alert`: for programs that run a command when something happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

#: those of `im_notify_plugins.monitoring.programs`, which are loaded when the command is run
SOURCES = ("nagios", "icinga", "checkmk", "monit", "netdata", "sensu", "wazuh", "options")
EXAMPLES = _("""examples:
  im-notify alert --summary 'disk full' --object db1 --severity critical --episode db1/disk
  im-notify alert --summary 'disk full' --object db1 --state resolved --episode db1/disk
  im-notify alert --to oncall              (in a notification command of Nagios or Icinga 2)
  im-notify alert --source sensu <event.json

The relay texts what changed: a problem that is told again is no second text, and its end is one.
When no relay answers within a second, the alert waits in its spool for it, or is sent from here:
[relay] unreachable. A user who may not read the configuration has one of his own (--config) with
only socket and spool in [relay], as im-notify init --system writes it (alert.toml).

exit codes:
  0 handed over, or in the spool   1 nowhere, try again      2 refused, such as an unknown contact
  6 the relay may have it, look before repeating             8 configuration
  sent from here: those of im-notify send
  with --source checkmk: 0 done   1 try again   2 do not""")

_OPTIONS = {
    "summary": ("TEXT", _("what happened")),
    "object": ("NAME", _("what it happened to")),
    "severity": ("LEVEL", _("critical, warning or info")),
    "state": ("STATE", _("firing, resolved or acknowledged, or the macro of the host or service")),
    "episode": ("KEY", _("the name of the problem, the same when it ends")),
    "type": ("MACRO", _("kind of notification, where no environment tells it")),
    "host": ("MACRO", _("name of the host")),
    "service": ("MACRO", _("name of the service")),
    "output": ("MACRO", _("output of the check")),
}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", choices=SOURCES, help=_("who calls (default: it is seen)"))
    parser.add_argument(
        "--to", action="append", metavar="NAME", help=_("contact or group (default: [relay] to)")
    )
    for name, (shown, told) in _OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=shown, help=told)
    parser.add_argument(
        "--label", action="append", metavar="NAME=VALUE", help=_("more about it, such as site=ank")
    )
    parser.add_argument("--bulk", action="store_true", help=_("several, on standard input"))
    parser.add_argument("words", nargs="*", metavar="WORD", help=_("what the caller adds"))


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.monitoring.handing import run

    return run(args, app, options=tuple(_OPTIONS))


def alert_command() -> Command:
    """Return `alert`."""
    return Command(
        name="alert",
        help=_("hand an alert to the relay"),
        configure=_configure,
        run=_run,
        epilog=EXAMPLES,
    )
