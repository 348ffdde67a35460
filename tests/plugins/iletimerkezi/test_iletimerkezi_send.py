from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import responses

from im_notify.errors import (
    InvalidMessageError,
    NotSentError,
    RejectedError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify.models import Consent
from im_notify.testing import START, FakeClock, config_for
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.errors import ImNotifyError
    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]

WAYS = ["json", "get"]
URL = "http://provider.test/v1/"
PATHS = {"json": "send-sms/json", "get": "send-sms/get/"}


def reply(way: str, code: object, order: str = "") -> str:
    """Write an answer of one of the two ways."""
    if way == "json":
        return '{"response":{"status":{"code":%s}%s}}' % (code, order)  # noqa: UP031  braces
    return f"<response><status><code>{code}</code></status>{order}</response>"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("seconds", "orders"), [(9.0, 1), (10.0, 1), (10.5, 2)])
def test_a_message_does_not_leave_when_its_turn_comes_too_late(
    *,
    sandbox: Sandbox,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    clock: FakeClock,
    way: str,
    seconds: float,
    orders: int,
) -> None:
    """The order before it takes ten seconds of the rate; surely not sent is what is said."""
    backend = account(sandbox.base_url, rate=2.0)[way]
    many = tuple(f"53012345{number:02d}" for number in range(20))
    backend.send(make(text="to many", recipients=many))
    late = make(text="late", leave_by=clock.now() + timedelta(seconds=seconds))

    with suppress(NotSentError):
        backend.send(late)

    assert len(sandbox.ledger) == orders


class _SetBack(FakeClock):
    """A clock that somebody puts back by a minute during each sleep."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._start -= timedelta(minutes=1)


def test_a_clock_that_is_put_back_while_a_message_waits_lets_it_leave_no_later(
    sandbox: Sandbox, make: Callable[..., Message]
) -> None:
    """What counts is the time that passed."""
    clock, config = _SetBack(), config_for(sandbox, {})
    slow = replace(config, provider=replace(config.provider, rate=2.0))
    backend = backends(slow, clock)[0]
    many = tuple(f"53012345{number:02d}" for number in range(20))
    backend.send(make(text="to many", recipients=many))
    late = make(text="late", leave_by=clock.now() + timedelta(seconds=5))

    with pytest.raises(NotSentError):
        backend.send(late)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ids", ["string", "integer"])
@pytest.mark.parametrize("statuses", ["integer", "string"])
@pytest.mark.parametrize("http_status", ["mirrored", "plain"])
def test_a_send_places_one_order(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    way: str,
    ids: str,
    statuses: str,
    http_status: str,
) -> None:
    """One text to many, whatever types the answer has; the receipt names the order."""
    sandbox = start(ids=ids, statuses=statuses, http_status=http_status)
    message = make(text="kapı 3 açık & €5 + %", recipients=("5301234567", "5301234568"))

    receipt = account(sandbox.base_url)[way].send(message)

    (placed,) = sandbox.ledger
    assert (placed.text, placed.numbers) == (message.text, message.recipients)
    assert (placed.iys, placed.iys_list, placed.channel) == ("0", None, way)
    assert (receipt.order_id, receipt.backend) == (placed.order_id, way)
    assert (receipt.recipients, receipt.accepted_at) == (message.recipients, START)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("consent", [Consent.BIREYSEL, Consent.TACIR])
def test_a_commercial_send_names_its_list(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message], way: str, consent: Consent
) -> None:
    """The registry is asked in the list that was chosen."""
    ways[way].send(make(consent=consent))

    assert [(one.iys, one.iys_list) for one in sandbox.ledger] == [("1", consent.value)]


def test_a_scheduled_send_is_due_at_its_time(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message]
) -> None:
    """The time is the same moment in the provider's zone, whatever zone it was given in."""
    at = (START + timedelta(days=1)).astimezone(timezone(timedelta(hours=-7)))

    receipt = ways["json"].send(make(send_at=at))

    assert [one.send_at for one in sandbox.ledger] == [at.timestamp()]
    assert receipt.scheduled_for == at
    assert b'"sendDateTime":"22/11/2026 12:00"' in sandbox.requests[0].body


@pytest.mark.parametrize("ago", [0, 1, 60 * 24 * 365])
def test_a_past_time_is_refused_before_any_request(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message], ago: int
) -> None:
    """The backend would send at once; the text shows the time as the provider counts it."""
    with pytest.raises(InvalidMessageError, match="Europe/Istanbul") as caught:
        ways["json"].send(make(send_at=START - timedelta(minutes=ago)))

    assert caught.value.code == 457
    assert sandbox.requests == []


def test_a_get_send_cannot_be_scheduled(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message]
) -> None:
    """The GET call has no schedule and would send at once."""
    with pytest.raises(InvalidMessageError, match="use json") as caught:
        ways["get"].send(make(send_at=START + timedelta(hours=1)))

    assert caught.value.code == 457
    assert sandbox.requests == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("http_status", ["mirrored", "plain"])
