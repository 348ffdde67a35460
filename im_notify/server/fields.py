"""Reads what a device sends, in the address or in a form, under whatever names it has for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.relay_config import SAFE_REPAIRS
from im_notify.server.repair import decode, mend

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from im_notify.relay_config import Repair

#: what a device may call it, best first; the provider's own names lead (provider document, GET)
TEXT = ("text", "message", "msg", "body", "content", "sms_body", "m")
TO = (
    "receipents",
    "recipients",
    "receipent",
    "recipient",
    "to",
    "phone",
    "number",
    "mobile",
    "dest",
    "n",
)
TOKEN = ("token", "key", "t")
IYS, IYS_LIST, CODING = ("iys",), ("iyslist",), ("coding",)
MOST = 200  #: fields; monitoring systems add many of their own


@dataclass(frozen=True, slots=True)
class Fields:
    """Names in lower case with their values: escaped bytes, or text that needs no decoding."""

    values: tuple[tuple[str, bytes | str], ...]

    def text(self, names: tuple[str, ...], repairs: AbstractSet[Repair] = SAFE_REPAIRS) -> str:
        """Return the first value that is not blank, by the order of `names`."""
        coding = "" if names == CODING else self.text(CODING)
        found = (_decoded(value, repairs, coding) for value in self._raw(names))
        return next((one for one in found if one), "")

    def all(self, names: tuple[str, ...]) -> list[str]:
        """Return every value under these names that is not blank."""
        found = (_decoded(value, SAFE_REPAIRS, "") for value in self._raw(names))
        return [one for one in found if one]

    def _raw(self, names: tuple[str, ...]) -> list[bytes | str]:
        return [value for name in names for key, value in self.values if key == name]


def read_fields(query: bytes, body: bytes) -> Fields:
    """Join both; the content type is not asked, a body that is a JSON object is one."""
    return Fields((*_form(query), *(_object(body) or _form(body.strip()))))


def _form(escaped: bytes) -> tuple[tuple[str, bytes], ...]:
    pairs = (piece.partition(b"=") for piece in escaped.split(b"&", MOST)[:MOST])
    return tuple((_name(name), value) for name, _sign, value in pairs)


def _name(escaped: bytes) -> str:
    plain = escaped.isalnum()  # nearly always: nothing is to be undone
    return (escaped.decode() if plain else decode(escaped, SAFE_REPAIRS)).lower()


def _object(body: bytes) -> tuple[tuple[str, str], ...]:
    if not body.lstrip().startswith(b"{"):
        return ()
    try:
        read: object = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    items = read.items() if isinstance(read, dict) else ()
    return tuple((str(name).lower(), _flat(value)) for name, value in list(items)[:MOST])


def _flat(value: object) -> str:
    if isinstance(value, list):
        return ",".join(_flat(item) for item in value if not isinstance(item, list | dict))
    return str(value) if isinstance(value, str | int) else ""


def _decoded(value: bytes | str, repairs: AbstractSet[Repair], coding: str) -> str:
    return mend(value, repairs) if isinstance(value, str) else decode(value, repairs, coding=coding)
