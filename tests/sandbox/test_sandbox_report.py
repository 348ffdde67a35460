# Turkish texts, and digits that only look like ours
from __future__ import annotations

from typing import Any

import pytest

ALL_ENDS = ["5301234501", "5301234597", "5301234598", "5301234599", "5301234596"]


def test_a_report_looks_as_the_live_one(start: Any) -> None:
    """A finished order carries counters, times, price and prefixed numbers."""
    caller = start()
    order_id = caller.place()
    caller.sandbox.advance(2)

    response = caller.report(order_id, page="1", rowCount="1000").json()["response"]

    assert response == {
        "status": {"code": 200, "message": "İşlem başarılı"},
        "order": {
            "id": "312891001",
            "status": 114,
            "total": 1,
            "delivered": 1,
            "undelivered": 0,
            "waiting": 0,
            "submitAt": "2026-04-29 12:00:00",
            "sendAt": "2026-04-29 12:00:00",
            "sender": "APITEST",
            "price": 1,
            "message": [{"number": "+905301234567", "status": 111}],
        },
    }


def test_the_old_report_has_no_counters_and_bare_numbers(start: Any) -> None:
    """The first documented shape is whole numbers throughout."""
    caller = start(report_shape="old")
    order_id = caller.place()

    order = caller.report(order_id).json()["response"]["order"]

    assert order == {
        "id": 312891001,
        "status": 113,
        "message": [{"number": 5301234567, "status": 110}],
    }


def test_codes_and_states_can_be_strings(start: Any) -> None:
    """With string statuses every code is quoted and the price has a decimal comma."""
    caller = start(statuses="string")
    order_id = caller.place()

    response = caller.report(order_id).json()["response"]

    order = response["order"]
    states = (response["status"]["code"], order["status"], order["message"][0]["status"])
    assert states == ("200", "113", "110")
    assert order["price"] == "0,0372"
    assert caller.post("get-balance").json()["response"]["balance"]["sms"] == "9999999"


@pytest.mark.parametrize(("ids", "expected"), [("string", "312891001"), ("integer", 312891001)])
def test_order_numbers_are_strings_or_whole(start: Any, ids: str, expected: Any) -> None:
    """The setting decides in send-sms and get-report; the list has whole numbers always."""
    caller = start(ids=ids)

    sent = caller.send().json()["response"]["order"]["id"]

    day = {"start": "2026-04-29", "end": "2026-04-29"}
    listed = caller.post("get-reports", filter=day).json()["response"]["orders"][0]["id"]
    assert (sent, caller.report(sent).json()["response"]["order"]["id"]) == (expected, expected)
    assert listed == 312891001


def test_endings_decide_the_fate_of_a_number(start: Any) -> None:
    """Before the delivery time all wait but the blacklisted; afterwards each ends its way."""
    caller = start()
    order_id = caller.place(numbers=ALL_ENDS)

    before = caller.report(order_id).json()["response"]["order"]
    caller.sandbox.advance(2)
    after = caller.report(order_id).json()["response"]["order"]

    assert [row["status"] for row in before["message"]] == [110, 110, 110, 112]
    assert [row["status"] for row in after["message"]] == [111, 112, 110, 112]
    names = ("status", "total", "delivered", "undelivered", "waiting")
    assert [before[name] for name in names] == [113, 5, 0, 1, 3]
    assert [after[name] for name in names] == [114, 5, 1, 2, 1]


def test_a_phone_gets_its_text_when_delivered(start: Any) -> None:
    """Only a delivered number receives, and only after the delivery time."""
    caller = start(delivery_seconds=5)
    caller.place(numbers=ALL_ENDS)

    early = caller.sandbox.phone("5301234501")
    caller.sandbox.advance(5)

    assert early == []
    assert [caller.sandbox.phone(number) for number in ALL_ENDS] == [["disk full"], [], [], [], []]


def test_endings_can_be_moved_and_switched_off(start: Any) -> None:
    """An empty ending fits no number."""
    caller = start(undelivered_ending="7", blacklisted_ending="", waiting_ending="")
    order_id = caller.place(numbers=["5301234567", "5301234599", "5301234598"])
    caller.sandbox.advance(2)

    rows = caller.rows(order_id)

    assert list(rows.values()) == [112, 111, 111]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({}, 4),
        ({"page": 2}, 1),
        ({"page": "3"}, 0),
        ({"rowCount": "2", "page": 2}, 2),
        ({"rowCount": 9}, 4),
        ({"rowCount": "", "page": ""}, 4),
        ({"rowCount": 0}, 4),
    ],
)
def test_report_pages_hold_the_asked_rows_up_to_the_limit(
    start: Any, asked: dict[str, Any], rows: int
) -> None:
    """Five rows at a limit of four make two pages, and a page past the end is empty."""
    caller = start(row_limit=4)
    order_id = caller.place(numbers=[f"53012345{digit}1" for digit in range(5)])

    assert len(caller.rows(order_id, **asked)) == rows


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": "1"}, 455),
        ({"id": ""}, 455),
        ({}, 455),
        ({"id": "312891001x"}, 455),
        ({"id": True}, 455),
        ({"id": "312891001", "page": 0}, 464),
        ({"id": "312891001", "page": "-1"}, 464),
        ({"id": "312891001", "page": "one"}, 464),
        ({"id": 312891001, "page": 1}, 200),
        ([], 400),
    ],
)
def test_a_report_needs_a_known_order_and_a_page(
    start: Any, code: Any, fields: Any, expected: int
) -> None:
    """An unknown number is 455 and a page below one 464."""
    caller = start()
    caller.place()

    assert code(caller.post("get-report", order=fields)) == expected


