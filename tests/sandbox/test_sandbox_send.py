# ruff: noqa: RUF001  # Turkish texts, and digits that only look like ours
from __future__ import annotations

from typing import Any

import pytest

from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY

REFUSED_ORDERS = [
    pytest.param({"sender": "apitest"}, 450, id="sender in the wrong case"),
    pytest.param({"sender": " APITEST"}, 450, id="sender with a space"),
    pytest.param({"sender": "eMarka"}, 450, id="sender not approved"),
    pytest.param({"sender": ""}, 459, id="sender empty"),
    pytest.param({"sender": None}, 459, id="sender absent"),
    pytest.param({"sender": 5}, 400, id="sender of the wrong type"),
    pytest.param({"sender": "TWELVELETTER"}, 460, id="sender too long"),
    pytest.param({"sender": "UYARIŞ"}, 460, id="sender with a Turkish letter"),
    pytest.param({"iys": None}, 468, id="iys absent"),
    pytest.param({"iys": ""}, 468, id="iys empty"),
    pytest.param({"iys": "2"}, 468, id="iys unknown"),
    pytest.param({"iys": True}, 468, id="iys of the wrong type"),
    pytest.param({"iys": "1"}, 469, id="iysList absent"),
    pytest.param({"iys": 1, "iysList": "bireysel"}, 469, id="iysList in the wrong case"),
    pytest.param({"sendDateTime": "2026-04-30 09:00"}, 457, id="date the wrong way round"),
    pytest.param({"sendDateTime": "2026-04-30 09:00:00"}, 457, id="ISO date with seconds"),
    pytest.param({"sendDateTime": "31/02/2026 09:00"}, 457, id="no such day"),
    pytest.param({"sendDateTime": "1/5/2026 9:00"}, 457, id="no leading zeros"),
    pytest.param({"sendDateTime": 5}, 457, id="date of the wrong type"),
    pytest.param({"sendDateTime": ["30/04/2026 09:00"] * 2}, 457, id="two dates"),
    pytest.param({"text": None}, 454, id="text null"),
    pytest.param({"text": ""}, 454, id="text empty"),
    pytest.param({"text": " \n"}, 454, id="text blank"),
    pytest.param({"text": 5}, 400, id="text of the wrong type"),
    pytest.param({"text": "a\ud800"}, 400, id="text with half a character"),
    pytest.param({"text": "a" * 1067}, 453, id="eight GSM parts"),
    pytest.param({"text": "ş" * 1039}, 453, id="eight Turkish parts"),
    pytest.param({"text": "ж" * 465}, 453, id="eight UCS-2 parts"),
    pytest.param({"numbers": []}, 452, id="no number"),
    pytest.param({"numbers": "5301234567"}, 452, id="number not in a list"),
    pytest.param({"numbers": [5301234567]}, 452, id="number not a string"),
    pytest.param({"numbers": ["05301234567"]}, 452, id="leading zero"),
    pytest.param({"numbers": ["530123456"]}, 452, id="nine digits"),
    pytest.param({"numbers": ["4301234567"]}, 452, id="not a mobile number"),
    pytest.param({"numbers": ["+4915112345678"]}, 452, id="foreign"),
    pytest.param({"numbers": ["٥301234567"]}, 452, id="digits of another script"),
    pytest.param({"numbers": ["5301234567", "53"]}, 452, id="one bad among good"),
    pytest.param({"numbers": ["5301234599"]}, 452, id="blacklisted alone"),
    pytest.param({"message": None}, 400, id="message absent"),
    pytest.param({"message": []}, 400, id="no message"),
    pytest.param({"message": "hi"}, 400, id="message of the wrong type"),
    pytest.param({"message": {"text": "hi"}}, 452, id="receipents absent"),
    pytest.param(
        {"message": {"text": "hi", "recipients": {"number": ["5301234567"]}}},
        452,
        id="receipents spelt rightly",
    ),
]


