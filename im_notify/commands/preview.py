"""`im-notify preview`: the text that a payload would become, for whom, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command, Request

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from im_notify.alerts import Alert
    from im_notify.app import App
    from im_notify.previewing import Foreseen, Preview
    from im_notify.protocols import Source
    from im_notify.relay_config import HookConfig, RelayConfig
    from im_notify.server.people import Chosen
    from im_notify.wording import Wording

EXAMPLES = _("""examples:
  im-notify preview --source generic alert.json
  im-notify preview --hook web alert.json      (as [hooks.web] of the configuration would)
  curl -s http://example.org/last.json | im-notify preview --source generic --to oncall -
  im-notify preview --source generic --query 'host=db1&status=down&message=disk full'

Nothing is sent and nothing is stored; no relay need run.

exit codes: 0 shown, also when no text would be made, 2 the payload is not understood,
8 configuration""")

_SHOWN = 10  # alerts that are listed


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help=_("what was posted; - reads standard input")
    )
    parser.add_argument("--source", metavar="NAME", help=_("what sent it"))
    parser.add_argument("--hook", metavar="NAME", help=_("the hook of the configuration it is for"))
    parser.add_argument("--to", metavar="NAME", help=_("another contact, group or number"))
    parser.add_argument(
        "--query", metavar="A=B", action="append", default=[], help=_("what stands in the address")
    )
    parser.add_argument(
        "--header", metavar="NAME: VALUE", action="append", default=[], help=_("a header")
    )


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify.previewing import foresee, read_alerts
    from im_notify.relay_config import relay_of

    relay = relay_of(app.config)
    hook = _hook(args, relay)
    name, source = _source(args, app, hook)
    request = _request(args, app, limit=relay.max_body)
    chosen = _chosen(args, app, relay, hook)
    alerts = read_alerts(source, request, door=hook.name if hook else name)
    found = foresee(alerts, relay, _wording(relay), at=app.clock.now())
    if args.json:
        app.print_json(_object(found, hook, chosen))
    else:
        _print(found, app, hook=hook, chosen=chosen)
    return Exit.OK


def _hook(args: argparse.Namespace, relay: RelayConfig) -> HookConfig | None:
    """Return the hook that is named, else the one with the name or the parser of the source."""
    if args.hook:
        if args.hook not in relay.hooks:
            text = _("there is no [hooks.{name}]; there are: {names}")
            names = ", ".join(relay.hooks) or "-"
            raise InvalidMessageError(text.format(name=args.hook, names=names))
        return relay.hooks[args.hook]
    if args.source in relay.hooks:
        return relay.hooks[args.source]
    fitting = [hook for hook in relay.hooks.values() if hook.source == args.source]
    return fitting[0] if len(fitting) == 1 else None


def _source(args: argparse.Namespace, app: App, hook: HookConfig | None) -> tuple[str, Source]:
    sources = app.plugins.sources(app.config)
    wanted = args.source
    if hook and (hook.map or not wanted):  # one with a map of its own is called like the hook
        wanted = hook.name if hook.map else hook.source
    if not wanted:
        raise InvalidMessageError(_("say what sent it: --source NAME, or --hook NAME"))
    if wanted not in sources:
        text = _("source {source} is not known; there are: {known}")
        raise InvalidMessageError(text.format(source=wanted, known=", ".join(sorted(sources))))
    return wanted, sources[wanted]


def _request(args: argparse.Namespace, app: App, *, limit: int) -> Request:
    from urllib.parse import parse_qsl

    if args.file is None and not args.query:
        raise InvalidMessageError(_("say what was posted: a FILE, - or --query A=B"))
    body = b"" if args.file is None else _read(args.file, app)
    if len(body) > limit:
        text = _("the relay takes at most {limit} bytes, these are {count}")
        raise InvalidMessageError(text.format(limit=limit, count=len(body)))
    headers = (one.partition(":") for one in args.header)
    return Request(
        method="GET" if args.file is None else "POST",
        query=dict(parse_qsl("&".join(args.query), keep_blank_values=True)),
        headers={name.strip().lower(): value.strip() for name, _colon, value in headers},
        body=body,
    )


def _read(name: str, app: App) -> bytes:
    from pathlib import Path

    if name == "-":
        binary = getattr(app.stdin, "buffer", None)
        return binary.read() if binary else app.stdin.read().encode("utf-8", "surrogatepass")
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        text = _("{path} cannot be read: {reason}")
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidMessageError(text.format(path=name, reason=reason)) from error


def _wording(relay: RelayConfig) -> Wording:
    from im_notify.relay_config import zone_of
    from im_notify.wording import Wording

    return Wording(
        language=relay.language,
        zone=zone_of(relay),
        parts=relay.parts,
        transliterate=relay.transliterate,
    )


def _chosen(
    args: argparse.Namespace, app: App, relay: RelayConfig, hook: HookConfig | None
) -> Chosen | None:
    """Return for whom it would be, None when nobody is configured."""
    from im_notify.server.people import People

    names = args.to.split(",") if args.to else list(hook.to if hook else ())
    wanted, people = [name.strip() for name in names], People(app.config, relay)
    for name in wanted:
        if not (people.knows(name) or any(map(str.isdigit, name))):
            text = _("{name} is neither a contact nor a group nor a number")
            raise InvalidMessageError(text.format(name=name))
    return people.choose(wanted, raw=True) if wanted else None


def _object(found: Preview, hook: HookConfig | None, chosen: Chosen | None) -> dict[str, object]:
    from im_notify.alerts import alert_object

    messages = [_message_object(one, hook, chosen) for one in (found.message,) if one]
    left = [{"alert": alert_object(one), "why": reason} for one, reason in found.left_out]
    return {"messages": messages, "left_out": left}


def _message_object(
    message: Foreseen, hook: HookConfig | None, chosen: Chosen | None
) -> Mapping[str, object]:
    from im_notify.alerts import alert_object
    from im_notify.recipients import international

    return {
        "text": message.text,
        "characters": len(message.text),
        "parts": message.size.parts,
        "encoding": message.size.encoding,
        "forcing": list(message.size.forcing),
        "remaining": message.size.remaining,
        "contact": chosen.contact if chosen else None,
        "recipients": [international(one) for one in chosen.numbers] if chosen else [],
        "sender": hook.sender if hook else None,
        "iys": hook.consent.value if hook else None,
        "alerts": [alert_object(one) for one in message.alerts],
        "why": list(message.why),
    }


def _print(found: Preview, app: App, *, hook: HookConfig | None, chosen: Chosen | None) -> None:
    if found.message:
        _print_message(found.message, app, hook=hook, chosen=chosen)
    else:
        app.print(_("no text would be made: no alert in it is one to tell"))
    for one, reason in found.left_out:
        app.print(_("left out    {alert}: {reason}").format(alert=_line(one), reason=reason))


def _print_message(
    message: Foreseen, app: App, *, hook: HookConfig | None, chosen: Chosen | None
) -> None:
    from im_notify.previewing import span

    size = message.size
    app.print(_("text        {text}").format(text=message.text))
    text = _("length      {count} characters, {parts} part(s), room for {left} more")
    app.print(text.format(count=len(message.text), parts=size.parts, left=size.remaining))
    app.print(_("encoding    {encoding}").format(encoding=size.encoding))
    app.print(_("recipients  {shown}").format(shown=_recipients(chosen)))
    firing = any(one.state == "firing" for one in message.alerts)
    if chosen and chosen.ladder and firing:
        spans = ", ".join(span(rung.after) for rung in chosen.ladder)
        app.print(_("fallback    after {spans} without delivery").format(spans=spans))
    if hook:
        text = _("sender      {sender}, iys {iys}")
        app.print(text.format(sender=hook.sender, iys=hook.consent.value))
    for one in message.alerts[:_SHOWN]:
        app.print(_("alert       {alert}").format(alert=_line(one)))
    if more := len(message.alerts[_SHOWN:]):
        app.print(_("            and {count} more").format(count=more))
    for reason in message.why:
        app.print(_("why         {reason}").format(reason=reason))


def _recipients(chosen: Chosen | None) -> str:
    from im_notify.recipients import international

    if chosen is None:
        return _("none configured: say --hook or --to")
    numbers = ", ".join(map(international, chosen.numbers))
    return f"{chosen.contact}: {numbers}" if chosen.contact else numbers


def _line(alert: Alert) -> str:
    from im_notify.previewing import shown

    return shown(alert)


COMMAND = Command(
    name="preview",
    help=_("show which text a payload would become"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
