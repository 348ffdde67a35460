"""Uptime Kuma and PRTG beyond what was captured."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Request

    Read = Callable[[str, Request], list[Alert]]
    Post = Callable[..., Request]

FIRING, RESOLVED, ACKNOWLEDGED = AlertState.FIRING, AlertState.RESOLVED, AlertState.ACKNOWLEDGED
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO


@pytest.mark.parametrize(
    ("status", "state", "severity"),
    [
        (0, FIRING, CRITICAL),
        (1, RESOLVED, CRITICAL),
        (2, FIRING, WARNING),
        (3, ACKNOWLEDGED, INFO),
        (9, FIRING, CRITICAL),
    ],
)
def test_a_heartbeat_has_a_number_for_its_state(
    read: Read, posted: Post, status: int, state: AlertState, severity: Severity
) -> None:
    """Down, up, pending and maintenance; what is unknown is a problem."""
    body = {"heartbeat": {"monitorID": 1, "status": status}, "monitor": {"name": "web"}}

    (alert,) = read("uptimekuma", posted(body))

    assert (alert.state, alert.severity, alert.summary) == (state, severity, "web")


def test_a_custom_body_recovers_under_the_name_it_fired_with(read: Read, posted: Post) -> None:
    """Name, state and reason are all in the message; the emoji is none of them."""
    down = {"text": "[web] [🔴 Down] timeout of [48] s", "status": "🔴 Down"}
    up = {"text": "[web] [✅ Up] 200 - OK", "status": "✅ Up"}

    (one,), (two,) = read("uptimekuma", posted(down)), read("uptimekuma", posted(up))

    assert one.episode == two.episode
    assert [one.state, two.state] == [FIRING, RESOLVED]
    assert [one.summary, two.summary] == ["timeout of [48] s", "200 - OK"]


def test_a_test_message_is_an_event_of_its_own(read: Read, posted: Post) -> None:
    """Everything but its text is null."""
    (alert,) = read("uptimekuma", posted({"heartbeat": None, "monitor": None, "msg": "Testing"}))

    assert (alert.once, alert.severity, alert.summary) == (True, INFO, "Testing")


@pytest.mark.parametrize(
    ("status", "state", "severity"),
    [
        ("Down", FIRING, CRITICAL),
        ("Down ESCALATION", FIRING, CRITICAL),
        ("Down (Partial)", FIRING, CRITICAL),
        ("Down (Acknowledged)", ACKNOWLEDGED, CRITICAL),
        ("Down ended (now: Up)", RESOLVED, CRITICAL),
        ("Down ended (now: Warning)", FIRING, WARNING),
        ("Warning", FIRING, WARNING),
        ("Unusual", FIRING, WARNING),
        ("Unknown", FIRING, WARNING),
        ("Up", RESOLVED, CRITICAL),
        ("Paused (paused by user)", ACKNOWLEDGED, INFO),
        ("%status", FIRING, CRITICAL),
        ("", FIRING, CRITICAL),
    ],
)
def test_a_phrase_of_prtg_is_a_state(
    read: Read, posted: Post, status: str, state: AlertState, severity: Severity
) -> None:
    """The phrase of a trigger's end says what comes next."""
    request = posted(b"", sensorid="7", device="db1", sensor="Disk", status=status)

    (alert,) = read("prtg", request)

    assert (alert.episode, alert.state, alert.severity) == ("7", state, severity)


def test_the_end_of_a_warning_is_as_severe_as_the_warning(read: Read, posted: Post) -> None:
    """PRTG tells the status before."""
    (alert,) = read("prtg", posted(b"", sensorid="7", status="Up", laststatus="Warning"))

    assert (alert.state, alert.severity) == (RESOLVED, WARNING)


@pytest.mark.parametrize(
    "since", ["21.11.2026 06:32:47", "11/21/2026 6:32:47 AM", "2026-11-21 06:32:47"]
)
def test_a_time_without_a_zone_is_local(read: Read, posted: Post, since: str) -> None:
    """As PRTG writes it in several languages."""
    (alert,) = read("prtg", posted(b"", sensorid="7", since=since))

    assert alert.started_at == datetime(2026, 11, 21, 3, 32, 47, tzinfo=UTC)


def test_placeholders_that_nothing_replaced_are_empty(read: Read, posted: Post) -> None:
    """A typing mistake in the action must not be texted."""
    request = posted("sensorid=7&device=db1&sensor=%25name&message=%25message&since=%25since")

    (alert,) = read("prtg", request)

    assert (alert.object, alert.summary, alert.started_at) == ("db1", "prtg", None)
    assert alert.labels == {}


@pytest.mark.parametrize("source", ["uptimekuma", "prtg"])
@pytest.mark.parametrize("body", [b"", b"[]", b"42", {"foo": "bar"}, {"heartbeat": {}}], ids=repr)
def test_what_names_nothing_is_refused(read: Read, posted: Post, source: str, body: object) -> None:
    """Neither a monitor nor a sensor nor a message."""
    with pytest.raises(AlertError, match=f"{source} sends"):
        read(source, posted(body))
