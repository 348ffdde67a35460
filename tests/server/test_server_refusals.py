from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.server.errors import REASONS, RefusedError
from im_notify.server.refusals import Refusals
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

LOGGER = "im_notify.server.refusals"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[Any, ...]]]:
    """Tell door, reason and count of each line."""

    def told() -> list[tuple[Any, ...]]:
        ours = [vars(one) for one in caplog.records if one.name == LOGGER]
        return [(one["door"], one["reason"], one["count"]) for one in ours]

    return told


def test_a_refusal_is_logged_once_a_minute_with_its_number(said: Any) -> None:
    """For each door and reason; the first at once."""
    clock, counted = FakeClock(), list[str]()
    refusals = Refusals(clock, counted.append)
    wrong, slow = RefusedError(401, "token", "wrong"), RefusedError(408, "slow", "slow")

    for _turn in range(100):
        refusals.note("hook/a", wrong)
    refusals.note("hook/b", wrong)
    refusals.note("hook/a", slow)
    clock.advance(61)
    refusals.note("hook/a", wrong)
    clock.advance(30)
    refusals.note("hook/a", wrong)

    assert said() == [
        ("hook/a", "token", 1),
        ("hook/b", "token", 1),
        ("hook/a", "slow", 1),
        ("hook/a", "token", 99),
    ]
    assert len(counted) == 104


def test_what_was_not_said_yet_is_said_at_the_end(said: Any) -> None:
    """And a door that was quiet for a minute begins anew."""
    clock = FakeClock()
    refusals = Refusals(clock, lambda _reason: None)
    wrong = RefusedError(401, "token", "wrong")

    refusals.note("messages", wrong)
    refusals.note("messages", wrong)
    refusals.settle(all_of_them=True)
    clock.advance(120)
    refusals.settle()
    refusals.note("messages", wrong)

    assert said() == [("messages", "token", 1)] * 3


def test_what_is_ours_is_graver(caplog: pytest.LogCaptureFixture) -> None:
    """A full disk is an error, and the log is told what is behind the answer."""
    refusals = Refusals(FakeClock(), lambda _reason: None)

    refusals.note("messages", RefusedError(503, "store", "try again", detail="disk is full"))

    (line,) = [one for one in caplog.records if one.name == LOGGER]
    assert (line.levelno, line.getMessage()) == (logging.ERROR, "refused: disk is full")


@pytest.mark.parametrize(
    ("method", "path", "status", "door", "reason"),
    [
        ("GET", "/nothing?token=abc", 404, "-", "unknown"),
        ("GET", "/push-secret-e9b7/x", 404, "-", "unknown"),
        ("PUT", "/messages", 405, "messages", "unknown"),
        ("POST", "/messages", 401, "messages", "token"),
        ("GET", "/v1/messages/x", 401, "messages", "token"),
        ("POST", "/hook/plain", 401, "hook/plain", "token"),
        ("POST", "/hook/hook-token-3f9c", 404, "hook", "unknown"),
        ("POST", "/push/wrong", 401, "push", "token"),
        ("GET", "/v1/send-sms/get/?key=wrong", 401, "device", "token"),
        ("GET", "/s?t=device-token-8b21&n=5301234567", 454, "device/lobby", "message"),
    ],
)
def test_every_refusal_is_counted_and_named_by_its_door(
    start: Callable[..., Any],
    said: Any,
    method: str,
    path: str,
    status: int,
    door: str,
    reason: str,
) -> None:
    """Words of the configuration only, whatever the address holds."""
    relay = start()

    answer = relay.call(method, path)

    assert answer.status_code == status
    assert said() == [(door, reason, 1)]
    assert f'im_notify_refused_total{{reason="{reason}"}} 1.0' in relay.get("/metrics").text


def test_every_reason_counts_from_the_start(start: Callable[..., Any]) -> None:
    """What appears with its first refusal shows no increase: no rule could see it."""
    text = start().get("/metrics").text

    for reason in REASONS:
        assert f'im_notify_refused_total{{reason="{reason}"}} 0.0' in text


def test_a_method_that_is_not_there_is_told_which_are(relay: Any) -> None:
    """RFC 9110, 15.5.6."""
    answer = relay.call("PUT", "/messages")

    error = {"error": "wrong HTTP method for this address"}
    assert (answer.json(), answer.headers["Allow"]) == (error, "POST")


def test_a_full_disk_is_logged_once_a_minute(
    start: Callable[..., Any], api: dict[str, str], said: Any
) -> None:
    """However many senders come."""
    relay = start()
    relay.store.broken = True

    for _turn in range(5):
        relay.post("/messages", json={"text": "x", "to": ["oncall"]}, headers=api)

    assert said() == [("messages", "store", 1)]
