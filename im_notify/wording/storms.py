"""What a storm's notice says: how much came, how fast, the worst of it, and what follows."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from im_notify.alerts import AlertState, Severity
from im_notify.text import estimate
from im_notify.wording.fields import kind, object_name
from im_notify.wording.lines import foremost
from im_notify.wording.moments import span
from im_notify.wording.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from im_notify.alerts import Alert
    from im_notify.wording.tables import Wording

_NAMES = 3
_ENOUGH = 100  # alerts among which three names are found
_MINUTE, _HOUR = 60, 60  # in seconds, in minutes


def word_storm(
    alerts: Sequence[Alert], wording: Wording, *, at: datetime, count: int, within: timedelta
) -> str:
    """Return the notice that digests follow; `count` alerts came `within` that time.

    `alerts` are those of them that no text told of, at least one. Its id comes from them and from
    the second of `at`, so that no two notices are the same.
    """
    words, told = wording.words, foremost(alerts)
    alarms = words.alerts if count > 1 else words.alert
    head = f"{words.storm}: {count} {alarms} {words.within}{_minutes(within, words.units)}"
    end = f"{at.astimezone(wording.zone):%H:%M} #{_id(alerts, at)}"
    for said in _ladder(told, wording, count=count):
        line = f"{head}, {words.digest}{said} {end}"
        if estimate(line).parts <= wording.parts:
            return line
    return f"{head} {end}"


def _ladder(alerts: Sequence[Alert], wording: Wording, *, count: int) -> Iterator[str]:
    """Yield who is concerned, with ever fewer names, and nothing at last."""
    critical = sum(
        one.state is AlertState.FIRING and one.severity is Severity.CRITICAL for one in alerts
    )
    word = plain(wording.words.counted[Severity.CRITICAL], cheap=wording.transliterate)
    tally = f" ({critical} {word})" if critical else ""
    names = list(dict.fromkeys(_name(one, wording) for one in alerts[:_ENOUGH]))
    for shown in range(min(_NAMES, len(names)), 0, -1):
        more = f" +{count - shown}" if count > shown else ""
        yield f"{tally}: {','.join(names[:shown])}{more}"
    yield from (tally, "")


def _name(alert: Alert, wording: Wording) -> str:
    name = object_name(alert, wording)
    return name or kind(alert, wording, name="")


def _minutes(within: timedelta, units: tuple[str, str, str]) -> str:
    minutes = max(1, -int(-within.total_seconds() // _MINUTE))
    return f"{minutes} {units[2]}" if minutes < _HOUR else span(minutes, units)


def _id(alerts: Sequence[Alert], at: datetime) -> str:
    named = f"{alerts[0].source}\0{alerts[0].episode}\0{at:%H:%M:%S}"
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:4]