@pytest.mark.parametrize(
    ("settings", "changes", "code"),
    [
        ({"key": "other"}, {}, 401),
        ({"api_access": False}, {}, 401),
        ({"balance": 0}, {}, 402),
        ({}, {"sender": "apitest"}, 450),
        ({}, {"recipients": ("5301234599",)}, 452),
        ({}, {"text": "x" * 2000}, 453),
        ({"iys_code": False}, {"consent": Consent.TACIR}, 470),
    ],
)
def test_a_refusal_is_final(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    way: str,
    http_status: str,
    settings: dict[str, object],
    changes: dict[str, object],
    code: int,
) -> None:
    """Each code of the provider is RejectedError, with HTTP status 200 or its own."""
    sandbox = start(http_status=http_status, **settings)

    error = failure(account(sandbox.base_url)[way].send, make(**changes))

    assert type(error) is RejectedError
    assert (error.code, error.http_status) == (code, code if http_status == "mirrored" else 200)
    assert sandbox.ledger == []
    assert len(sandbox.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_same_text_is_refused_for_ten_minutes(
    ways: Ways,
    clock: FakeClock,
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    way: str,
) -> None:
    """451 is a refusal and never repeated blindly."""
    ways[way].send(make())
    clock.advance(599)

    error = failure(ways[way].send, make())

    assert (type(error), getattr(error, "code", None)) == (RejectedError, 451)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", range(101, 600))
@responses.activate
def test_every_http_status_without_an_answer_is_sorted(
    *,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    way: str,
    status: int,
) -> None:
    """3xx and 4xx are refusals, but for 407, 408 and 429; the rest is unknown; asked once."""
    method = "POST" if way == "json" else "GET"
    responses.add(method, URL + PATHS[way], body="", status=status)

    error = failure(account(URL)[way].send, make())

    special = {407: "NotSentError", 408: "UnknownOutcomeError", 429: "ThrottledError"}
    usual = "RejectedError" if 300 <= status < 500 else "UnknownOutcomeError"
    assert type(error).__name__ == special.get(status, usual)
    assert getattr(error, "http_status", None) == status
    assert len(responses.calls) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [200, 201, 400, 404, 500, 503])
@responses.activate
def test_code_200_is_success_whatever_the_http_status(
    account: Callable[..., Ways], make: Callable[..., Message], way: str, status: int
) -> None:
    """The body decides: an order that was placed must not be sent again."""
    order = {"json": ',"order":{"id":7}', "get": "<order><id>7</id></order>"}[way]
    method = "POST" if way == "json" else "GET"
    responses.add(method, URL + PATHS[way], body=reply(way, 200, order), status=status)

    assert account(URL)[way].send(make()).order_id == "7"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("code", [0, 100, 199, 201, 299, 500, 502, 503, 999])
@responses.activate
def test_no_other_code_is_success(
    *,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    way: str,
    code: int,
) -> None:
    """HTTP 200 does not count, and a code that refuses nothing leaves the outcome unknown."""
    method = "POST" if way == "json" else "GET"
    responses.add(method, URL + PATHS[way], body=reply(way, code), status=200)

    error = failure(account(URL)[way].send, make())

    assert (type(error), getattr(error, "code", None)) == (UnknownOutcomeError, code)


@pytest.mark.parametrize("way", WAYS)
@responses.activate
def test_a_success_without_an_order_is_unknown(
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    way: str,
) -> None:
    """It was taken, but nobody can ask for its report."""
    method = "POST" if way == "json" else "GET"
    responses.add(method, URL + PATHS[way], body=reply(way, 200), status=200)

    error = failure(account(URL)[way].send, make())

    assert (type(error), getattr(error, "code", None)) == (UnknownOutcomeError, 200)
    assert "number did not come back" in str(error)


@pytest.mark.parametrize(
    ("header", "pause"),
    [("7", 7.0), ("0", 0.0), ("²", 60.0), ("soon", 60.0), ("-1", 60.0), ("", 60.0)],
)
@responses.activate
def test_a_throttled_send_says_when(
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    header: str,
    pause: float,
) -> None:
    """Retry-After in seconds counts; anything else is a minute and breaks nothing."""
    responses.post(URL + PATHS["json"], status=429, headers={"Retry-After": header})

    error = failure(account(URL)["json"].send, make())

    assert isinstance(error, ThrottledError)
    assert error.retry_after == pause


@pytest.mark.parametrize("location", ["http://[", "/v1/elsewhere", "http://elsewhere.test/\xff"])
@responses.activate
def test_a_redirect_is_not_followed(
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    location: str,
) -> None:
    """A redirected send would change its method; even a target that is none is just refused."""
    responses.post(URL + PATHS["json"], status=302, headers={"Location": location})

    error = failure(account(URL)["json"].send, make())

    assert type(error) is RejectedError
    assert len(responses.calls) == 1


@pytest.mark.parametrize("most", [1, 100, 1000, 50_000])
def test_an_order_has_so_many_recipients(account: Callable[..., Ways], most: int) -> None:
    """JSON takes what is configured, a URL a hundred at most."""
    ways = account(URL, max_recipients=most)

    assert ways["json"].max_recipients == most
    assert ways["get"].max_recipients == min(most, 100)


def test_fifty_thousand_recipients_are_one_order(
    sandbox: Sandbox, account: Callable[..., Ways], make: Callable[..., Message]
) -> None:
    """The provider's largest order goes out whole when it is configured so."""
    numbers = tuple(str(5_300_000_000 + one) for one in range(50_000))

    account(sandbox.base_url, max_recipients=50_000)["json"].send(make(recipients=numbers))

    assert [one.numbers for one in sandbox.ledger] == [numbers]
