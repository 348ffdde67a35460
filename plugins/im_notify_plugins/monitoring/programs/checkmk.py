"""Checkmk: `NOTIFY_*` for one notification, contexts on standard input for several (`--bulk`).

In bulk the sections are parted by empty lines, the first is about all, names have no `NOTIFY_`,
and the character 1 stands for a line end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.monitoring.programs.checks import Check, alerts_of
from im_notify_plugins.monitoring.readings import first, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from im_notify.alerts import Alert
    from im_notify_plugins.monitoring.programs.call import Call

_PREFIX = "NOTIFY_"
_NEWLINE = "\x01"


@dataclass(frozen=True, slots=True)
class Checkmk:
    """One host is one host, whichever of several sites tells of it."""

    name: str = "checkmk"

    def meant(self, call: Call) -> bool:
        """Look for the variable that says whether it is a host or a service, or for `--bulk`."""
        return "bulk" in call.flags or bool(text(call.environ.get(f"{_PREFIX}WHAT")))

    def read(self, call: Call) -> list[Alert]:
        """Return one alert, or one for each context of a bulk."""
        if "bulk" not in call.flags:
            return self._alerts(call.prefixed(_PREFIX), call)
        contexts = list(_contexts(call.stdin()))
        if not contexts:
            raise AlertError(_("there is no notification on standard input"))
        return [alert for one in contexts for alert in self._alerts(one, call)]

    def _alerts(self, said: Mapping[str, str], call: Call) -> list[Alert]:
        service = call.flag("service") or first(said, "SERVICEDESC")
        what = "SERVICE" if service else "HOST"
        return alerts_of(
            Check(
                source=self.name,
                key=call.key,
                kind=call.flag("type") or first(said, "NOTIFICATIONTYPE"),
                host=call.flag("host") or first(said, "HOSTNAME"),
                service=service,
                state=call.flag("state") or first(said, f"{what}STATE"),
                output=call.flag("output") or first(said, f"{what}OUTPUT"),
                comment=first(said, "NOTIFICATIONCOMMENT"),
                labels={
                    "address": said.get("HOSTADDRESS"),
                    "site": said.get("OMD_SITE"),
                    "author": said.get("NOTIFICATIONAUTHOR"),
                    **call.labels,
                },
            )
        )


def _contexts(typed: str) -> Iterator[dict[str, str]]:
    """Yield what is said of each notification, with what is said of all."""
    sections = [_variables(one) for one in typed.replace("\r\n", "\n").split("\n\n")]
    about_all = sections[0]
    alone = "HOSTNAME" in about_all
    for section in sections if alone else sections[1:]:
        if section:
            yield section if alone else {**about_all, **section}


def _variables(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.splitlines() if "=" in line)
    return {
        name.strip().removeprefix(_PREFIX): value.replace(_NEWLINE, "\n")
        for name, _equals, value in pairs
    }
