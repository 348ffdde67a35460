"""From the arguments of `im-notify url` to what stands in the URL, fixed or a placeholder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, Message
from im_notify_plugins.geturl.build import Token

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the URL is to say, all but the credentials."""

    text: str | Token = field(repr=False)
    recipients: tuple[str, ...] | Token
    sender: str | Token
    consent: Consent

    def message(self) -> Message:
        """Return what can be sent. Raises InvalidMessageError when there are placeholders."""
        text, recipients, sender = self.text, self.recipients, self.sender
        if isinstance(text, str) and isinstance(recipients, tuple) and isinstance(sender, str):
            return Message(text=text, recipients=recipients, sender=sender, consent=self.consent)
        raise InvalidMessageError(_("a URL with placeholders cannot be sent: leave out --send"))


def read_arguments(args: argparse.Namespace, app: App) -> Asked:
    """Take what is given, and from the configuration what is not. Raises InvalidMessageError."""
    return Asked(
        text=_text(args, app),
        recipients=_recipients(args, app),
        sender=_sender(args, app),
        consent=_consent(args, app),
    )


def _text(args: argparse.Namespace, app: App) -> str | Token:
    if args.text_token is not None:
        return _token(args.text_token, option="--text-token", beside=args.text)
    if args.text is None:
        raise InvalidMessageError(_("there is no text: give TEXT or --text-token"), code=454)
    return app.text(args.text)


def _recipients(args: argparse.Namespace, app: App) -> tuple[str, ...] | Token:
    if args.to_token is not None:
        return _token(args.to_token, option="--to-token", beside=args.to)
    if not args.to:
        raise InvalidMessageError(_("there is no recipient: give --to or --to-token"), code=452)
    return app.recipients(args.to)


def _sender(args: argparse.Namespace, app: App) -> str | Token:
    if args.sender_token is not None:
        return _token(args.sender_token, option="--sender-token", beside=args.sender)
    sender: str | None = args.sender if args.sender is not None else app.config.provider.sender
    if sender is None:
        text = _("there is no sender: give --sender or --sender-token, or configure one")
        raise InvalidMessageError(text, code=459)
    return sender


def _consent(args: argparse.Namespace, app: App) -> Consent:
    configured = app.config.provider.consent
    return configured if args.iys is None and configured else Consent.parse(args.iys)


def _token(raw: str, *, option: str, beside: object) -> Token:
    if not raw.strip():
        raise InvalidMessageError(_("{option} is empty").format(option=option))
    if beside:
        text = _("{option} stands in place of a fixed value: give one of the two")
        raise InvalidMessageError(text.format(option=option))
    return Token(raw)
