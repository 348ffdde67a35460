from __future__ import annotations

import xml.etree.ElementTree as ET
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Consent
from im_notify.secret import Secret
from im_notify.server.services import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

GET = "/v1/send-sms/get/"
GOOD = {
    "key": "device-token-8b21",
    "hash": "0123456789abcdef",
    "text": "disk full",
    "receipents": "5301234567",
    "sender": "LOBBY",
    "iys": "0",
    "iysList": "BIREYSEL",
}
TOKEN = "t=device-token-8b21&n=5301234567"


def code(answer: Any) -> int:
    """The code of an answer in XML."""
    return int(ET.fromstring(answer.content).findtext("status/code") or 0)  # noqa: S314  # our own


def test_a_device_is_answered_as_by_the_provider(relay: Any) -> None:
    """The same address, parameters and bytes; only the key is a token of ours."""
    answer = relay.get(GET, params=GOOD)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=UTF-8")
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n<status>\n<code>200</code>\n'
        "<message>accepted</message>\n</status>\n<order>\n"
        f"<id>{int('m00000000001', 36)}</id>\n</order>\n</response>\n"
    )
    assert answer.headers["X-Message-Id"] == "m00000000001"
    (entry,) = relay.store.entries
    assert (entry.text, entry.recipients, entry.source) == ("disk full", ("5301234567",), "lobby")
    assert (entry.sender, entry.consent) == ("APITEST", Consent.TRANSACTIONAL)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (GET, "form"),
        ("/v1/send-sms/get", "form"),
        ("/s", "form"),
        (GET, "json"),
        (GET, "mixed"),
    ],
)
def test_a_device_may_post(relay: Any, path: str, sent: str) -> None:
    """As a form, whatever its content type, or as a JSON object."""
    query = {"token": GOOD["key"]} if sent == "mixed" else {}
    body: dict[str, Any] = {"json": GOOD} if sent == "json" else {"data": GOOD}

    answer = relay.post(path, params=query, headers={"Content-Type": "text/plain"}, **body)

    assert code(answer) == 200
    assert relay.texts == ["disk full"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("text=disk%20full", "disk full"),
        ("text=disk+full", "disk full"),
        ("text=1+1%20is+2", "1+1 is+2"),
        ("text=%c3%87%c3%b6k+%2b1+%26+100%25+%c5%9f", "Çök +1 & 100% ş"),
        ("text=%C3%87%C3%B6k", "Çök"),
        ("text=%C7%F6k%20%DE%FD%F0", "Çök Şığ"),
        ("text=s%FDcakl%FDk", "sıcaklık"),
        ("text=%80uro", "€uro"),
        ("text=a%81b%FD", "a bı"),
        ("text=lone%20100%", "lone 100%"),
        ("text=100%%20full", "100% full"),
        ("text=%zz+x", "%zz x"),
        ("text=a%00b%07c", "a b c"),
        ("text=one%0D%0Atwo", "one\ntwo"),
        ("text=++padded+", "padded"),
        ("text=a%2Bb", "a+b"),
        ("text=not escaped at all", "not escaped at all"),
        ("text=s\xfdcakl\xfdk y\xfcksek", "sıcaklık yüksek"),
        ("text=\xc3\x87\xc3\xb6k \xc5\x9f", "Çök ş"),
        ("TEXT=upper", "upper"),
        ("message=m1", "m1"),
        ("msg=m2", "m2"),
        ("Message=m3", "m3"),
        ("Body=m4", "m4"),
        ("content=m5", "m5"),
        ("sms_body=m6", "m6"),
        ("m=m7", "m7"),
        ("msg=second&text=first", "first"),
        ("text=&msg=other", "other"),
        ("text=a;b&Eventname=x&heartbeat=%7B%7D&monitor=1", "a;b"),
        ("text=a=b", "a=b"),
        ("coding=8&text=%00%44%01%31%01%5F", "Dış"),
        ("coding=8&text=00440131015F", "Dış"),
        ("coding=8&text=12345678", "12345678"),
        ("coding=0&text=00440131015F", "00440131015F"),
        ("text=disk%2520full", "disk%20full"),
        ("text=a%20%26amp%3B%20b", "a &amp; b"),
    ],
)
def test_a_text_is_read_as_devices_write_it(relay: Any, query: str, text: str) -> None:
    """Escapes, character sets and names of real devices; what guesses is not on by itself."""
    status = relay.line(f"/s?{TOKEN}&{query}".encode("latin-1"))

    assert status == 200
    assert relay.texts == [text]


