"""The command `im-notify apprise`: install or remove the plugin file, show it, check it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

_EPILOG = """\
im-notify apprise install
apprise -b 'disk full' iletimerkezi://KEY:HASH@SENDER/5301234567?iys=0
apprise -P "$(im-notify apprise path)" -b 'disk full' ileti://KEY:HASH@SENDER/5301234567
"""


def apprise_command() -> Command:
    """Return the command; it exits with 1 when `check` finds that Apprise does not see us."""
    return Command(
        name="apprise",
        help=_("make the apprise program know iletimerkezi:// URLs"),
        configure=_configure,
        run=_run,
        epilog=_EPILOG,
    )


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=tuple(_ACTIONS),
        help=_(
            "install: write our file into your plugin folder of apprise; path: print the folder "
            "for apprise -P and APPRISE_PLUGIN_PATH; check: say which apprise there is and "
            "whether it sees us"
        ),
    )
    parser.add_argument(
        "--remove", action="store_true", help=_("with install: take our file away again")
    )


def _run(args: argparse.Namespace, app: App) -> int:
    return _ACTIONS[args.action](args, app)


def _install(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.apprise import shim_file

    path, changed = (shim_file.remove if args.remove else shim_file.install)(app.environ)
    texts = {
        (False, True): _("written: {path}; undo with im-notify apprise install --remove"),
        (False, False): _("nothing to do, {path} is there"),
        (True, True): _("removed: {path}"),
        (True, False): _("nothing to do, there is no {path}"),
    }
    if args.json:
        app.print_json({"path": str(path), "changed": changed})
    else:
        app.print(texts[args.remove, changed].format(path=path))
    if shim_file.VARIABLE in app.environ and not args.remove:
        text = _("{name} is set: apprise looks only there, not into your plugin folder")
        app.say(text.format(name=shim_file.VARIABLE))
    return 0


def _path(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.apprise import plugin_path

    if args.json:
        app.print_json({"path": plugin_path()})
    else:
        app.print(plugin_path())
    return 0


def _check(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.apprise.probe import examine

    found = examine(app.environ)
    if args.json:
        app.print_json(asdict(found))
        return int(not found.seen)
    if found.program:
        text = _("apprise {version}: {program} ({python})")
        named = text.format(version=found.version, program=found.program, python=found.python)
        app.print(named)
    app.print(_("it sees iletimerkezi://") if found.seen else found.reason)
    return int(not found.seen)


_ACTIONS = {"install": _install, "path": _path, "check": _check}
