"""Mends what devices do to a text on its way: escapes, character sets, control characters.

Each repair has a name and can be left out, because each guesses: a text may really hold `%41`.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from unicodedata import category
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from im_notify.relay_config import Repair

_ESCAPED = re.compile(rb"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*%[0-9A-Fa-f]{2}(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
_HEX = re.compile(rb"(?:(?:0[01]|20)[0-9A-Fa-f]{2})+")  # UTF-16 of Latin letters and signs
_UCS2 = "8"  # GSM 03.38 data coding scheme of UCS-2
_SPACES = {"Cc": " ", "Zl": "\n", "Zp": "\n"}


def decode(raw: bytes, repairs: AbstractSet[Repair], *, coding: str = "") -> str:
    """Return the text of a query's value as it stands in the address, escapes and all.

    Args:
        raw: The value; bytes over 127 that nobody escaped are fine.
        repairs: `plus` keeps a plus where a space is `%20`, `double` undoes escapes that were
            escaped again, `cp1254` reads what is not UTF-8, `ucs2` what `coding` 8 announces,
            `html` undoes entities, `control` makes control characters spaces.
        coding: The data coding that the device named beside it.
    """
    data = unescape(raw, repairs)
    if "ucs2" in repairs and coding == _UCS2:
        text = _from_ucs2(data) or _characters(data, repairs)
    else:
        text = _characters(data, repairs)
    return mend(text, repairs)


def mend(text: str, repairs: AbstractSet[Repair]) -> str:
    """Do what is left to do when the characters are right; every line ends with LF."""
    if "html" in repairs:
        text = html.unescape(text)
    if text.isprintable():  # neither line ends nor control characters
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "control" in repairs:
        text = "".join(one if one == "\n" else _SPACES.get(category(one), one) for one in text)
    return text.strip()


def unescape(raw: bytes, repairs: AbstractSet[Repair]) -> bytes:
    """Undo the escapes once or, where what is left is nothing but escapes again, twice."""
    once = _unescape(raw, repairs)
    return _unescape(once, repairs) if "double" in repairs and _ESCAPED.fullmatch(once) else once


def _unescape(raw: bytes, repairs: AbstractSet[Repair]) -> bytes:
    literal = "plus" in repairs and b"%20" in raw  # RFC 3986, not a form: a plus is a plus
    return unquote_to_bytes(raw if literal else raw.replace(b"+", b" "))


def _characters(data: bytes, repairs: AbstractSet[Repair]) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        if "cp1254" not in repairs:
            return data.decode(errors="replace")
    try:
        return data.decode("cp1254")
    except UnicodeDecodeError:  # five of its places are empty
        return data.decode("iso8859-9")


def _from_ucs2(data: bytes) -> str | None:
    """Read big endian UTF-16, plain or in hexadecimal; None when it is neither."""
    if _HEX.fullmatch(data):
        data = bytes.fromhex(data.decode())
    try:
        return data.decode("utf-16-be") if 0 in data or not data.isascii() else None
    except UnicodeDecodeError:
        return None
