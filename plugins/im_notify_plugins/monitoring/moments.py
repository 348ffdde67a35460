"""Times as monitoring systems write them, with or without a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from im_notify_plugins.monitoring.readings import text

if TYPE_CHECKING:
    from datetime import tzinfo

_FORMATS = (
    "%Y.%m.%d %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%a, %d %b %Y %H:%M:%S",
)
_FIRST_YEAR = 1980  #: before it a time says "none": the year 1, or zero seconds since the epoch
_LAST_YEAR = 2200
_LONGEST = 40
_SECONDS = 1e11  #: more than this many since the epoch are milli-, micro- or nanoseconds
_NANOSECONDS = 1e20  #: more than this are nothing


def moment(value: object, zone: tzinfo | None) -> datetime | None:
    """Return a time with its zone: `zone`, or this machine's, where the text has none.

    None for what is no time and for the zero that stands for none.
    """
    try:
        found = _read(text(value), zone)
    except (ValueError, OverflowError, OSError):
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _read(written: str, zone: tzinfo | None) -> datetime:
    if not written or len(written) > _LONGEST:
        raise ValueError(written)
    try:
        return _since_epoch(float(written))
    except ValueError:
        found = _calendar(written)
    if found.tzinfo is not None:
        return found
    return found.replace(tzinfo=zone) if zone else found.astimezone()


def _since_epoch(number: float) -> datetime:
    while _SECONDS < abs(number) < _NANOSECONDS:
        number /= 1000
    return datetime.fromtimestamp(number, UTC)


def _calendar(written: str) -> datetime:
    if written[4:5] == "-":  # ISO 8601, which nearly all write; the other forms have none there
        return datetime.fromisoformat(written)
    for form in _FORMATS:
        try:
            return datetime.strptime(written, form)  # noqa: DTZ007  its zone is added by who calls
        except ValueError:
            continue
    return datetime.fromisoformat(written)
