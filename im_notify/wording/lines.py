"""Put the fields of alerts into one line, and give up the least telling until it fits."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.text import Encoding, capacity, estimate, fit
from im_notify.wording.fields import kind, left_out, object_name, place, summary
from im_notify.wording.moments import begun, short_id, time_of
from im_notify.wording.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from im_notify.wording.tables import Wording

_STATES = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.RESOLVED)  # which leads
_SEVERITIES = tuple(Severity)  # from the worst
_NAMES = 3
_LOOKED_AT = 100  # alerts among which these are found


def word(alerts: Sequence[Alert], wording: Wording, *, at: datetime) -> str:
    """Return one text about the changes that one notification told, of at least one alert.

    `at` is when the changes were accepted. The text fits `wording.parts`, holds severity, object,
    what, count, since and id in this order, and differs from minute to minute and state to state.
    Alerts of other states than the most pressing one are named behind the id while there is room,
    else counted.
    """
    told = foremost(alerts)
    first = earliest(told, at)
    end = f"{time_of(first, wording, at=at)} #{short_id(first, at)}"
    others = _others(alerts, told, wording)
    counted = "".join(choices[-1] for choices in others)
    more = left_out(alerts)
    if len(told) == 1 and not more:
        line = _single(told[0], wording, end=end + counted)
    else:
        line = _group(told, wording, more=more, end=end + counted)
    return _with_names(line, others, counted)


def foremost(alerts: Sequence[Alert]) -> list[Alert]:
    """Return those in the most pressing state that any of them is in, the worst first."""
    leading = next(state for state in _STATES if any(one.state is state for one in alerts))
    told = [one for one in alerts if one.state is leading]
    return sorted(told, key=lambda one: _SEVERITIES.index(one.severity))


def earliest(alerts: Sequence[Alert], at: datetime) -> Alert:
    """Return the one that began first: its id and its time stand for all of them."""
    return min(alerts, key=lambda one: (begun(one, at), one.source, one.episode))


def state_word(alert: Alert, wording: Wording) -> str:
    """Return how the language calls an alert's state, or its severity while it fires."""
    if alert.state is AlertState.RESOLVED:
        return wording.words.resolved
    if alert.state is AlertState.ACKNOWLEDGED:
        return wording.words.acknowledged
    return wording.words.severity[alert.severity]


def _single(alert: Alert, wording: Wording, *, end: str) -> str:
    name = object_name(alert, wording)
    head = _joined(state_word(alert, wording), name)
    return _fitted(head, summary(alert, wording, name=name), end, parts=wording.parts)


def _group(alerts: Sequence[Alert], wording: Wording, *, more: int, end: str) -> str:
    group = _gathered(alerts, wording, more=more, end=end)
    for line in _ladder(group):
        if _fits(line, wording.parts):
            return line
    return _fitted(group.head, group.kind, _joined(group.count, end), parts=wording.parts)


def _others(alerts: Sequence[Alert], told: Sequence[Alert], wording: Wording) -> list[list[str]]:
    """Return, for each state beside that of `told`, how to tell it, with ever fewer names.

    ` / OK a,b +1`, ` / OK a +2`, ` / OK 3`.
    """
    words, leading = wording.words, told[0].state
    named = {AlertState.ACKNOWLEDGED: words.acknowledged, AlertState.RESOLVED: words.resolved}
    groups = [[one for one in alerts if one.state is state] for state in _STATES]
    others = [group for group in groups if group and group[0].state is not leading]
    heard = {object_name(one, wording) for one in told[:_LOOKED_AT]} if others else set()
    return [
        [f" / {named[group[0].state]} {said}" for said in _ways(group, wording, heard=heard)]
        for group in others
    ]


def _ways(alerts: Sequence[Alert], wording: Wording, *, heard: set[str]) -> list[str]:
    """Name objects; of those `heard` before, and of none, it takes more to know what is meant."""
    pairs = ((one, object_name(one, wording)) for one in foremost(alerts)[:_LOOKED_AT])
    names = _distinct(
        name if name and name not in heard else _joined(name, kind(one, wording, name=name))
        for one, name in pairs
    )
    shown = range(min(len(names), _NAMES), 0, -1)
    ways = [_listed(names[:count], count, len(alerts) - count) for count in shown]
    return [*ways, str(len(alerts))]


