from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import AlertError, ImNotifyError
from im_notify.relay_config import WriteBackConfig
from im_notify.secret import Secret
from im_notify_plugins.writeback import im_notify_write_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Outcome
    from tests.plugins.writeback.conftest import Place

    Make = Callable[..., Outcome]
    Tell = Callable[[Outcome], object]


def result(value: object) -> tuple[int, bytes]:
    """Return an answer that holds a result."""
    return 200, json.dumps({"jsonrpc": "2.0", "result": value, "id": 1}).encode()


def refusal(data: object) -> tuple[int, bytes]:
    """Return an answer that holds an error."""
    error = {"code": -32602, "message": "Invalid params.", "data": data}
    return 200, json.dumps({"jsonrpc": "2.0", "error": error, "id": 1}).encode()


@pytest.fixture
def tell(place: Place) -> Tell:
    """Give what tells the place an outcome."""
    target = WriteBackConfig(name="zbx", kind="zabbix", url=place.url, token=Secret("pa55"))
    return lambda outcome: im_notify_write_back(target, outcome)


@pytest.mark.parametrize(
    ("version", "header", "member"),
    [
        ("6.0.14", None, {"auth": "pa55"}),
        ("6.2.9", None, {"auth": "pa55"}),
        ("6.4.0", "Bearer pa55", {}),
        ("7.0.22", "Bearer pa55", {}),
        ("10.0", "Bearer pa55", {}),
    ],
)
def test_a_message_is_added_to_the_event(
    place: Place,
    tell: Tell,
    outcome: Make,
    version: str,
    header: str | None,
    member: dict[str, str],
) -> None:
    """The token goes where the version wants it, and nowhere with the question for the version."""
    place.answers = [result(version), result({"eventids": [20]})]

    assert tell(outcome({"event_id": "20"}, {"event_id": "21"}, {"event_id": "20"})) is True

    asked, told = place.asked
    assert (asked.path, told.path) == ("/api_jsonrpc.php", "/api_jsonrpc.php")
    assert asked.body == {"jsonrpc": "2.0", "method": "apiinfo.version", "params": [], "id": 1}
    assert "Authorization" not in asked.headers
    assert told.headers.get("Authorization") == header
    assert told.body == {
        "jsonrpc": "2.0",
        "method": "event.acknowledge",
        "params": {
            "eventids": ["20", "21"],
            "action": 4,
            "message": "SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)",
        },
        "id": 1,
        **member,
    }


def test_the_version_is_asked_once(place: Place, tell: Tell, outcome: Make) -> None:
    """And again after a failure: the server may have been updated."""
    place.answers = [result("7.0.0"), result({}), result({}), refusal("No"), result("7.2.0")]
    event = outcome({"event_id": "20"})

    tell(event)
    tell(event)
    with pytest.raises(ImNotifyError):
        tell(event)
    tell(event)

    methods = [asked.body["method"].partition(".")[2] for asked in place.asked]
    assert methods == ["version", *["acknowledge"] * 3, "version", "acknowledge"]


def test_a_long_text_is_cut(place: Place, tell: Tell, outcome: Make) -> None:
    """The column takes 2,048 characters."""
    place.answers = [result("7.0.0"), result({})]

    tell(outcome({"event_id": "20"}, text="ü" * 3_000))

    assert place.asked[-1].body["params"]["message"] == "ü" * 2_048


@pytest.mark.parametrize("labels", [{}, {"event_id": ""}, {"event_id": "{EVENT.ID}"}])
def test_an_alert_without_an_event_is_not_told(
    place: Place, tell: Tell, outcome: Make, labels: dict[str, str]
) -> None:
    """It came from elsewhere, or from a media type made by hand; trying again is of no use."""
    with pytest.raises(AlertError, match="event_id"):
        tell(outcome(labels))

    assert place.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refusal("No permissions"), "zbx refused: -32602 No permissions"),
        (refusal("token pa55\n is wrong"), "zbx refused: -32602 token *** is wrong"),
        ((200, b"<html>"), "zbx did not answer as its API does: is the address right?"),
        ((200, b"[]"), "zbx did not answer as its API does: is the address right?"),
        ((200, b'{"error": "no"}'), "zbx did not answer as its API does: is the address right?"),
        ((412, b"{}"), "zbx answered HTTP 412"),
    ],
)
def test_a_failure_says_what_the_server_said(
    place: Place, tell: Tell, outcome: Make, answer: tuple[int, bytes], said: str
) -> None:
    """On one line and without the token."""
    place.answers = [result("7.0.0"), answer]

    with pytest.raises(ImNotifyError) as failed:
        tell(outcome({"event_id": "20"}))

    assert str(failed.value) == said


@pytest.mark.parametrize("path", ["", "/", "/zabbix", "/zabbix/", "/zabbix/api_jsonrpc.php"])
def test_the_address_of_the_frontend_is_enough(place: Place, outcome: Make, path: str) -> None:
    """With or without the page of the API."""
    target = WriteBackConfig(
        name="zbx", kind="zabbix", url=f"{place.url}{path}", token=Secret("pa55")
    )
    place.answers = [result("7.0.0"), result({})]

    im_notify_write_back(target, outcome({"event_id": "20"}))

    folder = "/zabbix" if "zabbix" in path else ""
    assert {asked.path for asked in place.asked} == {f"{folder}/api_jsonrpc.php"}
