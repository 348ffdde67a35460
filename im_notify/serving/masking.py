"""Keeps out of a text what must not be told: credentials, telephone numbers, queries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.config import Config

MASK = "***"
LEAST = 4  #: characters of a credential; shorter ones would mask ordinary words
_QUERY = re.compile(r"\?[^\s\"'<>]+")
_LOGIN = re.compile(r"(?<=://)[^\s/@\"']+@")
_NUMBER = re.compile(
    r"(?<![\w.+])(?:\+\d{6,13}|(?:00\d{2}|90|0)?[ .-]?[2-58]\d\d[ .-]?\d{3}[ .-]?\d\d[ .-]?)"
    r"(?=\d\d(?!\w))"  # the last two digits stay, to tell numbers apart
)


class Masker:
    """Masks the credentials that it knows, whatever looks like a number, and every query."""

    def __init__(self, credentials: Iterable[str] = ()) -> None:
        """Know these; longer ones are looked for first."""
        known = {form for one in credentials if len(one) >= LEAST for form in (one, quote(one, ""))}
        listed = "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))
        self._known = re.compile(listed) if listed else None

    def __call__(self, text: str) -> str:
        """Return the text as it may be shown."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = _QUERY.sub(f"?{MASK}", _LOGIN.sub(f"{MASK}@", text))
        return _NUMBER.sub(MASK, text)


def credentials_of(config: Config) -> frozenset[str]:
    """Return every credential of a configuration, and what the addresses in it hold."""
    found = {part for one in _secrets(config) for part in _parts(one.reveal())}
    database = config.relay.database if config.relay else ""
    return frozenset(found | {urlsplit(database).password or ""})


def _secrets(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _secrets(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)
    elif isinstance(value, tuple | frozenset):
        for one in value:
            yield from _secrets(one)


def _parts(text: str) -> Iterator[str]:
    """Yield a credential and, if it is a URL, each of its pieces that may be one itself."""
    yield text
    scheme, mark, rest = text.partition("://")
    if mark and scheme.isalnum():
        yield from (part for one in re.split(r"[/?&=@:]", rest) for part in (one, unquote(one)))
