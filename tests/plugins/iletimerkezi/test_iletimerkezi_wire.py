from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import Consent, Message
from im_notify.secret import Secret
from im_notify_plugins.iletimerkezi import getform, wire
from im_notify_plugins.iletimerkezi.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

LOGIN = Credentials(Secret("5" * 32), Secret("c3" * 32))
TURKEY = timezone(timedelta(hours=3))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def message_of(text: str = "disk full", send_at: datetime | None = None) -> Message:
    """Make a message to two recipients."""
    return Message(
        text=text,
        recipients=("5301234567", "5301234568"),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        send_at=send_at,
    )


def test_a_json_send_is_written_as_documented() -> None:
    """One text to many, `receipents` misspelt inside `message`, iys said, no schedule."""
    written = json.loads(wire.send_body(message_of(), LOGIN))

    assert written == {
        "request": {
            "authentication": {"key": "5" * 32, "hash": "c3" * 32},
            "order": {
                "sender": "APITEST",
                "iys": "0",
                "message": {
                    "text": "disk full",
                    "receipents": {"number": ["5301234567", "5301234568"]},
                },
            },
        }
    }


def test_a_repeated_send_has_the_same_bytes() -> None:
    """The provider's guard against repeats compares texts, so nothing may differ."""
    at = datetime(2026, 12, 1, 9, 0, tzinfo=TURKEY)

    assert wire.send_body(message_of("ı€", at), LOGIN) == wire.send_body(
        message_of("ı€", at), LOGIN
    )


@pytest.mark.parametrize("consent", list(Consent))
def test_the_consent_is_always_written(make: Callable[..., Message], consent: Consent) -> None:
    """The flag is said by every message, the list only by a commercial one."""
    order = json.loads(wire.send_body(make(consent=consent), LOGIN))["request"]["order"]
    query = dict(wire.get_pairs(make(consent=consent), LOGIN))

    wanted = ("1", consent.value) if consent.commercial else ("0", None)
    assert (order["iys"], order.get("iysList")) == wanted
    assert (query["iys"], query.get("iysList")) == wanted