@pytest.mark.parametrize(("changes", "expected"), REFUSED_ORDERS)
def test_a_broken_rule_is_refused_with_its_code(
    start: Any, code: Any, changes: dict[str, Any], expected: int
) -> None:
    """Each rule has its code, as body code and as HTTP status, and nothing is placed."""
    caller = start()

    response = caller.send(**changes)

    assert (code(response), response.status_code) == (expected, expected)
    assert "order" not in response.json()["response"]
    assert caller.sandbox.ledger == []


@pytest.mark.parametrize(
    ("settings", "changes", "expected"),
    [
        ({"balance": 2}, {"numbers": ["5301234567", "5301234568", "5301234569"]}, 402),
        ({"balance": 1}, {"text": "a" * 156}, 402),
        ({"api_access": False}, {}, 401),
        ({"iys_code": False}, {"iys": "1", "iysList": "TACIR"}, 470),
        ({"max_recipients": 1}, {"numbers": ["5301234567", "5301234568"]}, 452),
        ({"senders": ("UYARI",)}, {}, 450),
    ],
)
def test_the_account_decides(
    start: Any, code: Any, settings: dict[str, Any], changes: dict[str, Any], expected: int
) -> None:
    """A good order is refused when the account does not allow it."""
    caller = start(**settings)

    response = caller.send(**changes)

    assert code(response) == expected


@pytest.mark.parametrize(
    "authentication",
    [
        None,
        {},
        {"key": EXAMPLE_KEY},
        {"key": EXAMPLE_HASH, "hash": EXAMPLE_KEY},
        {"key": EXAMPLE_KEY, "hash": EXAMPLE_HASH.upper()},
        "key",
    ],
)
@pytest.mark.parametrize(
    "name",
    ["send-sms", "get-report", "get-reports", "cancel-order", "get-balance", "get-sender"],
)
def test_wrong_credentials_are_refused_everywhere(
    start: Any, code: Any, name: str, authentication: Any
) -> None:
    """Every call answers 401 with the provider's words unless key and hash are right."""
    caller = start()

    response = caller.post(name, authentication=authentication)

    assert code(response) == 401
    assert response.json()["response"]["status"]["message"] == "Üyelik bilgileri hatalı"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"request": []}', b"\xff", b"[" * 100_000, b"9" * 5000]
)
def test_an_unreadable_body_is_400(start: Any, code: Any, body: bytes) -> None:
    """What is no JSON, no object or no request comes back as 400, however deep it is."""
    caller = start()

    response = caller.session.post(caller.url("send-sms/json"), data=body, timeout=5)

    assert code(response) == 400


@pytest.mark.parametrize(
    "number",
    ["5301234567", "905301234567", "+905301234567", "+90 530 123 45 67", "90 530 1234567"],
)
def test_the_documented_number_forms_are_one_number(start: Any, number: str) -> None:
    """Post takes local and international forms and keeps the ten digits."""
    caller = start()

    caller.place(numbers=[number])

    assert caller.sandbox.ledger[0].numbers == ("5301234567",)


@pytest.mark.parametrize(
    ("send_date_time", "send_at"),
    [
        (None, None),
        ("", None),
        ([], None),
        ([""], None),
        ("29/04/2026 12:01", 60.0),
        (["30/04/2026 12:00"], 86400.0),
        ("29/04/2026 12:00", None),
        ("28/04/2026 12:00", None),
        ("30/04/2026 12:00:00", None),
    ],
)
def test_a_schedule_is_a_future_minute_in_turkey(
    start: Any, send_date_time: Any, send_at: float | None
) -> None:
    """Nothing, the past and a time with seconds mean at once."""
    caller = start()

    caller.place(sendDateTime=send_date_time)

    placed = caller.sandbox.ledger[0]
    assert placed.send_at == (send_at if send_at is None else placed.placed_at + send_at)


