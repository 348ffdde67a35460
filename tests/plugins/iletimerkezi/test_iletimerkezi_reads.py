from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice, product
from typing import TYPE_CHECKING, Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import NotDueError, NotFoundError, QueryError
from im_notify.models import OrderState, Receipt, Status
from im_notify.reports import Account, Counters, Delivery
from im_notify.secret import Secret
from im_notify.testing import START, FakeClock
from im_notify_plugins.iletimerkezi.client import Client, windows
from im_notify_plugins.iletimerkezi.credentials import Credentials
from im_notify_plugins.iletimerkezi.transport import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.errors import ImNotifyError
    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]
    Failure = Callable[..., ImNotifyError]

URL = "http://provider.test/v1/"
TURKEY = timezone(timedelta(hours=3))
SHAPES = list(product(["rich", "old"], ["string", "integer"], ["string", "integer"]))
FATES = {  # the sandbox decides by a number's ending
    "5301234567": Status.DELIVERED,
    "5301234597": Status.UNDELIVERED,
    "5301234598": Status.WAITING,
    "5301234599": Status.UNDELIVERED,
    "5301234596": Status.MISSING,
}


def answered(**content: Any) -> str:
    """Write a successful answer."""
    return json.dumps({"response": {"status": {"code": 200, "message": "ok"}, **content}})


def receipt_of(*recipients: str, **changes: Any) -> Receipt:
    """Make the receipt of an order that was placed just now."""
    fields: dict[str, Any] = {"order_id": "428", "backend": "json", "accepted_at": START}
    return Receipt(recipients=recipients, **{**fields, **changes})


