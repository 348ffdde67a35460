"""Judges the numbers of a GET URL; the provider documents only 5xxxxxxxxx, parted by commas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from im_notify.i18n import _
from im_notify_plugins.geturl.findings import Finding, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

_GOOD = re.compile(r"5[0-9]{9}")
_COMMA = re.compile(r",|%2C", re.IGNORECASE)
_OTHER_SEPARATOR = re.compile(
    r"(?:;|\||/|%3B|%7C|(?<=[0-9]{10})(?:\s|\+|%20|%0A|%0D)+(?=[0-9]))+", re.IGNORECASE
)


def check_recipients(value: str) -> Iterator[Finding]:
    """Yield one finding for each kind of fault in the raw `value`, with the places it is at."""
    if _OTHER_SEPARATOR.search(value):
        yield error(_("receipents are not parted by commas: write a comma between numbers"))
    parts = _COMMA.split(_OTHER_SEPARATOR.sub(",", value))
    for fault, places in _by_fault(parts).items():
        shown = ", ".join(map(str, places))
        yield error(_("receipents, number {places}: {fault}").format(places=shown, fault=fault))
    numbers = [number for part in parts if (number := _last_ten(part))]
    if len(set(numbers)) < len(numbers):
        yield warning(_("receipents has a number more than once"))


def _by_fault(parts: list[str]) -> dict[str, list[int]]:
    faults: dict[str, list[int]] = {}
    for place, part in enumerate(parts, start=1):
        if not _GOOD.fullmatch(unquote(part)):
            faults.setdefault(_fault(part), []).append(place)
    return faults


def _fault(part: str) -> str:
    if not part:
        return _("it is empty (452)")
    if part.startswith("+"):
        return _("a bare + becomes a space; GET documents only 5xxxxxxxxx")
    number = unquote(part)
    digits = re.sub(r"[\s().-]", "", number)
    if re.fullmatch(r"(?:\+|00)?905[0-9]{9}", digits):
        return _("leave out the country code 90; GET documents only 5xxxxxxxxx")
    if re.fullmatch(r"05[0-9]{9}", digits):
        return _("leave out the leading 0; GET documents only 5xxxxxxxxx")
    if _GOOD.fullmatch(digits):
        return _("leave out spaces and signs; GET documents only 5xxxxxxxxx")
    return _("it is not a Turkish mobile number; GET documents only 5xxxxxxxxx (452)")


def _last_ten(part: str) -> str:
    return re.sub(r"[^0-9]", "", unquote(part))[-10:]