@given(
    moment=st.datetimes(
        min_value=datetime(2026, 1, 1),  # noqa: DTZ001  the zone comes beside it
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001  the same
        timezones=st.timezones(),
        allow_imaginary=False,
    )
)
def test_a_schedule_never_has_seconds(moment: datetime) -> None:
    """Every time is written `DD/MM/YYYY HH:MM` in Türkiye's time and means the same moment."""
    at = moment.astimezone(UTC).replace(second=0, microsecond=0)

    order = json.loads(wire.send_body(message_of(send_at=at), LOGIN))["request"]["order"]

    written = order["sendDateTime"]
    assert re.fullmatch(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", written)
    assert datetime.strptime(written, "%d/%m/%Y %H:%M").replace(tzinfo=TURKEY) == at


@given(text=TEXTS)
def test_any_text_survives_json(text: str) -> None:
    """What is read back is what was written, whatever characters it has."""
    body = json.loads(wire.send_body(message_of(text), LOGIN).decode())

    assert body["request"]["order"]["message"]["text"] == text


@given(text=TEXTS)
def test_any_text_survives_the_query(text: str) -> None:
    """Ampersands, pluses, line ends and Turkish letters come back as they were."""
    query = getform.query(wire.get_pairs(message_of(text), LOGIN))

    assert re.fullmatch(r"[A-Za-z0-9_.~%,=&-]*", query)
    assert dict(parse_qsl(query, keep_blank_values=True))["text"] == text


def test_a_get_send_keeps_the_documents_order() -> None:
    """Key, hash, text, receipents, sender, iys; recipients are parted by plain commas."""
    query = getform.query(wire.get_pairs(message_of("a b"), LOGIN))

    names = [name for name, _ in parse_qsl(query)]
    assert names == ["key", "hash", "text", "receipents", "sender", "iys"]
    assert "text=a%20b&receipents=5301234567,5301234568&" in query


CODES = {
    "200": 200,
    '"200"': 200,
    '" 200 "': 200,
    "401": 401,
    '"456"': 456,
    "0": 0,
}
NO_CODES = [
    "200.0",
    "200.7",
    "2e2",
    "1e999",
    "NaN",
    "true",
    "null",
    '""',
    '"2_00"',
    '"+200"',
    "-200",
    '"200x"',
    '"٢٠٠"',
    "[200]",
    "{}",
    '"%s"' % ("9" * 5000),
]


@pytest.mark.parametrize(("written", "code"), CODES.items())
def test_a_json_code_is_a_number_or_its_digits(written: str, code: int) -> None:
    """The code comes as an integer or as a string."""
    answer = wire.read_json(f'{{"response":{{"status":{{"code":{written}}}}}}}'.encode())

    assert answer.code == code


@pytest.mark.parametrize("written", NO_CODES, ids=range(len(NO_CODES)))
def test_nothing_else_is_a_json_code(written: str) -> None:
    """What only resembles 200 is no success."""
    with pytest.raises(wire.UnreadableError):
        wire.read_json(f'{{"response":{{"status":{{"code":{written}}}}}}}'.encode())


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>'
    "<response><status><code>200</code></status><order><id>1</id></order></response>"
)
JUNK = {
    "nothing": b"",
    "html": "<html><body><p>Bakım<br></body></html>".encode(),
    "other encoding": "<response>İşlem</response>".encode("iso-8859-9"),
    "utf-16 half": b"\xff\xfe<",
    "truncated xml": b"<response><status><code>200</code>",
    "truncated json": b'{"response":{"status":{"code":200',
    "no envelope": b"{}",
    "list": b'["response"]',
    "word": b'{"response":"status"}',
    "number": b"200",
    "null": b"null",
    "deep json": b"[" * 100_000,
    "deep xml": b"<response>" * 10_000,
    "doctype": b"<!DOCTYPE response>" + BOMB[BOMB.index("<response") :].encode(),
    "entities": BOMB.encode(),
    "external": BOMB.replace('"lol"', 'SYSTEM "file:///etc/passwd"').encode(),
    "unknown encoding": b'<?xml version="1.0" encoding="x-none"?><response/>',
    "wide encoding": b'<?xml version="1.0" encoding="utf-32"?><response/>',
    "no code": b"<response><status><code></code></status></response>",
}


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK)
def test_junk_is_unreadable(body: bytes) -> None:
    """Neither reader takes what is not the provider's, or raises anything else."""
    for read in (wire.read_json, wire.read_xml):
        with pytest.raises(wire.UnreadableError):
            read(body)


XML = {
    "plain": "<response><status><code>200</code></status><order><id>7</id></order></response>",
    "declared": '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n<status>\n<code>\n200\n</code>'
    "<message>İşlem</message></status><order><id> 7 </id></order></response>",
}


@pytest.mark.parametrize("body", XML.values(), ids=XML)
def test_an_xml_answer_is_opened(body: str) -> None:
    """Code and order are found, with or without a declaration and white space."""
    answer = wire.read_xml(body.encode())

    assert (answer.code, wire.order_id(answer)) == (200, "7")


@pytest.mark.parametrize("order", [None, "", [], {}, {"id": None}, {"id": ""}, {"id": "x1"}])
def test_an_order_without_a_number_is_unreadable(order: object) -> None:
    """A success that names no order is not a receipt."""
    with pytest.raises(wire.UnreadableError):
        wire.order_id(wire.Answer(200, {"order": order}))


@pytest.mark.parametrize("written", [312891245, "312891245", " 312891245 "])
def test_an_order_id_is_text(written: object) -> None:
    """It comes as a number or as text and is kept as text."""
    answer = wire.Answer(200, {"order": {"id": written}})

    assert wire.order_id(answer) == "312891245"
