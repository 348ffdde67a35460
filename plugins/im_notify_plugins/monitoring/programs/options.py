"""Anything else: an alert in options, for scripts and cron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify_plugins.monitoring.readings import bounded, labels_of, plain
from im_notify_plugins.monitoring.words import severity_of, state_of

if TYPE_CHECKING:
    from im_notify_plugins.monitoring.programs.call import Call


@dataclass(frozen=True, slots=True)
class Options:
    """Without an episode each call is an event of its own, which never ends."""

    name: str = "options"

    def meant(self, call: Call) -> bool:
        """Look for the one option that only this has."""
        return "summary" in call.flags

    def read(self, call: Call) -> list[Alert]:
        """Return the alert. Raises InvalidMessageError for what cannot be meant."""
        episode, state = call.flag("episode"), _state(call)
        if not episode and state is not AlertState.FIRING:
            raise InvalidMessageError(_("--episode is missing: which problem is it?"))
        host = call.flag("host")
        shown, summary = plain(call.flag("object")) or plain(host), plain(call.flag("summary"))
        if not (summary or shown):
            raise InvalidMessageError(_("--summary is missing: what happened?"), code=454)
        own = {"host": host, "service": call.flag("service")}
        return [
            Alert(
                source=self.name,
                episode=bounded(episode or call.key),
                state=state,
                severity=_severity(call),
                object=shown,
                summary=summary,
                labels=labels_of(own | dict(call.labels)),
                once=not episode,
            )
        ]


def _state(call: Call) -> AlertState:
    typed = call.flag("state")
    state = state_of(typed) if typed else AlertState.FIRING
    if state is None:
        text = _("--state {typed!r} is not known: use firing, resolved or acknowledged")
        raise InvalidMessageError(text.format(typed=typed))
    return state


def _severity(call: Call) -> Severity:
    typed = call.flag("severity")
    severity = severity_of(typed) if typed else Severity.WARNING
    if severity is None:
        text = _("--severity {typed!r} is not known: use critical, warning or info")
        raise InvalidMessageError(text.format(typed=typed))
    return severity
