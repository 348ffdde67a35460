"""Which host or service an alert is about, as programs of the Nagios family name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.alerts import Alert


@dataclass(frozen=True, slots=True)
class Object:
    """A host, or one of its services."""

    host: str
    service: str = ""


def objects_of(alerts: Iterable[Alert]) -> list[Object]:
    """Return what the alerts are about, each once: their labels `host` and `service`.

    An alert without the first is about the host that is its object. Raises AlertError when none
    names a host.
    """
    found = (
        Object(alert.labels.get("host") or alert.object, alert.labels.get("service", ""))
        for alert in alerts
    )
    unique = list(dict.fromkeys(one for one in found if one.host))
    if not unique:
        raise AlertError(_("no alert names a host"))
    return unique
