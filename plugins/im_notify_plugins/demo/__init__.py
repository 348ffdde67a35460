"""`im-notify demo`: the whole way of an alert, on this machine and without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl
from im_notify.i18n import _

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from im_notify.app import App
    from im_notify.protocols import Command

__all__ = ["im_notify_commands"]

EXAMPLES = _("""examples:
  im-notify demo
  im-notify demo --json""")


@hookimpl
def im_notify_commands() -> Iterable[Command]:
    """Give the command `demo`."""
    from im_notify.protocols import Command

    text = _("send three alerts to an imitated provider and watch them arrive")
    return [Command(name="demo", help=text, configure=_configure, run=_run, epilog=EXAMPLES)]


def _configure(_parser: argparse.ArgumentParser) -> None:
    pass


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.demo.show import show

    return show(app, as_json=args.json)
