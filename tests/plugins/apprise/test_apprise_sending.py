from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import apprise
import pytest

from im_notify.sandbox import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.clock import Clock
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

    Open = Callable[..., NotifyIletiMerkezi]


def test_one_order_goes_out_for_each_recipient(sandbox: Sandbox, open_url: Open) -> None:
    """By default every number has an order of its own, transactional and by JSON."""
    service = open_url("eMarka%20Test/5301234567/5311234567")

    sent = service.notify("disk full on db1")

    assert sent is True
    assert [placed.numbers for placed in sandbox.ledger] == [("5301234567",), ("5311234567",)]
    assert {placed.iys for placed in sandbox.ledger} == {"0"}
    assert {placed.channel for placed in sandbox.ledger} == {"json"}
    assert {placed.sender for placed in sandbox.ledger} == {"eMarka Test"}


def test_batch_puts_everybody_into_one_order(sandbox: Sandbox, open_url: Open) -> None:
    """With batch=yes the same text goes out as one order."""
    service = open_url("APITEST/5301234567/5311234567?batch=yes")

    service.notify("disk full")

    assert [placed.numbers for placed in sandbox.ledger] == [("5301234567", "5311234567")]


def test_the_get_way_is_there_on_request(sandbox: Sandbox, open_url: Open) -> None:
    """method=get uses the provider's GET call, for accounts and proxies that allow no other."""
    service = open_url("APITEST/5301234567?method=get&iys=TACIR")

    sent = service.notify("disk & network: çöğüş+%")

    assert sent is True
    (placed,) = sandbox.ledger
    assert (placed.channel, placed.text) == ("get", "disk & network: çöğüş+%")
    assert (placed.iys, placed.iys_list) == ("1", "TACIR")


@pytest.mark.parametrize("asked", ["", "?format=html", "?format=markdown", "?format=text"])
@pytest.mark.parametrize(
    ("body", "body_format", "text"),
    [
        ("<b>disk</b> full<br/>on db1", "html", "Alarm\ndisk full\non db1"),
        ("**disk** full", "markdown", "Alarm\n**disk** full"),
        ("disk <full> & *hot*", "text", "Alarm\ndisk <full> & *hot*"),
        ("disk <full> & *hot*", None, "Alarm\ndisk <full> & *hot*"),
    ],
)
def test_formats_arrive_as_plain_text(
    sandbox: Sandbox, open_url: Open, *, asked: str, body: str, body_format: str | None, text: str
) -> None:
    """Declared HTML and Markdown lose their marks, even if a program asks for them by format."""
    programs = apprise.Apprise()
    programs.add(open_url(f"APITEST/5301234567{asked}"))

    programs.notify(body, title="Alarm", body_format=body_format)

    assert [placed.text for placed in sandbox.ledger] == [text]