@pytest.mark.parametrize(
    ("repairs", "query", "text"),
    [
        ({"double"}, "text=disk%2520full", "disk full"),
        ({"double"}, "text=%25C3%2587%25C3%25B6k", "Çök"),
        ({"double"}, "text=50%2525%20%2520x", "50%25 %20x"),
        ({"double"}, "text=100%25", "100%"),
        ({"double"}, "text=disk%2Bfull%2521", "disk full!"),
        ({"html"}, "text=a%20%26amp%3B%20b%26%23305%3B", "a & bı"),
        (set(), "text=a+b%20c", "a b c"),
        (set(), "text=%C7", "�"),
        (set(), "text=a%07b", "a\x07b"),
        (set(), "coding=8&text=0044", "0044"),
        (set(), "text=%2541", "%41"),
    ],
)
def test_each_repair_can_be_chosen(
    start: Callable[..., Any],
    new_device: Callable[..., Any],
    repairs: set[str],
    query: str,
    text: str,
) -> None:
    """A repair guesses, and a guess can spoil a text."""
    relay = start(devices={"lobby": new_device("lobby", repairs=frozenset(repairs))})

    relay.line(f"/s?{TOKEN}&{query}".encode())

    assert relay.texts == [text]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("receipents=5301234567", ("5301234567",)),
        ("receipents=+905301234567", ("5301234567",)),
        ("receipents=%2B905301234567", ("5301234567",)),
        ("receipents=905301234567", ("5301234567",)),
        ("receipents=00905301234567", ("5301234567",)),
        ("receipents=05301234567", ("5301234567",)),
        ("receipents=0530%20123%2045%2067", ("5301234567",)),
        ("receipents=%2B90+530+123+45+67", ("5301234567",)),
        ("receipents=5301234567,5301234568", ("5301234567", "5301234568")),
        ("receipents=5301234567%2C5301234568", ("5301234567", "5301234568")),
        ("receipents=5301234567%3B5301234568", ("5301234567", "5301234568")),
        ("receipents=5301234567&receipents=5301234568", ("5301234567", "5301234568")),
        ("receipents=5301234567,05301234567", ("5301234567",)),
        ("recipients=5301234567", ("5301234567",)),
        ("to=5301234567", ("5301234567",)),
        ("phone=5301234567", ("5301234567",)),
        ("Number=5301234567", ("5301234567",)),
        ("mobile=5301234567", ("5301234567",)),
        ("dest=5301234567", ("5301234567",)),
        ("n=5301234567", ("5301234567",)),
        ("to=oncall", ("5301234567",)),
        ("to=night", ("5301234567", "5301234568")),
    ],
)
def test_numbers_are_cleaned(relay: Any, query: str, numbers: tuple[str, ...]) -> None:
    """Prefixes, blanks and lists as devices send them, and names of contacts."""
    answer = relay.get(f"/s?t=device-token-8b21&m=x&{query}")

    assert code(answer) == 200
    assert relay.store.entries[0].recipients == numbers


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"key": "other"}, 401),
        ({"key": ""}, 401),
        ({"text": ""}, 454),
        ({"text": "%07"}, 200),
        ({"receipents": ""}, 452),
        ({"receipents": "123"}, 452),
        ({"receipents": "5301234567,123"}, 452),
        ({"receipents": "nobody"}, 452),
        ({"iys": "1", "iysList": ""}, 469),
        ({"iys": "1", "iysList": "OTHER"}, 469),
        ({"iys": "2"}, 469),
        ({"iys": "1"}, 200),
        ({"iys": ""}, 200),
    ],
)
def test_a_wrong_request_gets_the_code_of_the_provider(
    relay: Any, change: dict[str, str], expected: int
) -> None:
    """In XML and as the HTTP status; nothing is stored and nothing is repeated."""
    answer = relay.get(GET, params=GOOD | change)

    assert (answer.status_code, code(answer)) == (expected, expected)
    assert len(relay.store.entries) == (expected == 200)
    assert "nobody" not in answer.text


XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


@pytest.mark.parametrize(
    ("style", "good", "bad"),
    [
        ("ok", "OK", "ERROR 454 the text is empty"),
        ("id", str(int("m00000000001", 36)), "ERROR 454 the text is empty"),
        (
            "clickatell",
            f"ID: {int('m00000000001', 36)}",
            "ERR: 454 the text is empty",
        ),
        (
            "acrobits",
            f"{XML}<response><message_id>{int('m00000000001', 36)}</message_id></response>\n",
            f"{XML}<error>the text is empty</error>\n",
        ),
        (
            "json",
            f'{{"code":200,"message":"accepted","id":"{int("m00000000001", 36)}"}}',
            '{"code":454,"message":"the text is empty"}',
        ),
    ],
)
@pytest.mark.parametrize(("policy", "status"), [("mirrored", 454), ("ok", 200)])
def test_each_device_is_answered_in_its_style(
    start: Callable[..., Any],
    new_device: Callable[..., Any],
    style: str,
    good: str,
    bad: str,
    policy: str,
    status: int,
) -> None:
    """The body, and whether the HTTP status says it too."""
    relay = start(devices={"lobby": new_device("lobby", style=style, status=policy)})

    right = relay.get(GET, params=GOOD)
    wrong = relay.get(GET, params=GOOD | {"text": ""})

    assert (right.status_code, right.text) == (200, good)
    assert (wrong.status_code, wrong.text) == (status, bad)


def test_the_same_request_again_is_the_same_message(relay: Any) -> None:
    """A device that tries again within ten minutes finds its first try."""
    first = relay.get(GET, params=GOOD)
    again = relay.get(GET, params=GOOD)
    other = relay.get(GET, params=GOOD | {"text": "disk well"})

    assert again.text == first.text != other.text
    assert relay.texts == ["disk full", "disk well"]


def test_after_ten_minutes_it_is_a_new_event(start: Callable[..., Any]) -> None:
    """The provider would take it again, too."""
    relay = start()
    relay.get(GET, params=GOOD)

    relay.clock.advance(599)
    relay.get(GET, params=GOOD)
    relay.clock.advance(2)
    relay.get(GET, params=GOOD)

    assert relay.texts == ["disk full", "disk full"]


def test_the_time_is_added_where_it_is_asked_for(
    start: Callable[..., Any], new_device: Callable[..., Any]
) -> None:
    """A text that is too long is cut before it."""
    relay = start(devices={"lobby": new_device("lobby", add_time=True)})

    relay.get(GET, params=GOOD)
    relay.clock.advance(60)
    relay.get(GET, params=GOOD | {"text": "x" * 2000})

    first, second = relay.texts
    assert first == "disk full 09:00"
    assert (len(second), second[-9:]) == (1066, "... 09:01")


def test_a_device_has_its_own_time_for_repetitions(
    start: Callable[..., Any], new_device: Callable[..., Any]
) -> None:
    """Where the time stands in the text, what comes minutes later is an event of its own."""
    relay = start(devices={"lobby": new_device("lobby", add_time=True, repeat=60.0)})

    for seconds in (0, 59, 2, 60):
        relay.clock.advance(seconds)
        relay.get(GET, params=GOOD)

    assert relay.texts == ["disk full 09:00", "disk full 09:01"]


def test_an_alarm_that_is_too_long_is_cut(relay: Any) -> None:
    """At seven parts; half of it is better than nothing."""
    relay.post(GET, data=GOOD | {"text": "x" * 3000})

    assert len(relay.texts[0]) == 1066
    assert relay.texts[0].endswith("...")


