"""Nagios, Naemon and Centreon: `NAGIOS_*` where the environment is handed over, options if not.

The environment keeps the quotes and `$` that macros lose (`illegal_macro_output_chars`), and
needs `enable_environment_macros=1`. Options win.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify_plugins.monitoring.programs.checks import Check, alerts_of
from im_notify_plugins.monitoring.readings import first, text

if TYPE_CHECKING:
    from im_notify.alerts import Alert
    from im_notify_plugins.monitoring.programs.call import Call

_PREFIX = "NAGIOS_"


@dataclass(frozen=True, slots=True)
class Nagios:
    """Keys its problems by host and service: HOSTPROBLEMID is 0 on a host's recovery."""

    name: str = "nagios"

    def meant(self, call: Call) -> bool:
        """Look for the one variable that every notification has."""
        return bool(text(call.environ.get(f"{_PREFIX}NOTIFICATIONTYPE")))

    def read(self, call: Call) -> list[Alert]:
        """Return the alert of a notification."""
        said = call.prefixed(_PREFIX)
        service = call.flag("service") or first(said, "SERVICEDESC")
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
                comment=first(said, "NOTIFICATIONCOMMENT"),
                labels={
                    "address": said.get("HOSTADDRESS"),
                    "hostgroup": said.get("HOSTGROUPNAME"),
                    "author": said.get("NOTIFICATIONAUTHOR"),
                    **call.labels,
                },
            )
        )
