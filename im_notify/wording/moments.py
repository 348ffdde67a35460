"""What a text says about time, and the id that tells one episode of a problem from the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState

if TYPE_CHECKING:
    from im_notify.wording.tables import Wording

_BELIEVED = timedelta(days=365)  # programs send the year 1 or 1970 for what they do not know


def short_id(alert: Alert, at: datetime) -> str:
    """Return four hexadecimal digits, the same when a problem begins and when it ends.

    They come from source, episode and the minute at which it began. A source that does not tell
    it gets the minute of `at`, so that its recovery has an id of its own.
    """
    minute = _shown(begun(alert, at).astimezone(UTC))
    named = f"{alert.source}\0{alert.episode}\0{minute}"
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:4]


def begun(alert: Alert, at: datetime) -> datetime:
    """Return when the problem began; `at` where that is not told or is more than a year off."""
    started = alert.started_at
    if started is None or started.utcoffset() is None or abs(at - started) > _BELIEVED:
        return at
    return started


def time_of(alert: Alert, wording: Wording, *, at: datetime) -> str:
    """Return how long a problem was there that is over, else since when and for how long.

    Exact to the minute, so that the same problem told again a minute later is another text: the
    provider swallows one that it has seen within ten minutes.
    """
    start = min(begun(alert, at), at)
    minutes = int(at.timestamp() // 60 - start.timestamp() // 60)
    lasted = span(minutes, wording.words.units)
    if alert.state is AlertState.RESOLVED and lasted:
        return lasted
    return f"{_shown(start.astimezone(wording.zone))} {lasted}".rstrip()


def _shown(at: datetime) -> str:
    """Return hours and minutes; `strftime` takes four times as long."""
    return f"{at.hour:02}:{at.minute:02}"


def span(minutes: int, units: tuple[str, str, str]) -> str:
    """Return minutes as days, hours and minutes, empty for none."""
    hours, minute = divmod(minutes, 60)
    amounts = (*divmod(hours, 24), minute)
    return "".join(f"{n}{unit}" for n, unit in zip(amounts, units, strict=True) if n)
