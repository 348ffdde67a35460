"""What a text can say about one alert, or about all of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.wording.plain import plain, says_something, short_name, spelt, without_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from im_notify.alerts import Alert
    from im_notify.wording.tables import Wording

_HOSTS = ("host", "hostname", "instance", "node", "device")
_TELLING = ("alertname", "title", "description", "message", "check", "service")
_PLACES = ("site", "location", "datacenter", "dc", "region", "cluster", "namespace", "env")
_SILENT = frozenset({"severity", "truncated", *_HOSTS})
_DIGITS = 6  # of a count that is believed


def object_name(alert: Alert, wording: Wording) -> str:
    """Return the short name of what the alert is about, the labels' where the source told none."""
    for told in (alert.object, *(alert.labels.get(key, "") for key in _HOSTS)):
        name = plain(told, cheap=wording.transliterate, url=r"\1")
        if says_something(name):
            return name if "://" in told else short_name(name)
    return ""


def summary(alert: Alert, wording: Wording, *, name: str) -> str:
    """Return what happened, without the object's `name` in front, and never nothing."""
    full_name = plain(alert.object, cheap=wording.transliterate)
    for told in _tellings(alert):
        text = plain(told, cheap=wording.transliterate)
        text = without_name(text, full_name, name)
        if says_something(text):
            return text
    return wording.words.alert


def kind(alert: Alert, wording: Wording, *, name: str) -> str:
    """Return what alerts of one rule have in common: its name, the summary where there is none."""
    rule = plain(alert.labels.get("alertname", ""), cheap=wording.transliterate)
    return rule if says_something(rule) else summary(alert, wording, name=name)


def place(alerts: Sequence[Alert], wording: Wording) -> str:
    """Return where all of `alerts` are, empty when they do not agree."""
    for key in _PLACES:
        told = {alert.labels.get(key, "") for alert in alerts}
        text = plain(told.pop(), cheap=wording.transliterate) if len(told) == 1 else ""
        if says_something(text):
            return text
    return ""


def left_out(alerts: Sequence[Alert]) -> int:
    """Return how many more alerts the source counted than it told: each alert says the same."""
    told = [alert.labels.get("truncated", "") for alert in alerts]
    return max(int(text) if text.isdecimal() and len(text) <= _DIGITS else 0 for text in told)


def _tellings(alert: Alert) -> Iterator[str]:
    yield alert.summary
    yield from (alert.labels.get(key, "") for key in _TELLING)
    others = [value for key, value in alert.labels.items() if key not in _SILENT]
    yield " ".join(others[:3])
    yield spelt(alert.summary) or spelt(alert.object)
    yield alert.source
