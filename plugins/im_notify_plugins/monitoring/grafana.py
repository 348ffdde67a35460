"""Grafana's webhook: Alertmanager's skeleton with `orgId` and `state` (alerting, ok).

Grafana up to version 10 with its old alerting, and payload templates that leave the list of alerts
out, tell one alert at the top of the body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.alertmanager import read_group
from im_notify_plugins.monitoring.readings import bounded, branch, digest, first, labels_of, plain
from im_notify_plugins.monitoring.words import severity_of, state_of, untagged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from im_notify.protocols import Request

_MARKS = ("orgId", "state", "ruleName")
_NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Grafana:
    """Reads both kinds of bodies; `zone` is for times that have none."""

    zone: tzinfo | None = None
    name = "grafana"

    def parse(self, request: Request) -> list[Alert]:
        """Return the alerts of the group, as Alertmanager's are; raises AlertError."""
        body = sniff.record(request, name=self.name)
        if isinstance(body.get("alerts"), list):
            return read_group(body, source=self.name, zone=self.zone)
        if not any(mark in body for mark in _MARKS):
            raise sniff.misread(self.name)
        return [_single(body, source=self.name)]


def _single(body: Mapping[str, object], *, source: str) -> Alert:
    tags = branch(body, "tags") or branch(body, "commonLabels")
    rule = first(body, "ruleName", "groupKey", "title")
    summary = untagged(plain(first(body, "message", "title", "ruleName")))
    if not rule and not summary:
        raise sniff.misread(source)
    return Alert(
        source=source,
        episode=bounded(first(body, "ruleUID", "ruleId", "groupKey")) or digest(untagged(rule)),
        state=state_of(first(body, "state", "status")) or AlertState.FIRING,
        severity=severity_of(first(tags, "severity")) or _severity(body),
        object=plain(first(tags, "instance", "host") or first(body, "ruleName")),
        summary=summary or rule,
        labels=labels_of(tags),
    )


def _severity(body: Mapping[str, object]) -> Severity:
    return Severity.WARNING if first(body, "state") == _NO_DATA else Severity.CRITICAL
