from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.alerts import AlertState, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.alerts import Alert
    from im_notify.protocols import Request

    Read = Callable[[str, Request], list[Alert]]
    Post = Callable[..., Request]

EXPORTS = Path(__file__).parents[3] / "examples" / "zabbix"
SIX, SEVEN = (EXPORTS / f"zabbix-{version}-media-type.yaml" for version in ("6.0", "7.0"))
_PARAMETER = re.compile(r"^ {8}- name: (\w+)\n {10}value: '([^']*)'$", re.MULTILINE)
WAY = {"url", "token", "to"}  # the script takes these out of what it posts
EVENT = {
    "{ALERT.SUBJECT}": "High db1: disk full",
    "{EVENT.ACK.STATUS}": "No",
    "{EVENT.DATE}": "2026.11.21",
    "{EVENT.ID}": "20",
    "{EVENT.NAME}": "disk full",
    "{EVENT.NSEVERITY}": "4",
    "{EVENT.OPDATA}": "97 %",
    "{EVENT.SOURCE}": "0",
    "{EVENT.TAGSJSON}": '[{"tag": "team", "value": "db"}]',
    "{EVENT.TIME}": "03:47:43",
    "{EVENT.TIMESTAMP}": "1795222063",
    "{EVENT.UPDATE.STATUS}": "0",
    "{EVENT.VALUE}": "1",
    "{HOST.NAME}": "db1",
    "{TRIGGER.ID}": "23133",
}


def posted_by(export: Path) -> dict[str, str]:
    """Return what the script of an export posts; macros without a value stay as written."""
    parameters = _PARAMETER.findall(export.read_text("utf-8"))
    return {name: EVENT.get(macro, macro) for name, macro in parameters if name not in WAY}


def test_both_exports_are_one_but_for_what_the_versions_differ_in() -> None:
    """7.0 writes no date and knows the macro for a time that has a zone.

    The rest of the format is the same: the importer of 7.0 takes each key that 6.0 takes, and
    that 6.0 takes this file is shown by the live test.
    """
    six, seven = SIX.read_text("utf-8"), SEVEN.read_text("utf-8")

    made = seven.replace("version: '7.0'\n", "version: '6.0'\n  date: '2026-11-21T00:00:00Z'\n")
    made = made.replace(
        "        - name: event_timestamp\n          value: '{EVENT.TIMESTAMP}'\n", ""
    )

    assert made == six


def test_what_the_media_type_posts_is_an_alert(read: Read, posted: Post) -> None:
    """Every field that the alert is made of has a parameter."""
    six, seven = (read("zabbix", posted(posted_by(export)))[0] for export in (SIX, SEVEN))

    assert (six.episode, six.state, six.severity) == ("20", AlertState.FIRING, Severity.CRITICAL)
    assert (six.object, six.summary) == ("db1", "disk full")
    assert {"opdata": "97 %", "trigger_id": "23133", "team": "db"}.items() <= six.labels.items()
    assert six.started_at is not None
    assert seven.started_at is not None
    assert seven.started_at.timestamp() == 1795222063


def test_a_try_of_ten_seconds_is_made_three_times() -> None:
    """A relay answers once it has stored, so longer is of no use; it may be started again."""
    for export in (SIX, SEVEN):
        text = export.read_text("utf-8")
        found = re.findall(
            r"^ {6}(attempts|attempt_interval|timeout): '?(\w+)'?$", text, re.MULTILINE
        )

        assert dict(found) == {"attempts": "3", "attempt_interval": "10s", "timeout": "10s"}
