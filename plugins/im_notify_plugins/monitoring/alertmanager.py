"""Alertmanager's webhook, version 4, which Mimir sends as well.

Each notification carries the whole group, firing and resolved mixed. `fingerprint` is the digest
of an alert's labels, so it is the same on every member of a cluster; `groupKey`, `externalURL`
and `startsAt` take no part in the episode.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.readings import (
    bounded,
    branch,
    digest,
    first,
    labels_of,
    plain,
    text,
)
from im_notify_plugins.monitoring.words import severity_of, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from im_notify.protocols import Request

_OBJECTS = (
    *("instance", "host", "hostname", "node", "nodename", "device", "target", "monitor"),
    *("pod", "container", "deployment", "service", "rulename", "job"),
)
_SUMMARIES = ("summary", "message", "title", "description")
_NAMES = ("labels", "fingerprint", "annotations")  # any of them tells an alert from others
_READ = (*_NAMES, "startsAt")
MAX_ALERTS = 5000  #: more than fit into the largest notification that is plausible


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """Reads a group of alerts; `zone` is for times that have none."""

    zone: tzinfo | None = None
    name = "alertmanager"

    def parse(self, request: Request) -> list[Alert]:
        """Return the alerts of the group; raises AlertError when it is none.

        What `max_alerts` cut off is counted in the label `truncated` of the first one.
        """
        return read_group(sniff.record(request, name=self.name), source=self.name, zone=self.zone)


@dataclass(frozen=True, slots=True)
class _Group:
    """What all alerts of a notification have in common."""

    source: str
    name: str
    zone: tzinfo | None


def read_group(body: Mapping[str, object], *, source: str, zone: tzinfo | None) -> list[Alert]:
    """Read a body with the list `alerts`; an entry that names nothing is left out.

    Raises AlertError when there is no list, or nothing in it can be used.
    """
    listed = body.get("alerts")
    if not isinstance(listed, list):
        raise sniff.misread(source)
    items = _usable(listed, body)
    if listed and not items:
        raise sniff.misread(source)
    shared = _shared(items)
    name = bounded(first(body, "groupKey") or digest(body.get("groupLabels")))
    group = _Group(source, name, zone)
    alerts = [_alert(one, _episode(one, shared), group) for one in items]
    return _counted(alerts, body, cut=max(len(listed) - MAX_ALERTS, 0))


def _usable(listed: list[object], body: Mapping[str, object]) -> list[dict[str, object]]:
    """Return what tells itself from others, with labels and status, or else the group as one."""
    common = branch(body, "commonLabels") or branch(body, "groupLabels")
    status = first(body, "status", "state")
    alerts = [one for one in listed[:MAX_ALERTS] if isinstance(one, dict)]
    named = [one for one in alerts if any(one.get(name) for name in _NAMES)]
    if alerts and common and not named:
        named = [{"labels": common}]
    return [
        {
            **{name: one[name] for name in _READ if name in one},
            "labels": branch(one, "labels"),
            "status": first(one, "status") or status,
        }
        for one in named
    ]


def _shared(items: list[dict[str, object]]) -> frozenset[str]:
    """Return the fingerprints that stand for more than one set of labels: they tell nothing."""
    if len(items) == 1:
        return frozenset()
    sets: defaultdict[str, set[str]] = defaultdict(set)
    for one in items:
        sets[first(one, "fingerprint")].add(digest(one["labels"]))
    return frozenset(fingerprint for fingerprint, found in sets.items() if len(found) > 1)


def _episode(one: Mapping[str, object], shared: frozenset[str]) -> str:
    fingerprint = first(one, "fingerprint")
    if fingerprint and fingerprint not in shared:
        return bounded(fingerprint)
    return digest(one["labels"] or one.get("annotations"))


def _alert(one: Mapping[str, object], episode: str, group: _Group) -> Alert:
    labels = branch(one, "labels")
    severity = severity_of(first(labels, "severity", "priority", "level"))
    return Alert(
        source=group.source,
        episode=episode,
        state=state_of(first(one, "status")) or AlertState.FIRING,
        severity=severity or Severity.WARNING,
        object=first(labels, *_OBJECTS),
        summary=_summary(one, labels) or group.source,
        started_at=moment(one.get("startsAt"), group.zone),
        labels=labels_of(labels),
        group=group.name,
    )


def _summary(one: Mapping[str, object], labels: Mapping[str, object]) -> str:
    told = plain(first(branch(one, "annotations"), *_SUMMARIES))
    named = told or plain(first(labels, "alertname"))
    if named:
        return named
    listed = " ".join(f"{key}={value}" for key, value in labels_of(labels).items())
    return text(listed) or first(one, "fingerprint")


def _counted(alerts: list[Alert], body: Mapping[str, object], *, cut: int) -> list[Alert]:
    """Tell on the first alert how many more there are than the sender, or we, listed."""
    told = first(body, "truncatedAlerts")
    more = cut + (int(told) if told.isdecimal() else 0)
    if not alerts or not more:
        return alerts
    head = replace(alerts[0], labels={**alerts[0].labels, "truncated": str(more)})
    return [head, *alerts[1:]]
