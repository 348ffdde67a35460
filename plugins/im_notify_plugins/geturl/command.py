"""`im-notify url`: builds the URL for a device, fires it once, or checks one that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from im_notify.app import App
    from im_notify.models import Receipt
    from im_notify_plugins.geturl.asked import Asked
    from im_notify_plugins.geturl.build import Template
    from im_notify_plugins.iletimerkezi.credentials import Credentials

EXAMPLES = _("""examples:
  im-notify url --to 5301234567 --sender APITEST --iys 0 'disk full on db1'
  im-notify url --to-token '%SMSNUMBER' --text-token '%SMSTEXT' --sender APITEST --iys 0
  im-notify url --to 5301234567 --sender APITEST --iys 0 --send 'one real message'
  im-notify url --check -                  (paste a URL: it stays out of the shell's history)

key and hash are shown on a terminal or with --show-secrets, elsewhere they are masked.
exit codes: 0 fine   1 --check found errors   others as for im-notify send""")


def url_command() -> Command:
    """Return the command as the host takes it."""
    return Command(
        name="url",
        help=_("build or check the GET URL for a device"),
        configure=_configure,
        run=_run,
        epilog=EXAMPLES,
    )


def _configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("text", nargs="?", metavar="TEXT", help=_("the text, or - for standard input"))
    add("--to", action="append", default=[], metavar="NUMBER", help=_("numbers or contacts"))
    add("--sender", help=_("approved sender; case and spaces count"))
    add("--iys", metavar="0|BIREYSEL|TACIR", help=_("0 for alarms and codes, else the list"))
    add("--text-token", metavar="TOKEN", help=_("the device's placeholder for the text"))
    add("--to-token", metavar="TOKEN", help=_("the device's placeholder for the numbers"))
    add("--sender-token", metavar="TOKEN", help=_("the device's placeholder for the sender"))
    add("--send", action="store_true", help=_("send it once: a real message"))
    add("--check", metavar="URL", help=_("say what is wrong with a URL; - reads standard input"))
    add("--show-secrets", action="store_true", help=_("print key and hash in any case"))


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.geturl.asked import read_arguments
    from im_notify_plugins.geturl.build import mask
    from im_notify_plugins.iletimerkezi.credentials import find_credentials

    if args.check is not None:
        return _check(args, app)
    known, asked = find_credentials(app.config), read_arguments(args, app)
    template = _template(asked, app, known)
    receipt = _send(asked, app) if args.send else None
    masked = known is not None and not (app.terminal or args.show_secrets)
    url = mask(template.url) if masked else template.url
    for note in _notes(known=known is not None, masked=masked):
        app.say(note)
    if args.json:
        _print_json(url, app, masked=masked, warnings=template.warnings, receipt=receipt)
    else:
        _print(url, app, warnings=template.warnings, receipt=receipt)
    return 0


def _notes(*, known: bool, masked: bool) -> Iterator[str]:
    if masked:
        yield _("key and hash are masked; --show-secrets prints them")
    if not known:
        yield _("no key and hash are configured: write them in place of API_KEY and API_HASH")


def _check(args: argparse.Namespace, app: App) -> int:
    from im_notify_plugins.geturl.check import check_url

    if args.text is not None or args.send:
        raise InvalidMessageError(_("--check takes a URL and neither a text nor --send"))
    found = check_url(app.stdin.read() if args.check == "-" else args.check)
    if args.json:
        rows = [{"level": finding.level, "text": finding.text} for finding in found]
        app.print_json({"findings": rows})
    else:
        for finding in found:
            app.print(f"{finding.level + ':':<9}{finding.text}")
    return int(any(finding.level == "error" for finding in found))


def _template(asked: Asked, app: App, known: Credentials | None) -> Template:
    from im_notify_plugins.geturl.build import build_template
    from im_notify_plugins.iletimerkezi.getform import BASE_URL

    return build_template(
        key=known.key.reveal() if known else "API_KEY",
        hash=known.hash.reveal() if known else "API_HASH",
        text=asked.text,
        recipients=asked.recipients,
        sender=asked.sender,
        consent=asked.consent,
        base_url=app.config.provider.base_url or BASE_URL,
    )


def _send(asked: Asked, app: App) -> Receipt:
    """Send through the host, so that what plugins wrap around a send applies here too."""
    from im_notify_plugins.iletimerkezi.credentials import credentials

    credentials(app.config)  # says how to set them, which a missing backend could not
    backend, message = app.backend("get"), asked.message()
    if len(message.recipients) > backend.max_recipients:
        text = _("one URL takes {limit} recipients, not {count}: use im-notify send")
        shown = text.format(limit=backend.max_recipients, count=len(message.recipients))
        raise InvalidMessageError(shown, code=452)
    return app.plugins.send(backend, message)


def _print(url: str, app: App, *, warnings: tuple[str, ...], receipt: Receipt | None) -> None:
    app.print(url)
    for warning in warnings:
        app.say(_("warning: {warning}").format(warning=warning))
    if receipt:
        text = _(
            "the provider answered 200, order {id}: it is accepted, which is not delivered; "
            "im-notify report {id} --watch follows it"
        )
        app.say(text.format(id=receipt.order_id))


def _print_json(
    url: str, app: App, *, masked: bool, warnings: tuple[str, ...], receipt: Receipt | None
) -> None:
    order = {"order_id": receipt.order_id} if receipt else {}
    app.print_json({"url": url, "masked": masked, "warnings": list(warnings), **order})
