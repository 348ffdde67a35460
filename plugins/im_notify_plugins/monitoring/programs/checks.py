"""What Nagios and its kin tell: a check of a host or of a service on it, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.monitoring.readings import bounded, labels_of, plain
from im_notify_plugins.monitoring.words import severity_of, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# By the first word of the notification's type. What is in neither table, such as a downtime that
# begins, is planned or looked at already: nobody is texted.
_PROBLEM, _RECOVERY, _ACKNOWLEDGED, _CUSTOM = "PROBLEM", "RECOVERY", "ACKNOWLEDGEMENT", "CUSTOM"
_FLAPPING = {
    "FLAPPINGSTART": AlertState.FIRING,
    "FLAPPINGSTOP": AlertState.RESOLVED,
    "FLAPPINGEND": AlertState.RESOLVED,
    "FLAPPINGDISABLED": AlertState.RESOLVED,
}
_STATES = {
    _PROBLEM: AlertState.FIRING,
    _RECOVERY: AlertState.RESOLVED,
    _ACKNOWLEDGED: AlertState.ACKNOWLEDGED,
}
# `DISK CRITICAL - text`, the form that the guidelines of the Monitoring Plugins give to output
_STATUS = re.compile(
    r"(?:[\w./-]+ )?(?:OK|WARNING|CRITICAL|UNKNOWN|UP|DOWN|UNREACHABLE)\s*[-:]\s+(?=\S)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A notification; everything is as told. An empty `service` means the host itself.

    `shown` is the service as people know it. Since when it is so, is told on some recoveries as
    the time of the recovery, so that nobody is told: the relay knows when it heard of a problem.
    """

    source: str
    key: str
    kind: str
    host: str
    service: str = ""
    shown: str = ""
    state: str = ""
    output: str = ""
    comment: str = ""
    labels: Mapping[str, object] = field(default_factory=dict)


def alerts_of(check: Check) -> list[Alert]:
    """Return the alert, or nothing for what nobody is texted about.

    Its episode is host and service alone, so that problem, acknowledgement and recovery meet.
    Raises AlertError without a host.
    """
    if not check.host:
        text = _("{source} named no host: does it hand its macros over?")
        raise AlertError(text.format(source=check.source))
    kind = (check.kind.upper().split() or [""])[0]
    if kind in _FLAPPING:
        return [_flapping(check, _FLAPPING[kind])]
    if kind == _CUSTOM:
        return [_custom(check)]
    state = _STATES.get(kind) if kind else state_of(check.state)
    return [_alert(check, state)] if state else []


def _alert(check: Check, state: AlertState) -> Alert:
    return Alert(
        source=check.source,
        episode=_episode(check),
        state=state,
        severity=severity_of(check.state) or Severity.WARNING,
        object=plain(check.host),
        summary=_summary(check, output_of(check.output) or check.state),
        labels=_labels(check),
    )


def _flapping(check: Check, state: AlertState) -> Alert:
    return Alert(
        source=check.source,
        episode=_episode(check, "flapping"),
        state=state,
        severity=Severity.INFO,
        object=plain(check.host),
        summary=_summary(check, "flapping"),
        labels=_labels(check),
    )


def _custom(check: Check) -> Alert:
    """Tell what a person wants to be told, each time it is wanted."""
    return Alert(
        source=check.source,
        episode=_episode(check, check.key),
        state=AlertState.FIRING,
        severity=severity_of(check.state) or Severity.INFO,
        object=plain(check.host),
        summary=_summary(check, plain(check.comment) or output_of(check.output)),
        labels=_labels(check),
        once=True,
    )


def output_of(output: str) -> str:
    """Return the first line of a check's output, without the state that is told apart."""
    return _STATUS.sub("", plain(output), count=1)


def _summary(check: Check, what: str) -> str:
    shown = plain(check.shown) or plain(check.service)
    return f"{shown}: {what}" if shown and what else shown or what


def _episode(check: Check, *more: str) -> str:
    return bounded("!".join((check.host, check.service, *more) if more else _named(check)))


def _named(check: Check) -> tuple[str, ...]:
    return (check.host, check.service) if check.service else (check.host,)


def _labels(check: Check) -> dict[str, str]:
    own = {"host": check.host, "service": check.service, "state": check.state}
    return labels_of({**own, **check.labels})
