"""Uptime Kuma: JSON, form or GET with `heartbeat` and `monitor`, or a body of the user's own.

`msg` has an emoji and repeats the name, so the text comes from the fields. The payload holds the
whole configuration of the monitor: only its name and kind go on. A custom body is JSON that is
called a form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify_plugins.monitoring import sniff
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.readings import bounded, branch, digest, first, labels_of, plain
from im_notify_plugins.monitoring.words import state_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from im_notify.protocols import Request

# heartbeat.status: down, up, pending, maintenance
_STATES = {"1": AlertState.RESOLVED, "3": AlertState.ACKNOWLEDGED}
_SEVERITIES = {"2": Severity.WARNING, "3": Severity.INFO}
_MESSAGE = re.compile(r"\[([^\[\]]{1,200})\] \[([^\[\]]{1,40})\] ?")  # [name] [🔴 Down] reason
_PRODUCT = "Uptime Kuma"
_TEXTS = ("msg", "text", "message", "body")


@dataclass(frozen=True, slots=True)
class UptimeKuma:
    """Reads one change of one monitor; `zone` is for custom bodies, else times are UTC."""

    zone: tzinfo | None = None
    name = "uptimekuma"

    def parse(self, request: Request) -> list[Alert]:
        """Return what happened to the monitor, or the test message. Raises AlertError."""
        body = sniff.record(request, name=self.name)
        beat, monitor = branch(body, "heartbeat"), branch(body, "monitor")
        if beat:
            return [_change(beat, monitor, body, source=self.name)]
        if not first(body, *_TEXTS, "status"):
            raise sniff.misread(self.name)
        return [_told(body, source=self.name, zone=self.zone)]


def _change(
    beat: Mapping[str, object],
    monitor: Mapping[str, object],
    body: Mapping[str, object],
    *,
    source: str,
) -> Alert:
    number, (name, word, reason) = first(beat, "status"), _split(first(body, "msg"))
    name = plain(first(monitor, "name", "pathName")) or name
    monitor_id = first(beat, "monitorID", "monitor_id") or first(monitor, "id")
    state = _STATES.get(number, AlertState.FIRING) if number else state_of(word)
    return Alert(
        source=source,
        episode=bounded(monitor_id) or digest(name),
        state=state or AlertState.FIRING,
        severity=_SEVERITIES.get(number, Severity.CRITICAL),
        object=name or _PRODUCT,
        summary=plain(beat.get("msg")) or reason or word or name or _PRODUCT,
        started_at=_started(beat, state),
        labels=labels_of({"monitor": name, "type": monitor.get("type")}),
    )


def _started(beat: Mapping[str, object], state: AlertState | None) -> datetime | None:
    """`time` is when it went down, or came up; then `lastDownTime` is when it went down."""
    field = "lastDownTime" if state is AlertState.RESOLVED else "time"
    return moment(beat.get(field), UTC)


def _told(body: Mapping[str, object], *, source: str, zone: tzinfo | None) -> Alert:
    """Read a custom body by the names its user is likely to choose, or the test message."""
    name, word, reason = _split(first(body, *_TEXTS))
    name = plain(first(body, "name", "monitor")) or name
    status = first(body, "status", "state") or word
    monitor_id = first(body, "monitorID", "monitor_id", "id")
    is_problem = bool(status and (monitor_id or name))
    return Alert(
        source=source,
        episode=(bounded(monitor_id) or digest(name)) if is_problem else digest(body),
        state=_STATES.get(status) or state_of(plain(status)) or AlertState.FIRING,
        severity=Severity.CRITICAL if status else Severity.INFO,
        object=name or _PRODUCT,
        summary=reason or plain(status) or name or _PRODUCT,
        started_at=moment(body.get("time"), zone),
        labels=labels_of({"monitor": name}),
        once=not is_problem,
    )


def _split(message: str) -> tuple[str, str, str]:
    """Return name, state and reason; only the reason when the message is worded otherwise."""
    found = _MESSAGE.search(message)
    if not found:
        return "", "", plain(message)
    return plain(found[1]), plain(found[2]), plain(message[found.end() :])