def _with_names(line: str, others: Sequence[Sequence[str]], counted: str) -> str:
    """Put names in place of the counts at the end of a line, as many as make it no dearer."""
    told, parts = line.removesuffix(counted), estimate(line).parts
    for choices in others:
        counted = counted.removeprefix(choices[-1])
        fitting = (one for one in choices if _fits(f"{told}{one}{counted}", parts))
        told += next(fitting, choices[-1])
    return told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The fields of a line about several alerts.

    `head` is the state, with the object if there is only one; `names` are said in full or
    `briefly`, and `more` alerts have no name here.
    """

    head: str
    kind: str
    place: str
    count: str
    tally: str
    names: Sequence[str]
    briefly: Sequence[str]
    more: int
    end: str


def _gathered(alerts: Sequence[Alert], wording: Wording, *, more: int, end: str) -> _Group:
    named = [(name := object_name(one, wording), kind(one, wording, name=name)) for one in alerts]
    objects, kinds = _distinct(name for name, _ in named), _distinct(what for _, what in named)
    alone = objects[0] if len(objects) == 1 and not more else ""
    common = kinds[0] if len(kinds) == 1 else ""
    brief = objects if objects and not alone else kinds if not common else []
    full = brief if alone or common else _distinct(_joined(*pair) for pair in named)
    return _Group(
        head=_joined(state_word(alerts[0], wording), alone),
        kind=common,
        place=place(alerts, wording),
        count=f"{len(alerts) + more} {wording.words.alerts}",
        tally=_tally(alerts, wording),
        names=full,
        briefly=brief,
        more=more,
        end=end,
    )


def _tally(alerts: Sequence[Alert], wording: Wording) -> str:
    """Count those that are worse than the mildest told; recoveries are all alike."""
    if alerts[0].state is not AlertState.FIRING:
        return ""
    counts = Counter(one.severity for one in alerts)
    worse = [severity for severity in _SEVERITIES if counts[severity]][:-1]
    shown = ", ".join(f"{counts[one]} {wording.words.counted[one]}" for one in worse)
    return plain(f"({shown})", cheap=wording.transliterate) if shown else ""


def _ladder(group: _Group) -> Iterator[str]:
    """Yield the line with ever fewer fields: counts go first, then names, the place at last."""
    yield _line(group, names=_listed(group.names, _NAMES, group.more), tally=group.tally)
    yield _line(group, names=_listed(group.names, _NAMES, group.more))
    for shown in range(_NAMES, -1, -1):
        yield _line(group, names=_listed(group.briefly, shown, group.more))


def _line(group: _Group, *, names: str, tally: str = "") -> str:
    subject = _joined(group.head, group.kind, group.place)
    colon = ":" if " " in subject else ""
    return _joined(f"{subject}{colon}", group.count, tally, names, group.end)


def _listed(names: Sequence[str], shown: int, more: int) -> str:
    """Say `a,b,c +37`."""
    rest = len(names[shown:]) + more
    if not names[:shown]:
        return ""
    return ",".join(names[:shown]) + (f" +{rest}" if rest else "")


def _fitted(head: str, what: str, end: str, *, parts: int) -> str:
    """Join the three; `what` is shortened at a word or left out, `head` only if it alone is long.

    `end` goes to `fit` as the ellipsis, so that it stays whatever is cut before it.
    """
    line = _joined(head, what[: capacity(Encoding.GSM, parts)], end)
    if _fits(line, parts):
        return line
    cut = fit(line, parts, ellipsis=f"... {end}")
    if cut.startswith(f"{head} "):
        return cut
    return bare if _fits(bare := _joined(head, end), parts) else _clipped(head, end, parts=parts)


def _clipped(head: str, end: str, *, parts: int) -> str:
    lengths = range(1, len(head))
    most = bisect_left(lengths, x=True, key=lambda n: not _fits(f"{head[:n]}... {end}", parts))
    return f"{head[:most]}... {end}"


def _fits(line: str, parts: int) -> bool:
    return estimate(line).parts <= parts


def _joined(*fields: str) -> str:
    return " ".join(filter(None, fields))


def _distinct(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, names)))