def test_a_recipient_that_fails_does_not_stop_the_others(
    sandbox: Sandbox, open_url: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Notify fails as a whole, the others get their SMS, and the warning names who and why."""
    service = open_url("APITEST/5301234567/5301234599/5311234567")

    sent = service.notify("disk full")

    assert sent is False
    assert [placed.numbers for placed in sandbox.ledger] == [("5301234567",), ("5311234567",)]
    (warning,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "5301234599" in warning.getMessage()
    assert "code 452" in warning.getMessage()


def test_success_is_quiet_and_names_the_orders(
    sandbox: Sandbox, open_url: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Order ids are in the log at INFO; text and secrets are not, nor words programs look for."""
    caplog.set_level(logging.DEBUG)
    service = open_url("APITEST/5301234567?method=get")

    service.notify("the text itself", title="its title")

    (order,) = [one for one in caplog.records if "order" in one.getMessage()]
    assert order.levelno == logging.INFO
    assert sandbox.ledger[0].order_id in order.getMessage()
    for word in ("ERROR", "WARNING", "the text itself", Settings().hash, Settings().key):
        assert word not in caplog.text.replace(quote(word), word)


@pytest.mark.parametrize("fault", ["reset", "500", "503", "empty", "junk", "truncated", "bomb"])
@pytest.mark.parametrize("method", ["json", "get"])
def test_an_answer_that_is_none_is_a_failure(
    sandbox: Sandbox,
    open_url: Open,
    caplog: pytest.LogCaptureFixture,
    *,
    fault: str,
    method: str,
) -> None:
    """HTTP 200 with a login page is not success, and the log keeps the secrets."""
    service = open_url(f"APITEST/5301234567?method={method}")
    sandbox.fault(fault)

    sent = service.notify("disk full")

    assert sent is False
    assert Settings().hash not in caplog.text


def test_a_retry_skips_who_has_it(sandbox: Sandbox, open_url: Open) -> None:
    """With ?retry= only the failed recipient is tried again."""
    programs = apprise.Apprise()
    programs.add(open_url("APITEST/5301234567/5301234599?retry=2&wait=0"))

    programs.notify("disk full")

    numbers = [json.loads(one.body)["request"]["order"]["message"] for one in sandbox.requests]
    tried = [one["receipents"]["number"][0] for one in numbers]
    assert tried == ["5301234567", "5301234599", "5301234599", "5301234599"]


def test_a_retry_that_is_refused_as_a_repetition_counts_as_sent(
    sandbox: Sandbox, open_url: Open
) -> None:
    """After an answer that got lost the provider's 451 proves that the first try was taken."""
    programs = apprise.Apprise()
    programs.add(open_url("APITEST/5301234567?retry=1&wait=0"))
    sandbox.fault("reset", when="after")

    result = programs.notify("disk full")

    assert bool(result)
    assert len(sandbox.ledger) == 1


def test_a_repetition_without_doubt_is_a_failure(sandbox: Sandbox, open_url: Open) -> None:
    """The same text twice within ten minutes is refused, and said so."""
    service = open_url("APITEST/5301234567")
    service.notify("disk full")

    again = service.notify("disk full")

    assert again is False
    assert len(sandbox.ledger) == 1


@pytest.mark.parametrize(("body", "sent"), [("x" * 1066, True), ("x" * 1067, False)])
def test_a_text_that_is_too_long_is_refused_by_the_provider(
    sandbox: Sandbox, open_url: Open, *, body: str, sent: bool
) -> None:
    """By default nothing is cut: seven parts or a failure."""
    service = open_url("APITEST/5301234567")

    assert service.notify(body) is sent
    assert len(sandbox.ledger) == int(sent)


@pytest.mark.parametrize(
    ("overflow", "lengths"), [("truncate", [1038]), ("split", [1038, 1038, 924])]
)
def test_long_texts_are_cut_on_request(
    sandbox: Sandbox, open_url: Open, *, overflow: str, lengths: list[int]
) -> None:
    """overflow=truncate and overflow=split make messages of at most seven parts."""
    body = "".join(chr(97 + position % 26) for position in range(3000))
    service = open_url(f"APITEST/5301234567?overflow={overflow}")

    assert service.notify(body) is True
    assert [len(placed.text) for placed in sandbox.ledger] == lengths


def test_nobody_to_send_to_is_a_failure(sandbox: Sandbox, open_url: Open) -> None:
    """A URL whose recipients were all refused loads, and fails when it is used."""
    service = open_url("APITEST/12")

    assert service.notify("disk full") is False
    assert sandbox.requests == []


def test_a_blank_text_is_a_failure(sandbox: Sandbox, open_url: Open) -> None:
    """Nothing to say makes no request."""
    service = open_url("APITEST/5301234567")

    assert service.send(" \r\n ") is False
    assert sandbox.requests == []


def test_an_unreachable_provider_is_named(
    open_url: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody listening is a failure with a reason; a slash at the end may be left out."""
    monkeypatch.setenv("IM_NOTIFY_BASE_URL", "http://127.0.0.1:1/v1")
    service = open_url("APITEST/5301234567")

    assert service.notify("disk full") is False
    assert "refused" in caplog.text


def test_the_rate_of_the_account_is_kept(sandbox: Sandbox, open_url: Open, clock: Clock) -> None:
    """No more than 90 recipients a second leave."""
    numbers = ",".join(f"53012{number:05}" for number in range(0, 4500, 10))
    service = open_url(f"APITEST?to={numbers}")
    before = clock.monotonic()

    assert service.notify("disk full") is True

    assert len(sandbox.ledger) == 450
    assert clock.monotonic() - before == pytest.approx(449 / 90, abs=0.05)


def test_orders_that_cannot_end_in_time_are_not_begun(
    sandbox: Sandbox, open_url: Open, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Apprise gives a service 60 s; what comes later is named instead of sent unseen."""
    numbers = ",".join(f"53{number:07}0" for number in range(7000))
    service = open_url(f"APITEST?batch=yes&to={numbers}")
    before = clock.monotonic()

    assert service.notify("disk full") is False

    assert len(sandbox.ledger) == 5
    assert clock.monotonic() - before < 60
    assert "not begun" in caplog.text


def test_without_a_limit_everything_is_sent(sandbox: Sandbox, open_url: Open) -> None:
    """A program that switches Apprise's limit off gets all orders out."""
    numbers = ",".join(f"53{number:07}0" for number in range(7000))
    service = open_url(f"APITEST?batch=yes&to={numbers}", service_timeout=0)

    assert service.notify("disk full") is True
    assert len(sandbox.ledger) == 7


def test_threads_share_a_service(sandbox: Sandbox, open_url: Open) -> None:
    """Texts sent at once through one object all arrive, each once."""
    service = open_url("APITEST/5301234567")
    texts = [f"disk {number} full" for number in range(24)]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(service.notify, texts))

    assert results == [True] * 24
    assert sorted(placed.text for placed in sandbox.ledger) == sorted(texts)


def test_confirm_succeeds_when_all_is_delivered(
    sandbox: Sandbox, open_url: Open, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The report is waited for, not longer than needed, and says so at INFO."""
    caplog.set_level(logging.INFO)
    service = open_url("APITEST/5301234567/5311234567?confirm=30")
    before = clock.monotonic()

    assert service.notify("disk full") is True
    assert clock.monotonic() - before < 5
    assert len(sandbox.ledger) == 2
    assert caplog.text.count("was delivered to") == 2


@pytest.mark.parametrize(
    ("number", "status"),
    [("5301234597", "undelivered"), ("5301234598", "waiting"), ("5301234596", "missing")],
)
@pytest.mark.parametrize("batch", ["yes", "no"])
def test_confirm_fails_when_somebody_has_it_not(
    sandbox: Sandbox,
    open_url: Open,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    *,
    number: str,
    status: str,
    batch: str,
) -> None:
    """Undelivered, still waiting and missing fail alike, named with their state, in time."""
    service = open_url(f"APITEST/5301234567/{number}?confirm=30&batch={batch}")
    before = clock.monotonic()

    assert service.notify("disk full") is False

    (warning,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert number in warning.getMessage()
    assert status in warning.getMessage()
    assert clock.monotonic() - before <= 30.1
    assert sandbox.ledger


@pytest.mark.parametrize("confirm", [1, 30, 55])
def test_confirm_stays_within_the_time_of_a_service(
    sandbox: Sandbox, open_url: Open, clock: Clock, confirm: int
) -> None:
    """However long it is to wait, Apprise's 60 s are not used up."""
    service = open_url(f"APITEST/5301234598?confirm={confirm}")
    before = clock.monotonic()

    assert service.notify("disk full") is False
    assert clock.monotonic() - before <= min(max(confirm, 3), 55) + 0.1
    assert sandbox.requests[-1].path.endswith("get-report/json")


def test_a_shorter_limit_of_the_program_counts(
    sandbox: Sandbox, open_url: Open, clock: Clock
) -> None:
    """`apprise --service-limit 20` leaves confirm no more than that."""
    service = open_url("APITEST/5301234598?confirm=55", service_timeout=20)
    before = clock.monotonic()

    assert service.notify("disk full") is False
    assert sandbox.ledger
    assert clock.monotonic() - before < 20


def test_confirm_survives_a_report_that_fails_once(sandbox: Sandbox, open_url: Open) -> None:
    """A question that gets no answer is asked again."""
    service = open_url("APITEST/5301234567?confirm=30")
    sandbox.fault("503", count=5, path="get-report")

    assert service.notify("disk full") is True


def test_confirm_without_any_report_is_a_failure(
    sandbox: Sandbox, open_url: Open, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """If the provider never answers about an order its state is unknown, which is no success."""
    service = open_url("APITEST/5301234567?confirm=30")
    sandbox.fault("503", count=1000, path="get-report")
    before = clock.monotonic()

    assert service.notify("disk full") is False
    assert "unknown" in caplog.text
    assert clock.monotonic() - before < 60


def test_a_retry_asks_for_the_report_and_does_not_send_again(
    sandbox: Sandbox, open_url: Open
) -> None:
    """With confirm and retry an order that was placed is only asked for again."""
    programs = apprise.Apprise()
    programs.add(open_url("APITEST/5301234597?confirm=10&retry=1&wait=0"))

    result = programs.notify("disk full")

    assert not result
    paths = [one.path.rpartition("/v1/")[2] for one in sandbox.requests]
    assert paths == ["send-sms/json", "get-report/json", "get-report/json"]


def test_a_lost_order_cannot_be_confirmed(sandbox: Sandbox, open_url: Open) -> None:
    """An order that only a 451 proves has no number to ask for, so confirm fails."""
    programs = apprise.Apprise()
    programs.add(open_url("APITEST/5301234567?confirm=10&retry=1&wait=0"))
    sandbox.fault("reset", when="after")

    assert not programs.notify("disk full")
    assert len(sandbox.ledger) == 1
