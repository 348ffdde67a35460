"""Sensu Go: the event as JSON on standard input, as a pipe handler gets it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.monitoring.programs.checks import output_of
from im_notify_plugins.monitoring.readings import bounded, branch, first, labels_of, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify_plugins.monitoring.programs.call import Call

_SEVERITIES = {"0": Severity.INFO, "1": Severity.WARNING, "2": Severity.CRITICAL}


@dataclass(frozen=True, slots=True)
class Sensu:
    """Keys a problem by entity and check: each run of a check has an event id of its own."""

    name: str = "sensu"

    def meant(self, call: Call) -> bool:  # noqa: ARG002  of the protocol
        """Never say so: only who names it has its event on standard input."""
        return False

    def read(self, call: Call) -> list[Alert]:
        """Return the alert; nothing for metrics without a check, and for what is silenced."""
        event = _event(call.stdin())
        check = branch(event, "check")
        if (check and check.get("is_silenced") is True) or (not check and "metrics" in event):
            return []
        entity, name = _name(branch(event, "entity")), _name(check)
        if not entity or not name:
            raise AlertError(
                _("standard input holds no event of Sensu: entity or check is missing")
            )
        return [self._alert(check, call, entity=entity)]

    def _alert(self, check: Mapping[str, object], call: Call, *, entity: str) -> Alert:
        status, name = first(check, "status") or "0", _name(check)
        namespace = first(branch(check, "metadata"), "namespace")
        own = {"host": entity, "service": name, "namespace": namespace}
        return Alert(
            source=self.name,
            episode=bounded(f"{namespace}!{entity}!{name}"),
            state=AlertState.RESOLVED if status == "0" else AlertState.FIRING,
            severity=_SEVERITIES.get(status, Severity.WARNING),
            object=plain(entity),
            summary=f"{plain(name)}: {output_of(first(check, 'output'))}".removesuffix(": "),
            labels=labels_of(own | dict(call.labels)),
        )


def _event(typed: str) -> dict[str, object]:
    try:
        event = json.loads(typed)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise AlertError(_("standard input is no JSON object"))
    return event


def _name(one: Mapping[str, object]) -> str:
    return first(branch(one, "metadata"), "name") or first(one, "name")
