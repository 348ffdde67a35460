"""What `im-notify alert` does: reads the call, hands the alerts over, says where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import AlertError, ImNotifyError, InvalidMessageError
from im_notify.exits import Exit, exit_of_error
from im_notify.handing.batch import Batch, new_key
from im_notify.handing.over import hand_over
from im_notify.i18n import _
from im_notify.relay_config import relay_of
from im_notify_plugins.monitoring.programs.call import Call
from im_notify_plugins.monitoring.programs.every import caller

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from im_notify.alerts import Alert
    from im_notify.app import App
    from im_notify.handing.over import Handed
    from im_notify.sending import Outcome
    from im_notify_plugins.monitoring.programs.call import Program

_LIKE_CHECKMK = "checkmk"
_NEVER = frozenset({Exit.USAGE, Exit.REFUSED, Exit.UNKNOWN, Exit.CONFIG})


def run(args: argparse.Namespace, app: App, *, options: Iterable[str]) -> int:
    """Run the command and return its exit code. Raises ImNotifyError."""
    call = _call(args, app, options)
    program = caller(call, args.source)
    if program.name != _LIKE_CHECKMK:
        return _tell(call, _alerts(program, call), args, app)
    try:
        return _checkmk_code(_tell(call, _alerts(program, call), args, app))
    except ImNotifyError as error:
        app.print(f"im-notify: {error}")  # its first line stands in Checkmk's history
        return _checkmk_code(exit_of_error(error))


def _alerts(program: Program, call: Call) -> list[Alert]:
    try:
        return program.read(call)
    except AlertError as error:
        raise InvalidMessageError(str(error)) from error


def _checkmk_code(code: int) -> int:
    """Return 0 for done, 2 for what is of no use to try again, else 1."""
    if code == Exit.OK:
        return 0
    return 2 if code in _NEVER else 1


def _call(args: argparse.Namespace, app: App, options: Iterable[str]) -> Call:
    flags = {name: value for name in options if (value := getattr(args, name)) is not None}
    return Call(
        key=new_key(),
        environ=app.environ,
        flags=flags | ({"bulk": ""} if args.bulk else {}),
        labels=dict(map(_label, args.label or ())),
        words=args.words,
        stdin=app.stdin.read,
    )


def _label(typed: str) -> tuple[str, str]:
    name, equals, value = typed.partition("=")
    if not name or not equals:
        raise InvalidMessageError(_("--label {typed!r} is not NAME=VALUE").format(typed=typed))
    return name, value


def _tell(call: Call, alerts: list[Alert], args: argparse.Namespace, app: App) -> int:
    if not alerts:
        return _say_none(args, app)
    batch = Batch(key=call.key, to=_contacts(args, app), alerts=tuple(alerts))
    relay = relay_of(app.config)
    handed = hand_over(batch, relay, clock=app.clock)
    if handed.taken:
        return _say(handed, args, app)
    from im_notify.handing.direct import send_at_once

    app.say(_("im-notify: {why}; it is sent from here").format(why=handed.why))
    return _sent(list(send_at_once(batch, relay, app)), args, app)


def _say_none(args: argparse.Namespace, app: App) -> int:
    app.say(_("im-notify: nobody is texted about this"))
    if args.json:
        app.print_json({"outcome": "nothing", "ids": [], "duplicates": 0, "spooled": None})
    return Exit.OK


def _contacts(args: argparse.Namespace, app: App) -> tuple[str, ...]:
    """Return the names that were typed; where the configuration has names, only those count."""
    names = [name for typed in args.to or () for part in typed.split(",") if (name := part.strip())]
    known = app.config.contacts.keys() | app.config.groups.keys()
    for name in names:
        if known and name not in known:
            text = _("{name} is neither a contact nor a group of the configuration")
            raise InvalidMessageError(text.format(name=name), code=452)
    return tuple(dict.fromkeys(names))


def _say(handed: Handed, args: argparse.Namespace, app: App) -> int:
    if handed.spooled:
        text = _("im-notify: {why}; the alert waits in {path}")
        app.say(text.format(why=handed.why, path=handed.spooled))
    if args.json:
        shown = {"ids": list(handed.ids), "duplicates": handed.duplicates}
        app.print_json({"outcome": _outcome(handed), **shown, "spooled": handed.spooled})
    else:
        text = _words(_outcome(handed))
        app.print(text.format(ids=" ".join(handed.ids), count=handed.duplicates))
    return Exit.OK


def _outcome(handed: Handed) -> str:
    """Return the word for scripts; alerts of one batch can be known and new ones."""
    if handed.spooled:
        return "spooled"
    if not handed.ids:
        return "nothing"
    if not handed.duplicates:
        return "accepted"
    return "known" if handed.duplicates == len(handed.ids) else "partly known"


def _words(outcome: str) -> str:
    return {
        "spooled": _("spooled"),
        "accepted": _("accepted {ids}"),
        "partly known": _("accepted {ids}, of which known already: {count}"),
        "known": _("no SMS of its own: the relay knows it already, see {ids}"),
        "nothing": _("no SMS: nothing changed, or nobody was told of the problem that ended"),
    }[outcome]


def _sent(outcomes: list[Outcome], args: argparse.Namespace, app: App) -> int:
    from im_notify.jsonout import order_object

    if args.json:
        app.print_json({"orders": [order_object(one, None) for one in outcomes]})
    elif not outcomes:
        app.print(_("no SMS: by the configuration there is none about this"))
    for one in outcomes:
        if one.receipt and not args.json:
            count = len(one.message.recipients)
            text = _("order {id} accepted for {count} recipient(s)")
            app.print(text.format(id=one.receipt.order_id, count=count))
    error = next((one.error for one in outcomes if one.error), None)
    if error:
        app.say(f"im-notify: {error}")
    return exit_of_error(error) if error else Exit.OK
