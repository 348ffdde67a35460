"""Reads percent-encoded values, and says what is wrong with their encoding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from im_notify.i18n import _
from im_notify_plugins.geturl.findings import Finding, error, warning
from im_notify_plugins.geturl.placeholders import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TWICE = re.compile(r"%25[0-9A-Fa-f]{2}")
_SURELY_TWICE = re.compile(r"%25(?:20|0A|C[3-5]%25[89AB][0-9A-F])", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")


def decoded(value: str) -> str:
    """Return what a server reads: `+` is a space, bytes that are not UTF-8 are windows-1254."""
    content = unquote_to_bytes(value.replace(MARK, "").replace("+", " "))
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1254", "replace")


def check_encoding(name: str, value: str) -> Iterator[Finding]:
    """Yield what is wrong with the raw `value`, in which placeholders are marked."""
    for text in _problems(value):
        yield (warning if MARK in value else error)(text.format(name=name))
    for text in _doubts(value):
        yield warning(text.format(name=name))


def _problems(value: str) -> Iterator[str]:
    bare = value.replace(MARK, "")
    if re.search(r"\s", bare):
        yield _("{name} has bare spaces or new lines: write %20 and %0A")
    if not bare.isascii():
        yield _("{name} has letters that are not encoded: ş is written %C5%9F (UTF-8)")
    if _BROKEN.search(bare):
        yield _("{name} has a % without two hexadecimal digits behind it: write %25")
    if not _is_utf8(bare):
        yield _(
            "{name} is not encoded from UTF-8 but, it seems, windows-1254: ş is %C5%9F, not %FE"
        )
    if _SURELY_TWICE.search(bare):
        yield _("{name} is encoded twice: %2520 arrives as %20, write %20")


def _doubts(value: str) -> Iterator[str]:
    if _TWICE.search(value) and not _SURELY_TWICE.search(value):
        yield _("{name} may be encoded twice: %25 before two hexadecimal digits")
    if "+" in value:
        yield _("{name} has +, of which it is not documented that it becomes a space: write %20")
    if _CONTROL.search(decoded(value)):
        yield _("{name} has control characters: was a % meant? It is written %25")


def _is_utf8(value: str) -> bool:
    try:
        unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return False
    return True
