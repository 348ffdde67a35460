"""From what a person types to a message that can be sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, Message
from im_notify.text import fit, refuse_too_long, transliterate

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d\S*?)?\s*(Z|[+-]\d\d:?\d\d)?")


def add_message_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what makes a message: text, recipients, sender, consent."""
    parser.add_argument("text", metavar="TEXT", help=_("the text; - reads standard input"))
    parser.add_argument(
        "--to",
        action="append",
        required=True,
        metavar="NUMBER|NAME",
        help=_("numbers, contacts or groups; several with commas, or again"),
    )
    parser.add_argument("--sender", help=_("approved sender, as in the panel"))
    parser.add_argument(
        "--iys", metavar="0|BIREYSEL|TACIR", help=_("0 for alarms and codes, else the İYS list")
    )
    parser.add_argument(
        "--skip-invalid", action="store_true", help=_("leave bad numbers out and say so")
    )
    parser.add_argument(
        "--transliterate", action="store_true", help=_("write ş as s and so on: fewer parts")
    )
    parser.add_argument(
        "--fit",
        type=int,
        choices=range(1, 8),
        metavar="PARTS",
        help=_("shorten the text to so many parts"),
    )


def compose(args: argparse.Namespace, app: App) -> Message:
    """Make a message of the arguments; the configuration gives what they leave out.

    Raises InvalidMessageError for what cannot be sent, before any request.
    """
    send_at = parse_time(args.at, app.clock.now()) if getattr(args, "at", None) else None
    text = _shaped(app.text(args.text), args)
    message = Message(
        text=text,
        recipients=app.recipients(args.to, skip_invalid=args.skip_invalid),
        sender=_sender(args, app),
        consent=_consent(args, app),
        send_at=send_at,
    )
    refuse_too_long(text)
    return message


def _shaped(text: str, args: argparse.Namespace) -> str:
    if args.transliterate:
        text = transliterate(text)
    return fit(text, args.fit) if args.fit else text


def _sender(args: argparse.Namespace, app: App) -> str:
    if args.sender is not None:
        return str(args.sender)
    sender = app.config.provider.sender
    if sender is None:
        raise InvalidMessageError(_("there is no sender: use --sender"), code=459)
    return sender


def _consent(args: argparse.Namespace, app: App) -> Consent:
    return Consent.parse(args.iys) if args.iys else app.config.provider.consent or Consent.parse("")


def span(typed: str) -> float:
    """Read a span of time such as `60s`, in seconds. Raises InvalidMessageError."""
    from im_notify.duration import parse_duration

    try:
        return parse_duration(typed)
    except ConfigError as error:
        raise InvalidMessageError(str(error)) from None


def parse_time(typed: str, now: datetime) -> datetime:
    """Read `YYYY-MM-DD HH:MM` as the time in Türkiye, in whole minutes and still to come.

    Raises InvalidMessageError with 457, the provider's code: a schedule it cannot read would
    make it send at once.
    """
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Istanbul")
    found = _TIME.fullmatch(typed.strip())
    if found is None:
        raise _bad_time(_("write it as 'YYYY-MM-DD HH:MM'"), typed)
    if found[3]:
        raise _bad_time(_("whole minutes only, no seconds"), typed)
    if found[4] and found[4].replace(":", "") != "+0300":
        raise _bad_time(_("give it in Türkiye's time (+03:00)"), typed)
    try:
        moment = datetime.fromisoformat(f"{found[1]} {found[2]}").replace(tzinfo=zone)
    except ValueError:
        raise _bad_time(_("there is no such day or hour"), typed) from None
    if moment <= now:
        raise _bad_time(_("it has gone by"), typed)
    return moment


def _bad_time(reason: str, typed: str) -> InvalidMessageError:
    text = _("the send time {typed!r} is refused: {reason}")
    return InvalidMessageError(text.format(typed=typed, reason=reason), code=457)