def test_a_code_that_is_too_long_is_refused(relay: Any) -> None:
    """Half a code is of no use."""
    answer = relay.post(GET, data=GOOD | {"key": "otp-token-55d0", "text": "x" * 3000})

    assert code(answer) == 453
    assert relay.store.entries == []


@pytest.mark.parametrize(
    ("outcome", "expected", "order"),
    [
        (Outcome(order_id="323223"), 200, "323223"),
        (Outcome(code=402), 402, None),
        (Outcome(code=450), 450, None),
        (Outcome(), 400, None),
        (None, 503, None),
    ],
)
def test_a_code_waits_for_the_provider(
    relay: Any, outcome: Outcome | None, expected: int, order: str | None
) -> None:
    """Its order, its refusal, or that there is no answer yet: never a `sent` too early."""
    if outcome:
        relay.outcomes["m00000000001"] = outcome

    answer = relay.get(GET, params=GOOD | {"key": "otp-token-55d0"})

    assert (answer.status_code, code(answer)) == (expected, expected)
    assert ET.fromstring(answer.content).findtext("order/id") == order  # noqa: S314  # our own
    assert relay.texts == ["disk full"]


def test_what_cannot_be_stored_is_busy(relay: Any) -> None:
    """In the shape that the device knows."""
    relay.store.broken = True

    answer = relay.get(GET, params=GOOD)

    assert (answer.status_code, code(answer), answer.headers["Retry-After"]) == (503, 503, "5")


@pytest.mark.parametrize(
    ("to", "query", "expected", "numbers"),
    [
        (("oncall",), "", 200, ("5301234567",)),
        (("oncall",), "&n=second", 200, ("5301234568",)),
        (("oncall",), "&n=05301234568", 200, ("5301234568",)),
        (("oncall",), "&n=5301234569", 452, ()),
        ((), "", 452, ()),
    ],
)
def test_a_device_without_bare_numbers_texts_contacts_only(
    start: Callable[..., Any],
    new_device: Callable[..., Any],
    to: tuple[str, ...],
    query: str,
    expected: int,
    numbers: tuple[str, ...],
) -> None:
    """By name, by a number that a contact has, or to whom the configuration says."""
    relay = start(devices={"lobby": new_device("lobby", to=to, raw_numbers=False)})

    answer = relay.get(f"/s?t=device-token-8b21&m=x{query}")

    assert code(answer) == expected
    assert [entry.recipients for entry in relay.store.entries] == ([numbers] if numbers else [])


def test_a_device_may_be_bound_to_networks(
    start: Callable[..., Any], new_device: Callable[..., Any]
) -> None:
    """403 for people, the provider's 401 for the device."""
    relay = start(devices={"lobby": new_device("lobby", allow=(ip_network("10.0.0.0/8"),))})

    answer = relay.get(GET, params=GOOD)

    assert (answer.status_code, code(answer)) == (403, 401)


@pytest.mark.parametrize("way", ["token", "key", "t", "bearer", "basic"])
def test_the_token_may_stand_in_several_places(relay: Any, way: str) -> None:
    """In a field of the device, or where HTTP has it."""
    rest = {"text": "x", "receipents": "5301234567"}
    auth = ("any", "device-token-8b21") if way == "basic" else None
    headers = {"Authorization": "Bearer device-token-8b21"} if way == "bearer" else {}
    field = {way: "device-token-8b21"} if way in {"token", "key", "t"} else {}

    answer = relay.get("/s", params=rest | field, auth=auth, headers=headers)

    assert code(answer) == 200


def test_each_token_is_its_own_device(
    start: Callable[..., Any], new_device: Callable[..., Any]
) -> None:
    """The door is one, the devices are told apart by their tokens alone."""
    gate = new_device("gate", token=Secret("gate-token"), to=("second",))
    relay = start(devices={"lobby": new_device("lobby"), "gate": gate})

    relay.get("/s?t=gate-token&m=x")
    relay.get("/s?t=device-token-8b21&m=x&n=oncall")

    assert [entry.source for entry in relay.store.entries] == ["gate", "lobby"]
