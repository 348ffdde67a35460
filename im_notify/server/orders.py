"""Reads a message of the own API: one object, checked whole before anything is stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, Message
from im_notify.outbox.entries import Entry
from im_notify.server.errors import RefusedError, said
from im_notify.server.people import RecipientError
from im_notify.settings import to_seconds
from im_notify.text import refuse_too_long

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify.server.people import People
    from im_notify.server.services import Services

    Object = Mapping[str, object]

MOST = 1000  #: messages in one request
_FIELDS = ("text", "to", "sender", "iys", "iys_list", "key", "lifetime")
LONGEST_KEY = 200
SOURCE = "api"


@dataclass(frozen=True, slots=True)
class _WrongError(Exception):
    """A field is not what it must be; `text` is for people."""

    text: str


def read_all(body: bytes, key: str | None, services: Services, people: People) -> list[Entry]:
    """Read an object or a list of up to 1000; `key` is that of the request.

    Raises RefusedError (422) that names the place, from 0, of the first that is wrong.
    """
    try:
        read: object = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(422, "payload", _("the body is not JSON")) from None
    found = read if isinstance(read, list) else [read]
    if not 1 <= len(found) <= MOST:
        text = _("use a list of 1 to {limit} messages").format(limit=MOST)
        raise RefusedError(422, "payload", text)
    return [
        _read(one, place, services, people=people, key=_key(key, place, found))
        for place, one in enumerate(found)
    ]


def _key(key: str | None, place: int, found: list[object]) -> str | None:
    return key if key is None or len(found) == 1 else f"{key}#{place}"


def _read(one: object, place: int, services: Services, *, people: People, key: str | None) -> Entry:
    try:
        return _entry(_object(one), services, people=people, key=key)
    except _WrongError as error:
        reason = error.text
    except RecipientError as error:
        reason = str(error)
    except InvalidMessageError as error:
        reason = said(error.code)
    text = _("message {place}: {reason}").format(place=place, reason=reason)
    raise RefusedError(422, "message", text, index=place)


def _entry(one: Object, services: Services, *, people: People, key: str | None) -> Entry:
    chosen = people.choose(_to(one), raw=True)
    message = Message(
        text=_text(one, "text") or "",
        recipients=chosen.numbers,
        sender=_text(one, "sender") or services.config.provider.sender or "",
        consent=_consent(one, services),
    )
    refuse_too_long(message.text)
    given = _text(one, "key") or key
    if given and len(given) > LONGEST_KEY:
        raise _WrongError(_("the key is too long"))
    return Entry(
        source=SOURCE,
        text=message.text,
        recipients=message.recipients,
        sender=message.sender,
        consent=message.consent,
        lifetime=_lifetime(one, services),
        key=f"{SOURCE}:{given}" if given else None,
        key_binds=True,
        contact=chosen.contact,
        ladder=chosen.ladder,
    )


def _object(one: object) -> Object:
    if not isinstance(one, dict):
        raise _WrongError(_("it is not an object"))
    if not set(one) <= set(_FIELDS):
        text = _("it has a field that is not known; there are: {names}")
        raise _WrongError(text.format(names=", ".join(_FIELDS)))
    return one


def _text(one: Object, field: str) -> str | None:
    value = one.get(field)
    if value is not None and not isinstance(value, str):
        raise _WrongError(_("{field} is not text").format(field=field))
    if value and any("\ud800" <= char <= "\udfff" for char in value):
        raise _WrongError(_("{field} is not Unicode").format(field=field))
    return value


def _to(one: Object) -> list[str]:
    value = one.get("to")
    listed = value if isinstance(value, list) else [value]
    names = [item.strip() for item in listed if isinstance(item, str) and item.strip()]
    if len(names) != len(listed):
        raise _WrongError(_("to is not a list of numbers, contacts or groups"))
    return names


def _consent(one: Object, services: Services) -> Consent:
    iys, iys_list = one.get("iys"), one.get("iys_list")
    if iys is None and iys_list is None and services.config.provider.consent is not None:
        return services.config.provider.consent
    if not isinstance(iys, str | int | None) or not isinstance(iys_list, str | None):
        raise InvalidMessageError(said(468), code=468)
    return Consent.parse(int(iys) if isinstance(iys, bool) else iys, iys_list)


def _lifetime(one: Object, services: Services) -> float:
    value = one.get("lifetime")
    if value is None:
        return services.relay.lifetime
    try:
        return to_seconds(value)
    except ConfigError:
        raise _WrongError(_("lifetime is not a time over 0, such as 90s or 1h")) from None