def test_a_scheduled_order_is_456_until_due(start: Any, code: Any) -> None:
    """The report opens at the minute of the schedule and shows when it was sent."""
    caller = start()
    order_id = caller.place(sendDateTime="29/04/2026 12:10")

    early = code(caller.report(order_id))
    caller.sandbox.advance(600)
    order = caller.report(order_id).json()["response"]["order"]

    assert (early, order["status"], order["sendAt"]) == (456, 113, "2026-04-29 12:10:00")
    assert order["submitAt"] == "2026-04-29 12:00:00"


def test_a_cancelled_order_is_115_and_free(start: Any, code: Any) -> None:
    """Cancelling stops delivery, gives the credits back and shows as 115."""
    caller = start(balance=1)
    order_id = caller.place(sendDateTime="29/04/2026 12:10")

    cancelled = code(caller.post("cancel-order", order={"id": order_id}))
    early = caller.report(order_id).json()["response"]["order"]
    caller.sandbox.advance(700)

    order = caller.report(order_id).json()["response"]["order"]
    assert early == order
    assert (cancelled, order["status"], order["undelivered"]) == (200, 115, 1)
    assert order["message"] == [{"number": "+905301234567", "status": 112}]
    assert caller.sandbox.ledger[0].cancelled
    assert caller.sandbox.phone("5301234567") == []
    assert caller.post("get-balance").json()["response"]["balance"]["sms"] == 1


@pytest.mark.parametrize(
    ("schedule", "wait", "times"), [(None, 0, 1), ("29/04/2026 12:10", 600, 1), (None, 0, 2)]
)
def test_what_has_begun_cannot_be_cancelled(
    start: Any, code: Any, schedule: str | None, wait: float, times: int
) -> None:
    """An order sent at once, or due by now, is 455."""
    caller = start()
    order_id = caller.place(sendDateTime=schedule)
    caller.sandbox.advance(wait)

    codes = [code(caller.post("cancel-order", order={"id": order_id})) for _ in range(times)]

    assert set(codes) == {455}


def test_a_second_cancel_is_455(start: Any, code: Any) -> None:
    """The order is no longer waiting after the first."""
    caller = start()
    order_id = caller.place(sendDateTime="29/04/2026 12:10")

    codes = [code(caller.post("cancel-order", order={"id": order_id})) for _ in range(2)]

    assert codes == [200, 455]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"start": "2026-04-20", "end": "2026-04-29"}, 200),
        ({"start": "2026-04-19", "end": "2026-04-29"}, 458),
        ({"start": "2026-04-29", "end": "2026-04-28"}, 458),
        ({"start": "29/04/2026", "end": "29/04/2026"}, 458),
        ({"start": "2026-04-29 00:00:00", "end": "2026-04-29"}, 458),
        ({"start": "2026-02-30", "end": "2026-03-01"}, 458),
        ({"start": "2026-04-29"}, 458),
        ({"start": "2026-04-29", "end": "2026-04-29", "page": 0}, 464),
        ({"start": "2026-04-29", "end": "2026-04-29", "page": "1"}, 200),
        ("today", 400),
    ],
)
def test_a_list_spans_ten_calendar_days(start: Any, code: Any, asked: Any, expected: int) -> None:
    """Both ends count; a longer, backward or badly written range is 458."""
    caller = start()

    assert code(caller.post("get-reports", filter=asked)) == expected


def test_the_list_is_paged_inside_its_filter_only(start: Any) -> None:
    """A page beside the filter is ignored without a word, as the real API does."""
    caller = start(list_page=2)
    for index in range(3):
        caller.place(text=f"alarm {index}")
    day = {"start": "2026-04-29", "end": "2026-04-29"}

    inside = caller.post("get-reports", filter=day | {"page": 2}).json()["response"]
    beside = caller.post("get-reports", filter=day, page=2).json()["response"]

    assert [inside["count"], *(order["id"] for order in inside["orders"])] == [3, 312891003]
    assert [order["id"] for order in beside["orders"]] == [312891001, 312891002]
    assert "price" not in inside["orders"][0]


def test_days_of_the_list_are_turkish(start: Any) -> None:
    """An order placed at midnight in Turkey belongs to the new day."""
    caller = start()
    caller.place(text="before")
    caller.sandbox.advance(12 * 3600)
    caller.place(text="after")

    days = [{"start": day, "end": day} for day in ("2026-04-29", "2026-04-30")]
    found = [caller.post("get-reports", filter=day).json()["response"] for day in days]

    assert [len(response["orders"]) for response in found] == [1, 1]
    assert found[1]["orders"][0]["submitAt"] == "2026-04-30 00:00:00"


def test_senders_are_listed(start: Any) -> None:
    """get-sender lists the approved senders in their order."""
    caller = start()

    assert caller.post("get-sender").json()["response"]["senders"] == {
        "sender": ["APITEST", "eMarka Test"]
    }


def test_fifty_thousand_recipients_are_one_order(start: Any) -> None:
    """The largest order is accepted and read page by page to its end."""
    caller = start(missing_ending="")
    order_id = caller.place(numbers=[str(5300000000 + index) for index in range(50_000)])

    last = caller.rows(order_id, page=50)

    assert len(last) == 1000
    assert "+905300049999" in last
    assert caller.rows(order_id, page=51) == {}
