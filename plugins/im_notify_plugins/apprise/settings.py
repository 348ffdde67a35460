"""The arguments of an Apprise URL, checked once, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, check_sender
from im_notify.recipients import Recipients, parse
from im_notify.secret import Secret
from im_notify.settings import to_url
from im_notify_plugins.apprise.details import MOST_SECONDS
from im_notify_plugins.iletimerkezi.account import GET_RECIPIENTS
from im_notify_plugins.iletimerkezi.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCH = 1000  #: recipients of one order with batch=yes; a page of the report holds as many
RELAY_USER = "relay"  #: stands before the token of a relay, where a URL wants a user
_YES = frozenset({"yes", "y", "true", "on", "1", "enable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Whom to send to, as whom and how."""

    credentials: Credentials
    sender: str
    recipients: Recipients
    consent: Consent
    method: str
    batch: bool
    confirm: int
    relay: str | None = None

    def groups(self) -> list[tuple[str, ...]]:
        """Return the numbers of each order: one each, or as many as an order takes."""
        size = min(BATCH, GET_RECIPIENTS if self.method == "get" else BATCH) if self.batch else 1
        numbers = self.recipients.numbers
        return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def check_relay(url: str | None) -> str | None:
    """Return the address of a relay, ending with `/`; None when none is said.

    Raises InvalidMessageError.
    """
    if not url:
        return None
    try:
        return to_url(url)
    except ConfigError as error:
        text = _("relay cannot be used: {reason}")
        raise InvalidMessageError(text.format(reason=error)) from None


def check_credentials(key: str | None, secret: str | None, *, relay: str | None) -> Credentials:
    """Return both parts; a relay wants its token only, which may stand alone.

    Raises InvalidMessageError (401) when one is missing.
    """
    if relay and (key or secret):
        return Credentials(
            Secret(key if secret and key else RELAY_USER), Secret(secret or key or "")
        )
    if not key or not secret:
        text = _("key or hash is missing: write iletimerkezi://KEY:HASH@SENDER/5301234567")
        raise InvalidMessageError(text, code=401)
    return Credentials(Secret(key), Secret(secret))


def checked_sender(sender: str | None) -> str:
    """Return the sender as it was written. Raises InvalidMessageError (459, 460)."""
    check_sender(sender or "")
    return sender or ""


def check_consent(iys: str | int | None, iys_list: str | None) -> Consent:
    """Read both arguments; nothing said is 0, which never means commercial.

    Raises InvalidMessageError (469) when list and flag do not fit.
    """
    said = "0" if iys is None or not str(iys).strip() else iys
    return Consent.parse(said, iys_list)


def check_method(method: str | None) -> str:
    """Return `json`, also when nothing is said, or `get`. Raises InvalidMessageError."""
    wanted = (method or "json").lower()
    if wanted not in {"json", "get"}:
        text = _("method {method!r} is not known: use json or get")
        raise InvalidMessageError(text.format(method=method))
    return wanted


def check_confirm(seconds: str | int | None) -> int:
    """Return whole seconds, 0 for none. Raises InvalidMessageError."""
    said = str(seconds or 0).strip()
    if not said.isdecimal() or int(said) > MOST_SECONDS:
        text = _("confirm {said!r} is not in seconds from 0 to {most}: Apprise waits no longer")
        raise InvalidMessageError(text.format(said=said, most=MOST_SECONDS))
    return int(said)


def check_batch(batch: str | bool | None) -> bool:  # noqa: FBT001  as Apprise hands it over
    """Say whether orders hold many recipients; anything but a yes is a no."""
    return str(batch).strip().lower() in _YES


def check_targets(targets: str | Iterable[str] | None) -> Recipients:
    """Read numbers as people type them; refused ones are kept beside the good ones."""
    return parse(targets or ())
