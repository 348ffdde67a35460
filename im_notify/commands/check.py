"""`im-notify check`: are the credentials and the sender accepted? Sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Checkable, Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App
    from im_notify.reports import Account

EXAMPLES = _("""examples:
  im-notify check
  im-notify check --sender 'eMarka Test'

exit codes: 0 all is well, 5 refused (the text names the causes), 7 no answer, 8 configuration""")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sender", help=_("also check this sender (default: the configured one)"))
    parser.add_argument("--backend", metavar="NAME", help=_("the way to check"))


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify.config_numbers import refuse_wrong_numbers

    refuse_wrong_numbers(app.config)
    backend = app.backend(args.backend)
    if not isinstance(backend, Checkable):
        raise ConfigError(_("backend {name} cannot be checked").format(name=backend.name))
    account = backend.check()
    wanted = args.sender or app.config.provider.sender
    approved = wanted is None or wanted in account.senders
    if args.json:
        app.print_json(_object(account, wanted, approved=approved))
    else:
        _print(account, app)
    if not approved:
        app.say(_("im-notify: {problem}").format(problem=_problem(str(wanted), account)))
    return Exit.OK if approved else Exit.REFUSED


def _object(account: Account, wanted: str | None, *, approved: bool) -> dict[str, object]:
    return {
        "balance": account.balance,
        "messages_left": account.messages_left,
        "senders": list(account.senders),
        "sender": wanted,
        "sender_approved": approved,
    }


def _print(account: Account, app: App) -> None:
    app.print(_("credentials  accepted"))
    text = _("balance      {balance} (about {messages} SMS)")
    app.print(text.format(balance=account.balance, messages=account.messages_left))
    senders = ", ".join(repr(sender) for sender in account.senders) or _("none")
    app.print(_("senders      {senders}").format(senders=senders))


def _problem(wanted: str, account: Account) -> str:
    folded = {sender.casefold().strip(): sender for sender in account.senders}
    near = folded.get(wanted.casefold().strip())
    if near:
        text = _("sender {wanted!r} is written {near!r} on this account: case and spaces count")
        return text.format(wanted=wanted, near=near)
    return _("sender {wanted!r} is not approved on this account").format(wanted=wanted)


COMMAND = Command(
    name="check",
    help=_("check credentials and sender without sending"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
