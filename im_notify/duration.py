"""Spans of time as people write them: `90s`, `3m`, `48h`, `30d`, `1h30m`."""

from __future__ import annotations

import re

from im_notify.errors import ConfigError
from im_notify.i18n import _

_AMOUNT = r"([0-9]+(?:\.[0-9]+)?)"
_BARE = _AMOUNT
_WITH_UNITS = rf"(?:{_AMOUNT}d)?(?:{_AMOUNT}h)?(?:{_AMOUNT}m)?(?:{_AMOUNT}s)?"
_SECONDS = (86_400, 3_600, 60, 1)


def parse_duration(text: str) -> float:
    """Return seconds; a bare number is seconds, units go from the largest to the smallest.

    Raises ConfigError for anything else, negative spans and those too long for a float included.
    """
    stripped = text.strip()
    seconds = _parsed(stripped) if stripped else None
    if seconds is None or seconds == float("inf"):
        wrong = _("{text!r} is not a span of time: use 90s, 3m, 48h or 30d")
        raise ConfigError(wrong.format(text=text))
    return seconds


def _parsed(text: str) -> float | None:
    if re.fullmatch(_BARE, text):
        return float(text)
    if not (match := re.fullmatch(_WITH_UNITS, text)):
        return None
    amounts = (float(amount or 0) for amount in match.groups())
    return sum(amount * unit for amount, unit in zip(amounts, _SECONDS, strict=True))
