"""Values out of a payload: one clean line of text, a field by its path, a digest.

Everything here takes whatever JSON can hold and never raises.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 1000  #: characters of a text that is kept
LONGEST_LABEL = 200
LONGEST_EPISODE = 100  #: beyond that its digest stands for it
MOST_LABELS = 64
_TOLD = (str, int, float)
_SYMBOLS = 0x2190  #: from here on symbols are arrows and pictures; before it are ° and ©
# Macros that nothing replaced: {EVENT.UPDATE.ACTION} {$URL} $NAME$ {{ x }}
_MACRO = re.compile(r"\{\$?[A-Z][A-Z0-9_.:]{1,80}\}|\$[A-Z][A-Z0-9_]{1,80}\$|\{\{[^{}]{0,80}\}\}")
# and those that only count as such when they are all there is: %name $NAME *name* *UNKNOWN*
_LONELY = ("%", "$", "*")  # what such a text begins with
_ALONE = re.compile(r"%[a-z]{2,40}|\$[A-Z][A-Z0-9_]{1,40}|\*[A-Za-z]{2,40}\*")


def text(value: object, limit: int = LONGEST) -> str:
    """Return text or a number as one line without control characters and leftover macros."""
    if type(value) is not str:  # what it nearly always is
        if isinstance(value, bool) or not isinstance(value, _TOLD):
            return ""
        value = str(value)
    shown = value[: 4 * limit]
    if not shown.isprintable():
        shown = "".join(one for one in shown if one.isprintable() or one.isspace())
    line = " ".join((_MACRO.sub("", shown) if "{" in shown or "$" in shown else shown).split())
    return "" if line[:1] in _LONELY and _ALONE.fullmatch(line) else line[:limit].rstrip()


def plain(value: object) -> str:
    """Return `text` without emoji: one of them halves what fits into an SMS."""
    line = text(value)
    if line.isascii():
        return line
    return " ".join("".join(one for one in line if not _is_picture(one)).split())


def first(record: Mapping[str, object], *names: str) -> str:
    """Return the first of these fields that says something."""
    return next((told for one in names if one in record and (told := text(record[one]))), "")


def branch(record: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the object in a field, an empty one when there is something else or nothing."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def at(record: Mapping[str, object], path: str) -> object:
    """Follow a path such as `check.name`; a field whose own name has dots comes first."""
    if path in record:
        return record[path]
    head, dot, rest = path.partition(".")
    found = record.get(head)
    return at(found, rest) if dot and isinstance(found, dict) else None


def labels_of(fields: Mapping[str, object]) -> dict[str, str]:
    """Return what says something, shortened, each under a name of one line."""
    named = {
        text(key, LONGEST_LABEL): text(value, LONGEST_LABEL)
        for key, value in list(fields.items())[:MOST_LABELS]
    }
    return {key: value for key, value in named.items() if key and value}


def digest(value: object) -> str:
    """Return 16 hexadecimal characters that are the same for the same JSON in any order."""
    written = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def bounded(name: str) -> str:
    """Return a name that an index takes: itself, or its digest when it is long."""
    return name if len(name) <= LONGEST_EPISODE else digest(name)


def _is_picture(char: str) -> bool:
    return ord(char) >= _SYMBOLS and unicodedata.category(char) in {"So", "Sk", "Mn", "Cn"}
