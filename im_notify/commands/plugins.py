"""`im-notify plugins`: what is installed, what it hooks into, and what is wrong with it."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from im_notify.app import App
    from im_notify.plugins import PluginInfo

EXAMPLES = _("""examples:
  im-notify plugins
  IM_NOTIFY_PLUGINS=confirm,geturl im-notify plugins      (load these only)

exit codes: 0 all are in use, 1 at least one is not""")


def _configure(_parser: argparse.ArgumentParser) -> None:
    pass


def _run(args: argparse.Namespace, app: App) -> int:
    logging.getLogger("im_notify.plugins").addHandler(logging.NullHandler())  # listed below
    infos = app.plugins.infos()
    if args.json:
        app.print_json({"plugins": [asdict(info) for info in infos]})
    else:
        _print(infos, app)
    return Exit.FAILED if any(info.error for info in infos) else Exit.OK


def _print(infos: Sequence[PluginInfo], app: App) -> None:
    width = max((len(info.name) for info in infos), default=0)
    for info in infos:
        hooks = ", ".join(hook.removeprefix("im_notify_") for hook in info.hooks)
        state = _("not in use: {error}").format(error=info.error) if info.error else hooks
        app.print(f"{info.name:<{width}}  {info.distribution} {info.version}  {state}")


COMMAND = Command(
    name="plugins",
    help=_("list the plugins"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
