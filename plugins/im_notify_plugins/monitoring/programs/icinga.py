"""Icinga 2: the `ICINGA_*` variables of examples/icinga2, named as its own scripts name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify_plugins.monitoring.programs.checks import Check, alerts_of
from im_notify_plugins.monitoring.readings import first, text

if TYPE_CHECKING:
    from im_notify.alerts import Alert
    from im_notify_plugins.monitoring.programs.call import Call

_PREFIX = "ICINGA_"


@dataclass(frozen=True, slots=True)
class Icinga:
    """The service's name goes into the labels, its display name into the text."""

    name: str = "icinga"

    def meant(self, call: Call) -> bool:
        """Look for the one variable that every notification has."""
        return bool(text(call.environ.get(f"{_PREFIX}NOTIFICATIONTYPE")))

    def read(self, call: Call) -> list[Alert]:
        """Return the alert of a notification."""
        said = call.prefixed(_PREFIX)
        service = call.flag("service") or first(said, "SERVICENAME")
        what = "SERVICE" if service else "HOST"
        return alerts_of(
            Check(
                source=self.name,
                key=call.key,
                kind=call.flag("type") or first(said, "NOTIFICATIONTYPE"),
                host=call.flag("host") or first(said, "HOSTNAME"),
                service=service,
                shown=first(said, "SERVICEDISPLAYNAME"),
                state=call.flag("state") or first(said, f"{what}STATE"),
                output=call.flag("output") or first(said, f"{what}OUTPUT"),
                comment=first(said, "COMMENT"),
                labels={
                    "address": said.get("HOSTADDRESS"),
                    "author": said.get("AUTHOR"),
                    **call.labels,
                },
            )
        )
