from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
import requests
import responses

from im_notify_plugins.apprise.budget import Budget
from im_notify_plugins.apprise.transport import PlainTransport
from im_notify_plugins.iletimerkezi.transport import TransportError

if TYPE_CHECKING:
    from im_notify.clock import Clock

URL = "http://provider.test/v1/send-sms/json"


def transport(clock: Clock, limit: float = 60.0) -> PlainTransport:
    """Return one with the settings of a URL that says nothing special."""
    return PlainTransport(
        timeouts=(4.0, 9.0),
        verify=True,
        redirects=True,
        agent="Apprise",
        budget=Budget(limit, clock),
    )


@responses.activate
def test_requests_look_like_apprises(clock: Clock) -> None:
    """The program's name is the user agent, and the settings of the URL reach requests."""
    responses.post(URL, body=b"{}", status=429, headers={"Retry-After": "7"})

    reply = transport(clock)("POST", URL, body=b"x", headers={"Accept": "a"})

    assert (reply.status, reply.body, reply.retry_after) == (429, b"{}", 7.0)
    (call,) = responses.calls
    assert call.request.headers["User-Agent"] == "Apprise"
    assert call.request.headers["Accept"] == "a"
    assert call.request.body == b"x"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_host_programs_can_replace_requests(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """The functions are looked up at each call, and stand-ins need not be complete."""
    stand_in = Mock(return_value=Mock(status_code=200, content=""))
    monkeypatch.setattr(requests, method.lower(), stand_in)

    reply = transport(clock)(method, URL, body=None, headers={})

    assert (reply.status, reply.body, reply.retry_after) == (200, b"", None)
    options = stand_in.call_args.kwargs
    assert (options["verify"], options["allow_redirects"]) == (True, True)
    assert options["timeout"] == (4.0, 9.0)


def test_timeouts_end_with_the_budget(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request never takes longer than the service has left."""
    stand_in = Mock(return_value=Mock(status_code=200, content=b""))
    monkeypatch.setattr(requests, "post", stand_in)
    carry = transport(clock, limit=60.0)

    clock.sleep(49.0)
    carry("POST", URL, body=b"", headers={})

    assert stand_in.call_args.kwargs["timeout"] == (4.0, 6.0)


def test_after_the_budget_nothing_is_sent(clock: Clock) -> None:
    """Then the request surely did not leave."""
    carry = transport(clock)
    clock.sleep(55.0)

    with pytest.raises(TransportError, match="over") as raised:
        carry("POST", URL, body=b"", headers={})

    assert raised.value.sent is False


@responses.activate
@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (requests.ConnectTimeout(), False),
        (requests.ReadTimeout(), True),
        (requests.ConnectionError(), True),
        (requests.TooManyRedirects(), True),
    ],
)
def test_failures_tell_whether_it_may_have_been_sent(
    clock: Clock, error: Exception, *, sent: bool
) -> None:
    """Only what surely never left counts as not sent."""
    responses.post(URL, body=error)

    with pytest.raises(TransportError) as raised:
        transport(clock)("POST", URL, body=b"", headers={})

    assert raised.value.sent is sent


@pytest.mark.parametrize(("limit", "left"), [(60, 55), (20, 15), (8, 4), (0, float("inf"))])
def test_a_budget_keeps_a_margin(clock: Clock, limit: float, left: float) -> None:
    """Five seconds stay for Apprise, half of a very short limit; no limit is no end."""
    assert Budget(limit, clock).left() == left


def test_a_budget_counts_from_its_start(clock: Clock) -> None:
    """A later try of the same notification has only what the first ones left."""
    started = clock.monotonic()
    clock.sleep(30)

    budget = Budget(60, clock, started=started)
    budget.sleep(99)

    assert budget.left() == 0
    assert budget.monotonic() == started + 55
    assert budget.now() == datetime.fromtimestamp(started + 55, UTC)
