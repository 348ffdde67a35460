"""PRTG's HTTP action: a form or a query with placeholders in their own names.

`%status` is a word, or a phrase such as `Down ended (now: Up)`; `%since` is local time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.readings import bounded, digest, first, labels_of, plain
from im_notify_plugins.monitoring.words import folded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from im_notify.protocols import Request

_NOW = re.compile(r"\(now: ?([^()]{1,40})\)?")
_STATES = {
    "up": AlertState.RESOLVED,
    "down acknowledged": AlertState.ACKNOWLEDGED,
    "paused": AlertState.ACKNOWLEDGED,
}
_SEVERITIES = {
    "warning": Severity.WARNING,
    "unusual": Severity.WARNING,
    "unknown": Severity.WARNING,
    "paused": Severity.INFO,
}
_KEPT = ("sensor", "group", "probe", "lastvalue", "down", "priority")


@dataclass(frozen=True, slots=True)
class Prtg:
    """Reads one change of one sensor; `zone` is the PRTG server's."""

    zone: tzinfo | None = None
    name = "prtg"

    def parse(self, request: Request) -> list[Alert]:
        """Return how the sensor stands. Raises AlertError."""
        body = sniff.record(request, name=self.name)
        if not first(body, "sensorid", "sensor", "name", "device", "message"):
            raise sniff.misread(self.name)
        return [_alert(body, source=self.name, zone=self.zone)]


def _alert(body: Mapping[str, object], *, source: str, zone: tzinfo | None) -> Alert:
    device, sensor = plain(first(body, "device", "host")), plain(first(body, "sensor", "name"))
    status, message = _status(body), plain(first(body, "message", "lastmessage"))
    word = _SEVERITIES.get(status)
    if status == "up":  # it ends what the last status was
        word = _SEVERITIES.get(folded(first(body, "laststatus")))
    return Alert(
        source=source,
        episode=bounded(first(body, "sensorid")) or digest([device, sensor]),
        state=_STATES.get(status, AlertState.FIRING),
        severity=word or Severity.CRITICAL,
        object=device or sensor,
        summary=" ".join(one for one in (sensor, message) if one) or status or source,
        started_at=moment(first(body, "since", "statesince"), zone),
        labels=labels_of({name: body[name] for name in _KEPT if name in body}),
    )


def _status(body: Mapping[str, object]) -> str:
    written = first(body, "status", "state")
    now = _NOW.search(written)
    phrase = folded(now[1] if now else written)
    known = ("down acknowledged", "paused", "up", "warning", "unusual", "unknown")
    return next((one for one in known if phrase.startswith(one)), phrase)
