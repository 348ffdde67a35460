"""`im-notify sandbox`: the provider imitated on this machine, to try things without an account."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

EXAMPLES = _("""examples:
  im-notify sandbox
  im-notify sandbox --port 9000""")

LAST_PORT = 65535


def _configure(parser: argparse.ArgumentParser) -> None:
    help_ = _("loopback port (default 8026)")
    parser.add_argument("--port", type=_port, default=8026, help=help_, metavar="N")


def _port(typed: str) -> int:
    if not typed.isdecimal() or int(typed) > LAST_PORT:
        raise ArgumentTypeError(_("use a port from 0 (any free one) to 65535"))
    return int(typed)


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify.sandbox import Settings, run

    run(args.port, Settings(), app.stdout, as_json=args.json)
    return Exit.OK


COMMAND = Command(
    name="sandbox",
    help=_("imitate the provider on this machine"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
