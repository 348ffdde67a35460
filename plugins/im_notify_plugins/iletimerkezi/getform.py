"""The provider's GET form: address, parameters and their encoding (provider document, Get API).

Apart from the rest so that building a URL loads nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

BASE_URL = "https://api.iletimerkezi.com/v1/"
GET_PATH = "send-sms/get/"
PARAMETERS = ("key", "hash", "text", "receipents", "sender", "iys", "iysList")


def encode(value: str) -> str:
    """Percent-encode as RFC 3986 section 2 wants it: a space is %20, commas stay as they are."""
    return quote(value, safe=",")


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the query of these parameters, in their order."""
    return "&".join(f"{name}={encode(value)}" for name, value in pairs)
