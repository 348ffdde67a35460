"""Puts the provider's GET URL together, whole or as a template with a device's placeholders.

Parameters, their order and their spelling are those of the provider's document "Get API";
`receipents` is what the wire says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.models import check_sender
from im_notify_plugins.iletimerkezi.getform import BASE_URL, GET_PATH, PARAMETERS, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from im_notify.models import Consent

_NUMBER = re.compile(r"\+?[0-9]{7,15}")  # 15 digits at most, ITU-T E.164 clause 6
_NATIONAL = re.compile(r"5[0-9]{9}")


@dataclass(frozen=True, slots=True)
class Token:
    """A device's placeholder, such as `{{:message}}` or `%SMSTEXT`: kept raw, never encoded."""

    raw: str


@dataclass(frozen=True, slots=True)
class Template:
    """A URL to paste into a device, and what the administrator should know about it."""

    url: str
    warnings: tuple[str, ...] = ()


def build_url(  # noqa: PLR0913 - the parameters of the provider's document
    *,
    key: str,
    hash: str,  # noqa: A002 - the provider's name
    text: str | Token,
    recipients: Sequence[str] | Token,
    sender: str | Token,
    consent: Consent,
    base_url: str = BASE_URL,
) -> str:
    """Return the URL that sends `text` when it is fetched: it holds the secrets.

    Raises InvalidMessageError for what the provider would refuse: 401 without key or hash, 452
    for recipients, 453 and 454 for the text, 459 and 460 for the sender.
    """
    if not key or not hash:
        raise InvalidMessageError(_("key and hash must not be empty"), code=401)
    _check_text(text)
    if not isinstance(sender, Token):
        check_sender(sender)
    values = (key, hash, text, _joined(recipients), sender, *_consent_values(consent))
    return f"{base_url}{GET_PATH}?{encode_query(zip(PARAMETERS, values, strict=False))}"


def build_template(  # noqa: PLR0913 - the same parameters
    *,
    key: str,
    hash: str,  # noqa: A002 - the provider's name
    text: str | Token,
    recipients: Sequence[str] | Token,
    sender: str | Token,
    consent: Consent,
    base_url: str = BASE_URL,
) -> Template:
    """Return what `build_url` returns together with warnings about devices and placeholders."""
    url = build_url(
        key=key,
        hash=hash,
        text=text,
        recipients=recipients,
        sender=sender,
        consent=consent,
        base_url=base_url,
    )
    numbers = recipients if isinstance(recipients, Token) else ",".join(recipients)
    values = {"key": key, "hash": hash, "text": text, "receipents": numbers, "sender": sender}
    return Template(url, tuple(_warnings(values)))


def encode_query(pairs: Iterable[tuple[str, str | Token]]) -> str:
    """Return `pairs` as an RFC 3986 query: UTF-8, a space is %20, a comma stays raw.

    Raises InvalidMessageError for a text that is not Unicode, such as undecodable arguments.
    """
    return "&".join([f"{name}={_encoded(value, name=name)}" for name, value in pairs])


def mask(url: str) -> str:
    """Return `url` with the values of key and hash as `***`, the rest as it was."""
    return re.sub(r"(?i)([?&;](?:key|hash)=)[^&]*", r"\1***", url)


def _encoded(value: str | Token, *, name: str) -> str:
    if isinstance(value, Token):
        return value.raw
    try:
        return encode(value)
    except UnicodeEncodeError:
        text = _("{name} holds characters that are not Unicode: is it in UTF-8?")
        raise InvalidMessageError(text.format(name=name)) from None


def _check_text(text: str | Token) -> None:
    if isinstance(text, Token):
        return
    if not text.strip():
        raise InvalidMessageError(_("the text is empty"), code=454)
    from im_notify.text import refuse_too_long

    refuse_too_long(text)


def _joined(recipients: Sequence[str] | Token) -> str | Token:
    if isinstance(recipients, Token):
        return recipients
    if not recipients:
        raise InvalidMessageError(_("there is no recipient"), code=452)
    for position, number in enumerate(recipients, start=1):
        if not _NUMBER.fullmatch(number):
            text = _("recipient {position} is not a bare number such as 5301234567")
            raise InvalidMessageError(text.format(position=position), code=452)
    return ",".join(recipients)


def _consent_values(consent: Consent) -> tuple[str, ...]:
    return ("1", consent.value) if consent.commercial else ("0",)


def _warnings(values: dict[str, str | Token]) -> Iterator[str]:
    tokens = {name: value.raw for name, value in values.items() if isinstance(value, Token)}
    fixed = {name: value for name, value in values.items() if isinstance(value, str)}
    yield from _about_numbers(values["receipents"])
    yield from _about_percent(tokens, fixed)
    yield from _about_separators(tokens)
    if tokens and "text" in fixed:
        yield _(
            "the text is fixed: the provider refuses the same text to the same recipients for ten "
            "minutes (451); a --text-token with the device's own text or time avoids that"
        )


def _about_numbers(recipients: str | Token) -> Iterator[str]:
    if isinstance(recipients, Token):
        yield _(
            "the device must put numbers in as 5xxxxxxxxx, several with commas: "
            "the provider documents no other form for GET"
        )
    elif not all(_NATIONAL.fullmatch(number) for number in recipients.split(",")):
        yield _("not all recipients are 5xxxxxxxxx, the only form that is documented for GET")


def _about_percent(tokens: dict[str, str], fixed: dict[str, str]) -> Iterator[str]:
    if not any("%" in raw for raw in tokens.values()):
        return
    escaped = [name for name, value in fixed.items() if "%" in _encoded(value, name=name)]
    if escaped:
        text = _(
            "the device's placeholders use %, and so does the encoding of {names}: the device may "
            "take one for the other; prefer values of plain letters and digits, and try it once"
        )
        yield text.format(names=", ".join(escaped))


def _about_separators(tokens: dict[str, str]) -> Iterator[str]:
    names = [name for name, raw in tokens.items() if re.search(r"[\s&]", raw)]
    if names:
        text = _(
            "the placeholder of {names} has a space or & in it: "
            "the device must replace the whole of it, else the URL breaks there"
        )
        yield text.format(names=", ".join(names))
