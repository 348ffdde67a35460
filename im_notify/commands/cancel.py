"""`im-notify cancel`: take back a scheduled order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, NotFoundError
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Cancelling, Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

EXAMPLES = _("""examples:
  im-notify cancel 312891245""")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="ORDER", help=_("the order id that send printed"))
    parser.add_argument("--backend", metavar="NAME", help=_("the way it was sent"))


def _run(args: argparse.Namespace, app: App) -> int:
    backend = app.backend(args.backend)
    if not isinstance(backend, Cancelling):
        raise ConfigError(_("backend {name} cannot cancel").format(name=backend.name))
    try:
        backend.cancel(args.order)
    except NotFoundError as error:
        text = _("order {id} was not cancelled: {error}")
        shown = text.format(id=args.order, error=error)
        raise NotFoundError(shown, backend=error.backend, code=error.code) from None
    _say(args, app)
    return Exit.OK


def _say(args: argparse.Namespace, app: App) -> None:
    if args.json:
        app.print_json({"orders": [{"order_id": args.order, "state": "cancelled"}]})
    else:
        app.print(_("order {id} cancelled").format(id=args.order))


COMMAND = Command(
    name="cancel",
    help=_("cancel a scheduled order"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
