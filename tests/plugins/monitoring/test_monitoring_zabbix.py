from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Request

    Read = Callable[[str, Request], list[Alert]]
    Post = Callable[..., Request]

EVENT = {"event_id": "20", "event_name": "disk full", "event_value": "1", "host_name": "db1"}
LEFT = "{EVENT.UPDATE.ACTION}"


@pytest.mark.parametrize(
    ("value", "update", "action", "ack", "state"),
    [
        ("1", "0", LEFT, "No", AlertState.FIRING),
        ("1", "0", LEFT, "Yes", AlertState.FIRING),
        ("1", "1", "acknowledged", "Yes", AlertState.ACKNOWLEDGED),
        ("1", "1", "acknowledged, commented", "{EVENT.ACK.STATUS}", AlertState.ACKNOWLEDGED),
        ("1", "1", "commented", "No", AlertState.FIRING),
        ("1", "1", "commented", "Yes", AlertState.ACKNOWLEDGED),
        ("1", "1", "unacknowledged", "No", AlertState.FIRING),
        ("1", "1", "unacknowledged", "Yes", AlertState.FIRING),
        ("1", "1", LEFT, "No", AlertState.FIRING),
        ("0", "1", "acknowledged", "Yes", AlertState.RESOLVED),
        ("0", "0", LEFT, "No", AlertState.RESOLVED),
        ("{EVENT.VALUE}", "0", LEFT, "No", AlertState.FIRING),
    ],
)
def test_an_update_tells_where_the_problem_stands(
    read: Read, posted: Post, value: str, update: str, action: str, ack: str, state: AlertState
) -> None:
    """Only acknowledging makes it acknowledged; macros that nothing replaced say nothing."""
    update_fields = {"event_update_status": update, "event_update_action": action}
    event = {**EVENT, "event_value": value, "event_ack": ack, **update_fields}

    (alert,) = read("zabbix", posted(event))

    assert (alert.state, alert.episode) == (state, "20")


def test_the_trigger_tells_the_state_where_the_event_does_not(read: Read, posted: Post) -> None:
    """A media type made by hand may carry only that."""
    (alert,) = read("zabbix", posted({**EVENT, "event_value": "", "trigger_status": "OK"}))

    assert alert.state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("number", "word", "severity"),
    [
        ("0", "", Severity.INFO),
        ("1", "", Severity.INFO),
        ("2", "", Severity.WARNING),
        ("3", "", Severity.WARNING),
        ("4", "", Severity.CRITICAL),
        ("5", "", Severity.CRITICAL),
        ("", "Disaster", Severity.CRITICAL),
        ("{EVENT.NSEVERITY}", "Average", Severity.WARNING),
        ("", "Not classified", Severity.INFO),
        ("", "", Severity.WARNING),
    ],
)
def test_a_number_or_a_word_is_the_severity(
    read: Read, posted: Post, number: str, word: str, severity: Severity
) -> None:
    """The number does not change when somebody renames the severities."""
    (alert,) = read("zabbix", posted({**EVENT, "event_nseverity": number, "event_severity": word}))

    assert alert.severity is severity


def test_events_of_two_servers_are_two_episodes(read: Read, posted: Post) -> None:
    """Their ids count from one each; a macro that is not set is no server."""
    servers = ["ankara", "izmir", "{$ZABBIX.URL}"]

    found = [read("zabbix", posted({**EVENT, "server": server}))[0] for server in servers]

    assert [one.episode for one in found] == ["ankara/20", "izmir/20", "20"]


def test_an_event_without_its_id_is_named_by_trigger_and_host(read: Read, posted: Post) -> None:
    """Then the recovery still is that of the problem."""
    event = {**EVENT, "event_id": "{EVENT.ID}", "trigger_id": "7"}

    (problem,) = read("zabbix", posted(event))
    (recovery,) = read("zabbix", posted({**event, "event_value": "0", "event_name": "fine"}))

    assert problem.episode == recovery.episode
    assert recovery.state is AlertState.RESOLVED


def test_tags_become_labels_whatever_else_is_in_them(read: Read, posted: Post) -> None:
    """They come as JSON within JSON, from a macro that may be missing.

    None takes the place of the event's own id, which its outcome is written back to.
    """
    tags = '[{"tag": "team", "value": "db"}, null, {"tag": ""}, {"tag": "event_id", "value": 1}, 7]'

    told = [
        read("zabbix", posted({**EVENT, "event_tags": written}))[0].labels
        for written in (tags, "{EVENT.TAGSJSON}", "[", '{"a": 1}', None)
    ]

    event = {"event_id": "20"}
    assert told == [{"team": "db", **event}, event, event, event, event]


@pytest.mark.parametrize("body", [b"", b"[]", {"to": "5"}, {"event_id": "{EVENT.ID}"}], ids=repr)
def test_what_names_no_event_is_refused(read: Read, posted: Post, body: object) -> None:
    """Macros alone are nothing."""
    with pytest.raises(AlertError, match="zabbix sends"):
        read("zabbix", posted(body))