def test_an_order_may_carry_several_texts(start: Any) -> None:
    """A list of messages is one order with a ledger entry each."""
    caller = start()
    entries = [
        {"text": text, "receipents": {"number": [number]}}
        for text, number in (("one", "5301234567"), ("two", "5301234568"))
    ]

    order_id = caller.place(message=entries)
    caller.sandbox.advance(2)

    assert [(entry.order_id, entry.text) for entry in caller.sandbox.ledger] == [
        (order_id, "one"),
        (order_id, "two"),
    ]
    assert caller.sandbox.phone("+905301234568") == ["two"]


@pytest.mark.parametrize(
    ("first", "second", "seconds", "expected"),
    [
        pytest.param({}, {}, 599, 451, id="the same within ten minutes"),
        pytest.param({}, {}, 600, 200, id="the same after ten minutes"),
        pytest.param({}, {"text": "disk full!"}, 0, 200, id="another text"),
        pytest.param({}, {"numbers": ["5301234568"]}, 0, 200, id="another number"),
        pytest.param({}, {"numbers": ["+905301234567"]}, 0, 451, id="another form"),
        pytest.param({}, {"sender": "eMarka Test"}, 0, 451, id="another sender"),
        pytest.param({"sendDateTime": "30/04/2026 09:00"}, {}, 0, 451, id="scheduled"),
        pytest.param({"text": ""}, {}, 0, 200, id="the first was refused"),
        pytest.param(
            {"numbers": ["5301234567", "5301234568"]},
            {"numbers": ["5301234568", "5301234567"]},
            0,
            451,
            id="another sequence",
        ),
        pytest.param({"numbers": ["5301234567", "5301234568"]}, {}, 0, 200, id="fewer numbers"),
    ],
)
def test_a_repeat_is_the_same_text_to_the_same_set(
    start: Any, first: Any, second: Any, seconds: float, expected: int
) -> None:
    """Only placed orders count, by text and set of numbers, for 600 seconds."""
    caller = start()
    caller.send(**first)
    caller.sandbox.advance(seconds)

    response = caller.send(**second)

    assert response.status_code == expected


def test_get_answers_in_xml_and_places_the_order(start: Any) -> None:
    """The GET call takes several numbers and answers as the old document shows."""
    caller = start()

    response = caller.get(text="ısı & nem", receipents="5301234567,5301234568")

    assert response.headers["Content-Type"].startswith("text/xml")
    assert response.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n<status>\n<code>200</code>\n'
        "<message>İşlem başarılı</message>\n</status>\n"
        "<order>\n<id>312891001</id>\n</order>\n</response>\n"
    )
    placed = caller.sandbox.ledger[0]
    assert (placed.text, placed.numbers, placed.channel) == (
        "ısı & nem",
        ("5301234567", "5301234568"),
        "get",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key": "x"}, 401),
        ({"hash": ""}, 401),
        ({"text": ""}, 454),
        ({"text": "a" * 1067}, 453),
        ({"text": b"\xff"}, 400),
        ({"sender": "apitest"}, 450),
        ({"receipents": ""}, 452),
        ({"receipents": "905301234567"}, 452),
        ({"receipents": "5301234567, 5301234568"}, 452),
        ({"receipents": "5301234567,"}, 452),
        ({"iys": ""}, 468),
        ({"iys": "1"}, 469),
        ({"iys": "1", "iysList": "TACIR"}, 200),
        ({"sendDateTime": "nonsense"}, 200),
    ],
)
def test_get_is_as_strict_and_takes_bare_numbers_only(
    start: Any, code: Any, changes: dict[str, Any], expected: int
) -> None:
    """The GET call has the same codes in XML; a schedule is not one of its fields."""
    caller = start()

    response = caller.get(**changes)

    assert (code(response), response.status_code) == (expected, expected)


def test_credits_go_down_by_parts_times_recipients(start: Any) -> None:
    """Two parts to two recipients take four credits."""
    caller = start(balance=10)

    caller.place(text="a" * 156, numbers=["5301234567", "5301234568"])

    balance = caller.post("get-balance").json()["response"]["balance"]
    assert balance == {"amount": 0.948, "sms": 6}
