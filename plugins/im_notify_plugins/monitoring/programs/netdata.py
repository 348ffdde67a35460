"""Netdata: what its `custom_sender` knows, as words `name=value` or in the environment.

The names are those of the variables in its alarm-notify.sh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.monitoring.readings import bounded, first, labels_of, plain
from im_notify_plugins.monitoring.words import severity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify_plugins.monitoring.programs.call import Call

_STATES = {
    "CRITICAL": AlertState.FIRING,
    "WARNING": AlertState.FIRING,
    "CLEAR": AlertState.RESOLVED,
    "REMOVED": AlertState.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Netdata:
    """Keys an alarm by host, chart and name: its ids begin anew with a new database."""

    name: str = "netdata"

    def meant(self, call: Call) -> bool:
        """Look for words that nobody else hands over."""
        return {"alarm", "status"} <= _pairs(call).keys()

    def read(self, call: Call) -> list[Alert]:
        """Return the alert, nothing for a status that says nothing, such as UNDEFINED."""
        said = {**call.environ, **_pairs(call)}
        host, alarm, status = (first(said, name) for name in ("host", "alarm", "status"))
        if not (host and alarm and status):
            text = _("host, alarm or status is missing: use the words of examples/netdata")
            raise AlertError(text)
        state = _STATES.get(status.upper())
        return [self._alert(said, call, state=state)] if state else []

    def _alert(self, said: Mapping[str, str], call: Call, *, state: AlertState) -> Alert:
        host, alarm, chart = (first(said, name) for name in ("host", "alarm", "chart"))
        return Alert(
            source=self.name,
            episode=bounded(f"{host}!{chart}!{alarm}"),
            state=state,
            severity=severity_of(first(said, "status")) or Severity.INFO,
            object=plain(host),
            summary=_summary(alarm.replace("_", " "), said),
            labels=labels_of({"host": host, "service": alarm, "chart": chart, **call.labels}),
        )


def _summary(alarm: str, said: Mapping[str, str]) -> str:
    value, info = first(said, "value_string", "value"), first(said, "info")
    return plain(": ".join(filter(None, (alarm, " ".join(filter(None, (value, info)))))))


def _pairs(call: Call) -> dict[str, str]:
    parted = (word.partition("=") for word in call.words if "=" in word)
    return {name: value for name, _equals, value in parted}
