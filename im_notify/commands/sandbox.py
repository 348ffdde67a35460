"""`im-notify sandbox`: the provider imitated on this machine, to try things without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

EXAMPLES = """examples:
  im-notify sandbox
  im-notify sandbox --port 9000"""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8026, help=_("loopback port (default 8026)"))


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
