"""Zabbix, through a webhook media type that posts its macros as JSON.

EVENT.ID is the problem's on its recovery, too. Macros without a value arrive as they are written.
Times have no zone. With several servers, `server` tells whose event it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.readings import bounded, digest, first, labels_of, plain
from im_notify_plugins.monitoring.words import severity_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from im_notify.protocols import Request

# EVENT.NSEVERITY: not classified, information, warning, average, high, disaster
_SEVERITIES = {
    "0": Severity.INFO,
    "1": Severity.INFO,
    "2": Severity.WARNING,
    "3": Severity.WARNING,
    "4": Severity.CRITICAL,
    "5": Severity.CRITICAL,
}
_WITHOUT_RECOVERY = {"1", "2"}  #: EVENT.SOURCE: discovery and autoregistration
_NAMES = ("event_name", "trigger_name", "subject", "message")


@dataclass(frozen=True, slots=True)
class Zabbix:
    """Reads one event; `zone` is the server's."""

    zone: tzinfo | None = None
    name = "zabbix"

    def parse(self, request: Request) -> list[Alert]:
        """Return the problem, its recovery, or what somebody did about it. Raises AlertError."""
        event = sniff.record(request, name=self.name)
        summary = plain(first(event, *_NAMES))
        if not summary and not first(event, "event_id"):
            raise sniff.misread(self.name)
        return [_alert(event, summary or self.name, source=self.name, zone=self.zone)]


def _alert(event: Mapping[str, object], summary: str, *, source: str, zone: tzinfo | None) -> Alert:
    host = plain(first(event, "host_name", "host", "host_ip"))
    by_number = _SEVERITIES.get(first(event, "event_nseverity"))
    return Alert(
        source=source,
        episode=_episode(event, host, summary),
        state=_state(event),
        severity=by_number or severity_of(first(event, "event_severity")) or Severity.WARNING,
        object=host,
        summary=summary,
        started_at=_started(event, zone),
        labels=_labels(event),
        once=first(event, "event_source") in _WITHOUT_RECOVERY,
    )


def _episode(event: Mapping[str, object], host: str, summary: str) -> str:
    event_id, server = first(event, "event_id"), first(event, "server")
    if not event_id:
        return digest([server, first(event, "trigger_id") or summary, host])
    return bounded(f"{server}/{event_id}" if server else event_id)


def _state(event: Mapping[str, object]) -> AlertState:
    """An update tells where the problem stands: acknowledged stays so when one comments on it."""
    status = first(event, "trigger_status").upper()
    if first(event, "event_value") == "0" or (not first(event, "event_value") and status == "OK"):
        return AlertState.RESOLVED
    actions = first(event, "event_update_action").lower().replace(",", " ").split()
    acknowledged = "acknowledged" in actions or (
        first(event, "event_ack").lower() == "yes" and "unacknowledged" not in actions
    )
    is_update = first(event, "event_update_status") == "1"
    return AlertState.ACKNOWLEDGED if is_update and acknowledged else AlertState.FIRING


def _started(event: Mapping[str, object], zone: tzinfo | None) -> datetime | None:
    written = f"{first(event, 'event_date')} {first(event, 'event_time')}"
    return moment(event.get("event_timestamp"), zone) or moment(written, zone)


def _labels(event: Mapping[str, object]) -> dict[str, str]:
    """Take the event's tags, and what else tells which problem it is."""
    tags = sniff.nested(event.get("event_tags"))
    listed = [one for one in tags if isinstance(one, dict)] if isinstance(tags, list) else []
    fields = {first(one, "tag"): one.get("value") for one in listed}
    told = {"opdata": event.get("event_opdata"), "trigger_id": event.get("trigger_id")}
    return labels_of({**told, **fields, "event_id": event.get("event_id")})
