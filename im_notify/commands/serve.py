"""`im-notify serve`: the relay, which operators leave running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

_LAST_PORT = 65_535
EXAMPLES = _("""examples:
  im-notify serve --sandbox          (try it: nothing leaves this machine)
  im-notify serve --config /etc/im-notify/config.toml
  im-notify serve --check            (say what would be refused at the start)

exit codes: 0 ended in order, 1 the outbox cannot be used, 8 configuration, also when another relay
            works with the same outbox""")


def _configure(parser: argparse.ArgumentParser) -> None:
    either = parser.add_mutually_exclusive_group()  # what is tried needs no check
    either.add_argument(
        "--sandbox", action="store_true", help=_("with an imitated provider, made to be tried")
    )
    either.add_argument("--check", action="store_true", help=_("check everything, start nothing"))
    parser.add_argument("--debug", action="store_true", help=_("log every step"))
    parser.add_argument("--port", type=_port, help=_("listen here instead of where is configured"))


def _port(typed: str) -> int:
    from argparse import ArgumentTypeError

    if not typed.isdecimal() or int(typed) > _LAST_PORT:
        raise ArgumentTypeError(_("use a port from 0 (any free one) to 65535"))
    return int(typed)


def _run(args: argparse.Namespace, app: App) -> int:
    _need_the_extra()
    if args.sandbox:
        from im_notify.serving.trial import trial

        return trial(app, port=args.port)
    from im_notify.serving.running import check, run

    if args.check:
        check(app, port=args.port)
        app.print(_("the configuration is fine"))
        return Exit.OK
    run(app, port=args.port, debug=args.debug)
    return Exit.OK


def _need_the_extra() -> None:
    try:
        import prometheus_client  # noqa: F401
        import sqlalchemy  # noqa: F401
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        text = _("{module} is missing: pip install 'im-notify[relay]'")
        raise ConfigError(text.format(module=error.name)) from None


COMMAND = Command(
    name="serve",
    help=_("run the relay: take alerts, send each once, confirm, fall back"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
