"""monit: `exec` with its five `MONIT_*` variables, when a test fails and when it succeeds again.

The names of events are those of `Event_Table` in its event.c: a test and how it went, such as
`Connection failed` and `Connection succeeded`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.monitoring.readings import bounded, first, labels_of, plain, text

if TYPE_CHECKING:
    from im_notify_plugins.monitoring.programs.call import Call

_PREFIX = "MONIT_"
_HOW_IT_WENT = re.compile(
    r" (?:failed|succeeded|exceeded|ok|matched|changed|error|down|up|recovery|recovered)\Z"
)
_WELL = re.compile(r"(?:succeeded|\bok|\bup|recovery|recovered|\bexists)\Z", re.IGNORECASE)
_ONE_NAME = {"does not exist": "existence", "exists": "existence", "invalid type": "type"}
_NO_TEST = ("action", "monit instance")  #: monit tells of itself, or of what it was told to do
_RESOURCE, _CONNECTION = "resource limit", "connection"
_PORT = re.compile(r"\[[^\]]{1,100}\]:[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Monit:
    """Keys a problem by host, service and test, for a service has several tests."""

    name: str = "monit"

    def meant(self, call: Call) -> bool:
        """Look for the two variables that say what happened."""
        names = (f"{_PREFIX}SERVICE", f"{_PREFIX}EVENT")
        return all(text(call.environ.get(name)) for name in names)

    def read(self, call: Call) -> list[Alert]:
        """Return the alert of an event."""
        said = call.prefixed(_PREFIX)
        service = call.flag("service") or first(said, "SERVICE")
        event, host = first(said, "EVENT"), call.flag("host") or first(said, "HOST")
        if not service or not event:
            raise AlertError(_("monit named no service or no event: is this run by its exec?"))
        what = first(said, "DESCRIPTION") or event
        test = _test(event)
        once = test in _NO_TEST
        own = {"host": host, "service": service, "event": event}
        names = (host, service, call.key if once else _which(test, what))
        return [
            Alert(
                source=self.name,
                episode=bounded("!".join(names)),
                state=AlertState.RESOLVED if _WELL.search(event) else AlertState.FIRING,
                severity=Severity.INFO if once else Severity.CRITICAL,
                object=plain(host),
                summary=f"{plain(service)}: {plain(what)}",
                labels=labels_of({**own, **call.labels}),
                once=once,
            )
        ]


def _test(event: str) -> str:
    """Return the test that an event is about, however it went."""
    name = event.lower()
    return _ONE_NAME.get(name) or _HOW_IT_WENT.sub("", name)


def _which(test: str, description: str) -> str:
    """Tell apart tests of one kind: the resource that stands first, or the port."""
    if test == _RESOURCE:
        return f"{test} {description.partition(' ')[0].lower()}"
    port = _PORT.search(description) if test == _CONNECTION else None
    return f"{test} {port[0]}" if port else test
