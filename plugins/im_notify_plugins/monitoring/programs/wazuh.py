"""Wazuh 4: an integration is run with the path of a file that holds the alert, and more words.

The daemon joins its words and parts them at blanks, so that one without a value moves all that
follow: only the first, the file, is always where it should be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify.protocols import Request
from im_notify_plugins.monitoring.generic import Generic
from im_notify_plugins.monitoring.rules import rules

if TYPE_CHECKING:
    from im_notify.alerts import Alert
    from im_notify_plugins.monitoring.programs.call import Call

_LONGEST = 1_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Wazuh:
    """Reads the file by the rules that read what Wazuh 5 posts."""

    name: str = "wazuh"

    def meant(self, call: Call) -> bool:
        """Look for the name that the daemon gives to its files."""
        return bool(call.words) and call.words[0].endswith(".alert")

    def read(self, call: Call) -> list[Alert]:
        """Return the alert of the file."""
        if not call.words:
            raise AlertError(_("the path of the alert is missing"))
        request = Request(method="POST", query={}, headers={}, body=_content(call.words[0]))
        found = Generic(name=self.name, rules=rules(self.name)).parse(request)
        return [
            replace(one, labels={"host": one.object, **one.labels, **call.labels}) for one in found
        ]


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read(_LONGEST)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        text = _("the alert {path} cannot be read: {reason}")
        reason = getattr(error, "strerror", None) or str(error)
        raise AlertError(text.format(path=path, reason=reason)) from None