def asked(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    """Return what the requests to a path asked for."""
    bodies = [json.loads(seen.body)["request"] for seen in sandbox.requests if path in seen.path]
    return [{key: body[key] for key in body if key != "authentication"} for body in bodies]


@pytest.mark.parametrize(("shape", "ids", "statuses"), SHAPES)
def test_a_report_says_where_everyone_stands(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    clock: FakeClock,
    shape: str,
    ids: str,
    statuses: str,
) -> None:
    """Delivered, undelivered, waiting and missing, in every shape and type of the documents."""
    sandbox = start(report_shape=shape, ids=ids, statuses=statuses)
    backend = account(sandbox.base_url)["json"]
    receipt = backend.send(make(recipients=tuple(FATES)))
    clock.advance(3)

    report = backend.report(receipt)

    assert report.order_id == receipt.order_id
    assert {row.number: row.status for row in report.deliveries} == FATES
    assert report.state is OrderState.COMPLETED
    assert not report.final
    assert (report.counters is None, report.price is None) == (shape == "old", shape == "old")


def test_a_report_right_after_sending_is_waiting(ways: Ways, make: Callable[..., Message]) -> None:
    """The pipeline is not through; nothing is final."""
    report = ways["json"].report(ways["json"].send(make()))

    assert (report.state, report.status, report.final) == (
        OrderState.SENDING,
        Status.WAITING,
        False,
    )


SEED_000 = {
    "id": 428,
    "status": 113,
    "message": [
        {"number": 5301234567, "status": 110},
        {"number": 5301234568, "status": 111},
        {"number": 5301234569, "status": 112},
        {"number": 5301234560, "status": 111},
        {"number": 5301234561, "status": 111},
    ],
}
SEED_002 = {
    "id": "428",
    "status": 114,
    "total": 1,
    "delivered": 1,
    "undelivered": 0,
    "waiting": 0,
    "submitAt": "2026-04-29 11:06:00",
    "sendAt": "2026-04-29 11:06:01",
    "sender": "eMarka Test",
    "price": 1,
    "message": [{"number": "+905301234567", "status": 111}],
}


@responses.activate
def test_the_older_documents_sample_is_read(account: Callable[..., Ways]) -> None:
    """No sums, bare numbers, an order still under way."""
    responses.post(URL + "get-report/json", body=answered(order=SEED_000))

    report = account(URL)["json"].report(receipt_of())

    assert (report.order_id, report.state, report.counters) == ("428", OrderState.SENDING, None)
    assert report.deliveries == (
        Delivery("5301234567", Status.WAITING),
        Delivery("5301234568", Status.DELIVERED),
        Delivery("5301234569", Status.UNDELIVERED),
        Delivery("5301234560", Status.DELIVERED),
        Delivery("5301234561", Status.DELIVERED),
    )
    assert len(responses.calls) == 1


@responses.activate
def test_the_live_documents_sample_is_read(account: Callable[..., Ways]) -> None:
    """Sums, price, sender and times; the times are Türkiye's."""
    responses.post(URL + "get-report/json", body=answered(order=SEED_002))

    report = account(URL)["json"].report(receipt_of("5301234567"))

    assert (report.state, report.status, report.final) == (
        OrderState.COMPLETED,
        Status.DELIVERED,
        True,
    )
    assert report.counters == Counters(total=1, delivered=1, undelivered=0, waiting=0)
    assert (report.sender, report.price) == ("eMarka Test", "1")
    assert report.submitted_at == datetime(2026, 4, 29, 11, 6, tzinfo=TURKEY)
    assert report.sent_at == datetime(2026, 4, 29, 11, 6, 1, tzinfo=TURKEY)


ODD_ROWS: dict[str, tuple[object, tuple[Delivery, ...]]] = {
    "one row alone": (
        {"number": "+905301234567", "status": "111"},
        (Delivery("5301234567", Status.DELIVERED),),
    ),
    "unknown state": (
        [{"number": "5301234567", "status": 119}],
        (Delivery("5301234567", Status.WAITING),),
    ),
    "no state": ([{"number": "5301234567"}], ()),
    "state of another kind": ([{"number": "5301234567", "status": [111]}], ()),
    "no number": ([{"status": 111}, None, 7, "x", []], ()),
    "nothing": (None, ()),
    "no list": ("", ()),
}


@pytest.mark.parametrize(("rows", "deliveries"), ODD_ROWS.values(), ids=ODD_ROWS)
@responses.activate
def test_odd_rows_break_nothing(
    account: Callable[..., Ways], rows: object, deliveries: tuple[Delivery, ...]
) -> None:
    """What cannot be read is waiting or left out, never delivered."""
    order = {"id": 428, "status": 114, "message": rows}
    responses.post(URL + "get-report/json", body=answered(order=order))

    assert account(URL)["json"].report(receipt_of()).deliveries == deliveries


@pytest.mark.parametrize("written", [110, "110", None, 119])
@responses.activate
def test_nobody_waits_in_a_failed_order(account: Callable[..., Ways], written: object) -> None:
    """115 is failed or cancelled: who was to be sent to is undelivered, who got it is not."""
    rows = [{"number": 5301234567, "status": written}, {"number": 5301234568, "status": "111"}]
    order = {"id": 428, "status": "115", "message": rows}
    responses.post(URL + "get-report/json", body=answered(order=order))

    report = account(URL)["json"].report(receipt_of())

    assert report.state is OrderState.FAILED
    assert [row.status for row in report.deliveries] == [Status.UNDELIVERED, Status.DELIVERED]
    assert report.final


@pytest.mark.parametrize("content", [{}, {"order": None}, {"order": []}, {"order": {"id": ""}}])
@responses.activate
def test_a_report_without_an_order_is_an_error(
    account: Callable[..., Ways], failure: Failure, content: dict[str, Any]
) -> None:
    """Code 200 and nothing else is not the provider."""
    responses.post(URL + "get-report/json", body=answered(**content))

    error = failure(account(URL)["json"].report, receipt_of("5301234567"))

    assert type(error) is QueryError


@pytest.mark.parametrize("shape", ["rich", "old"])
@pytest.mark.parametrize(("size", "pages"), [(1, 1), (999, 1), (1001, 2), (2500, 3)])
def test_all_pages_of_a_report_are_read(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    clock: FakeClock,
    shape: str,
    size: int,
    pages: int,
) -> None:
    """A thousand rows a page, ended by the sums or by a page that is not full."""
    sandbox = start(report_shape=shape)
    backend = account(sandbox.base_url, max_recipients=50_000)["json"]
    numbers = tuple(str(5_300_000_100 + one * 100) for one in range(size))
    receipt = backend.send(make(recipients=numbers))
    clock.advance(3)

    report = backend.report(receipt)

    assert [row.number for row in report.deliveries] == list(numbers)
    assert report.status is Status.DELIVERED
    assert asked(sandbox, "get-report") == [
        {"order": {"id": receipt.order_id, "page": str(page), "rowCount": "1000"}}
        for page in range(1, pages + 1)
    ]


@pytest.mark.parametrize(("shape", "pages"), [("rich", 1), ("old", 2)])
def test_a_full_last_page_ends_a_report(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    shape: str,
    pages: int,
) -> None:
    """Where no sums are given an empty page tells that there is no more."""
    sandbox = start(report_shape=shape)
    backend = account(sandbox.base_url)["json"]
    numbers = tuple(str(5_300_000_100 + one * 100) for one in range(1000))
    receipt = backend.send(make(recipients=numbers))

    assert len(backend.report(receipt).deliveries) == 1000
    assert len(asked(sandbox, "get-report")) == pages


def test_a_report_can_be_read_page_by_page(
    sandbox: Sandbox, account: Callable[..., Ways], make: Callable[..., Message]
) -> None:
    """The second page is asked for when it is wanted."""
    backend = account(sandbox.base_url, max_recipients=50_000)["json"]
    numbers = tuple(str(5_300_000_100 + one * 100) for one in range(1500))
    pages = backend.report_pages(backend.send(make(recipients=numbers)).order_id)

    first = next(pages)

    assert len(first.deliveries) == 1000
    assert len(asked(sandbox, "get-report")) == 1


def test_a_scheduled_order_is_scheduled(
    ways: Ways, make: Callable[..., Message], failure: Failure
) -> None:
    """456 is a state and no failure; page by page it is the error it is."""
    backend = ways["json"]
    receipt = backend.send(make(send_at=START + timedelta(hours=1)))

    report = backend.report(receipt)

    assert (report.state, report.status, report.final) == (
        OrderState.SCHEDULED,
        Status.SCHEDULED,
        False,
    )
    assert report.deliveries == (Delivery("5301234567", Status.SCHEDULED),)
    assert type(failure(list, backend.report_pages(receipt.order_id))) is NotDueError


@pytest.mark.parametrize(("age", "tries"), [(0, 2), (30, 2), (31, 1)])
@responses.activate
def test_an_order_unknown_just_after_sending_is_asked_for_once_more(
    account: Callable[..., Ways], clock: FakeClock, failure: Failure, age: int, tries: int
) -> None:
    """455 settles within half a minute; later, and the second time, it is believed."""
    refused = json.dumps({"response": {"status": {"code": "455"}}})
    responses.post(URL + "get-report/json", body=refused)
    clock.advance(age)

    error = failure(account(URL)["json"].report, receipt_of("5301234567"))

    assert type(error) is NotFoundError
    assert len(responses.calls) == tries
    assert clock.slept == [2.0] * (tries - 1)


@responses.activate
def test_an_order_that_turns_up_is_reported(account: Callable[..., Ways]) -> None:
    """The second answer counts."""
    refused = json.dumps({"response": {"status": {"code": 455}}})
    responses.post(URL + "get-report/json", body=refused)
    responses.post(URL + "get-report/json", body=answered(order=SEED_002))

    assert account(URL)["json"].report(receipt_of("5301234567")).status is Status.DELIVERED


@given(
    first=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    days=st.integers(-3, 400),
)
def test_windows_cover_every_day_once(first: date, days: int) -> None:
    """At most ten days each, in order, without gap or overlap."""
    last = first + timedelta(days=days)

    found = list(windows(first, last))

    covered = [
        start + timedelta(days=one) for start, end in found for one in range((end - start).days + 1)
    ]
    assert covered == [first + timedelta(days=one) for one in range(days + 1)]
    assert all((end - start).days < 10 for start, end in found)


@pytest.mark.parametrize("statuses", ["string", "integer"])
@pytest.mark.parametrize("count", [0, 1, 29, 30, 31, 65])
def test_every_order_of_a_range_is_listed_once(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    count: int,
    statuses: str,
) -> None:
    """Thirty a page until the count is reached; the page stands inside the filter."""
    sandbox = start(statuses=statuses)
    backend = account(sandbox.base_url)["json"]
    placed = [backend.send(make(text=f"alarm {one}")).order_id for one in range(count)]

    orders = list(backend.orders(START, START))

    assert [order.order_id for order in orders] == placed
    assert asked(sandbox, "get-reports") == [
        {"filter": {"start": "2026-11-21", "end": "2026-11-21", "page": page}}
        for page in range(1, max(1, -(-count // 30)) + 1)
    ]
    assert all(order.state is OrderState.SENDING for order in orders)
    assert all(order.counters.total == order.counters.waiting == 1 for order in orders)
    assert all(order.submitted_at == START for order in orders)


def test_a_long_range_is_cut_into_windows(
    sandbox: Sandbox, ways: Ways, clock: FakeClock, make: Callable[..., Message]
) -> None:
    """Thirty-five days are four questions of at most ten days, and nothing is lost."""
    placed = []
    for day in range(35):
        placed.append(ways["json"].send(make(text=f"day {day}")).order_id)
        clock.advance(86_400)

    orders = list(ways["json"].orders(START, START + timedelta(days=34)))

    assert [order.order_id for order in orders] == placed
    filters = [one["filter"] for one in asked(sandbox, "get-reports")]
    assert [(one["start"], one["end"]) for one in filters] == [
        ("2026-11-21", "2026-11-30"),
        ("2026-12-01", "2026-12-10"),
        ("2026-12-11", "2026-12-20"),
        ("2026-12-21", "2026-12-25"),
    ]


def test_orders_are_listed_lazily(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message]
) -> None:
    """Who takes ten orders makes one request, whatever the range."""
    for one in range(40):
        ways["json"].send(make(text=f"alarm {one}"))

    taken = list(islice(ways["json"].orders(START, START + timedelta(days=3650)), 10))

    assert len(taken) == 10
    assert len(asked(sandbox, "get-reports")) == 1


def test_days_are_the_providers(sandbox: Sandbox, ways: Ways) -> None:
    """Half past ten in the evening in UTC is the next day in Türkiye."""
    moment = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)

    list(ways["json"].orders(moment, moment))

    (filter_,) = [one["filter"] for one in asked(sandbox, "get-reports")]
    assert (filter_["start"], filter_["end"]) == ("2026-02-01", "2026-02-01")


def test_a_reversed_range_asks_nothing(sandbox: Sandbox, ways: Ways) -> None:
    """It holds no day."""
    assert list(ways["json"].orders(START, START - timedelta(days=1))) == []
    assert sandbox.requests == []


@responses.activate
def test_an_order_that_moved_to_the_next_page_is_listed_once(account: Callable[..., Ways]) -> None:
    """A new order between two questions shifts the pages of a list that is newest first."""
    pages = [[3, 2], [2, 1]]
    for page in pages:
        orders = [{"id": one, "status": 114, "total": 1} for one in page]
        responses.post(URL + "get-reports/json", body=answered(count="4", orders=orders))

    listed = [order.order_id for order in account(URL)["json"].orders(START, START)]

    assert listed == ["3", "2", "1"]


def test_a_cancelled_order_is_not_sent(
    sandbox: Sandbox, ways: Ways, clock: FakeClock, make: Callable[..., Message]
) -> None:
    """Its report is failed, nobody waits."""
    receipt = ways["json"].send(make(send_at=START + timedelta(hours=1)))

    ways["json"].cancel(receipt.order_id)

    clock.advance(7200)
    assert [one.cancelled for one in sandbox.ledger] == [True]
    report = ways["json"].report(receipt)
    assert (report.state, report.status, report.final) == (
        OrderState.FAILED,
        Status.UNDELIVERED,
        True,
    )


@pytest.mark.parametrize("kind", ["reset", "truncated", "503", "junk"])
def test_a_cancellation_whose_answer_was_lost_is_done(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message], kind: str
) -> None:
    """The second time the provider knows it no more; the report tells that it was cancelled."""
    receipt = ways["json"].send(make(send_at=START + timedelta(hours=1)))
    sandbox.fault(kind, when="after", path="cancel-order")

    ways["json"].cancel(receipt.order_id)

    assert [one.cancelled for one in sandbox.ledger] == [True]


def test_an_order_that_left_cannot_be_cancelled(
    sandbox: Sandbox, ways: Ways, make: Callable[..., Message], failure: Failure
) -> None:
    """Neither at once nor after a lost answer."""
    receipt = ways["json"].send(make())
    plain = failure(ways["json"].cancel, receipt.order_id)
    sandbox.fault("reset", path="cancel-order")
    lost = failure(ways["json"].cancel, receipt.order_id)

    assert type(plain) is type(lost) is NotFoundError
    assert [one.cancelled for one in sandbox.ledger] == [False]


@pytest.mark.parametrize(
    ("statuses", "amount"), [("integer", "1580000.0"), ("string", "1580000.0000")]
)
def test_the_account_is_shown_as_the_provider_puts_it(
    start: Callable[..., Sandbox], account: Callable[..., Ways], statuses: str, amount: str
) -> None:
    """Balance and senders, numbers or strings, and nothing is placed."""
    sandbox = start(statuses=statuses)

    shown = account(sandbox.base_url)["json"].check()

    assert shown == Account(
        balance=amount, messages_left="10000000", senders=("APITEST", "eMarka Test")
    )
    assert [seen.path for seen in sandbox.requests] == [
        "/v1/get-balance/json",
        "/v1/get-sender/json",
    ]


@pytest.mark.parametrize(
    ("senders", "names"),
    [
        ({"sender": []}, ()),
        ({"sender": "APITEST"}, ("APITEST",)),
        ({"sender": ["A B", "a b"]}, ("A B", "a b")),
        ({}, ()),
        (None, ()),
    ],
)
@responses.activate
def test_senders_may_be_none_one_or_many(
    account: Callable[..., Ways], senders: object, names: tuple[str, ...]
) -> None:
    """Case and spaces stay; an amount that is not there is a question mark."""
    responses.post(URL + "get-balance/json", body=answered())
    responses.post(URL + "get-sender/json", body=answered(senders=senders))

    shown = account(URL)["json"].check()

    assert shown == Account(balance="?", messages_left="?", senders=names)


@pytest.mark.parametrize("status", range(101, 600))
@responses.activate
def test_every_http_status_without_an_answer_is_an_error(
    account: Callable[..., Ways], failure: Failure, status: int
) -> None:
    """Faults of theirs, 429 and a 200 with junk are asked again, refusals are not."""
    responses.post(URL + "get-balance/json", body="", status=status)

    error = failure(account(URL)["json"].check)

    assert type(error) is QueryError
    assert len(responses.calls) == (4 if status >= 500 or status in {200, 429} else 1)


@pytest.mark.parametrize("status", [200, 201, 400, 404, 500, 503])
@responses.activate
def test_code_200_is_an_answer_whatever_the_http_status(
    account: Callable[..., Ways], status: int
) -> None:
    """The body decides for questions, too."""
    for path in ("get-balance", "get-sender"):
        responses.post(f"{URL}{path}/json", body=answered(), status=status)

    assert account(URL)["json"].check().senders == ()


def test_a_list_that_does_not_say_its_count_is_read_to_its_end() -> None:
    """Without count the first empty page ends the list, not the first page."""
    pages = [[{"id": 1, "status": 114}], [{"id": 2, "status": 114}], []]

    def transport(*_arguments: object, **_request: object) -> Reply:
        content = {"status": {"code": 200}, "orders": pages.pop(0)}
        return Reply(200, json.dumps({"response": content}).encode())

    client = Client(
        credentials=Credentials(Secret("k"), Secret("h")), transport=transport, clock=FakeClock()
    )

    found = [order.order_id for order in client.orders(date(2026, 11, 1), date(2026, 11, 2))]

    assert found == ["1", "2"]
