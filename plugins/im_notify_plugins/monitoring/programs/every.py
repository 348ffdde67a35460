"""All programs, and which of them made a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify_plugins.monitoring.programs.checkmk import Checkmk
from im_notify_plugins.monitoring.programs.icinga import Icinga
from im_notify_plugins.monitoring.programs.monit import Monit
from im_notify_plugins.monitoring.programs.nagios import Nagios
from im_notify_plugins.monitoring.programs.netdata import Netdata
from im_notify_plugins.monitoring.programs.options import Options
from im_notify_plugins.monitoring.programs.sensu import Sensu
from im_notify_plugins.monitoring.programs.wazuh import Wazuh

if TYPE_CHECKING:
    from im_notify_plugins.monitoring.programs.call import Call, Program


def programs() -> list[Program]:
    """Return them in the order in which they are asked whether they are meant.

    What is said in options is said on purpose, whatever the environment holds beside it.
    """
    environ: list[Program] = [Nagios(), Icinga(), Checkmk(), Monit()]
    return [Options(), *environ, Netdata(), Wazuh(), Sensu()]


def caller(call: Call, name: str | None) -> Program:
    """Return the program of a name, or the one that made the call. Raises InvalidMessageError."""
    found = (one for one in programs() if (one.meant(call) if name is None else one.name == name))
    program = next(found, None)
    if program is None:
        text = _("nothing says what happened: use --summary, or --source to say who calls")
        raise InvalidMessageError(text)
    return program
