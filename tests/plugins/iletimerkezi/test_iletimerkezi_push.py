from __future__ import annotations

import json
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import AlertError
from im_notify.models import OrderState, Status
from im_notify.protocols import Request
from im_notify.reports import Delivery
from im_notify_plugins.iletimerkezi.push import DeliveryPush

REPORT: dict[str, Any] = {
    "id": 1599558518,
    "packet_id": 104525848,
    "status": "delivered",
    "to": "+905301234567",
    "body": "the code is 4711",
}


def posted(body: bytes) -> Request:
    """Make what the provider posts."""
    return Request(method="POST", query={}, headers={"content-type": "application/json"}, body=body)


def pushed(**changes: Any) -> Request:
    """Make a good push with some fields changed."""
    return posted(json.dumps({"report": {**REPORT, **changes}}).encode())


WORDS = {
    "accepted": Status.WAITING,
    "delivered": Status.DELIVERED,
    "undelivered": Status.UNDELIVERED,
    "Delivered": Status.DELIVERED,
    " undelivered ": Status.UNDELIVERED,
    "queued": Status.WAITING,
    "": Status.WAITING,
    110: Status.WAITING,
    111: Status.DELIVERED,
    112: Status.UNDELIVERED,
    "111": Status.DELIVERED,
    None: Status.WAITING,
}


@pytest.mark.parametrize(("word", "status"), WORDS.items(), ids=map(repr, WORDS))
def test_words_and_numbers_are_states(word: object, status: Status) -> None:
    """Words as documented, numbers as one client expects them; unknown is never delivered."""
    (report,) = DeliveryPush().parse(pushed(status=word))

    assert report.deliveries == (Delivery("5301234567", status),)
    state = OrderState.SENDING if status is Status.WAITING else OrderState.COMPLETED
    assert report.state is state


@pytest.mark.parametrize("written", [104525848, "104525848", 2**40])
def test_packet_id_is_the_order(written: object) -> None:
    """The id of the one message is not used; ids may pass 32 bits."""
    (report,) = DeliveryPush().parse(pushed(packet_id=written))

    assert report.order_id == str(written)


@pytest.mark.parametrize("to", ["+905301234567", "905301234567", "5301234567", 5301234567])
def test_numbers_come_in_every_spelling(to: object) -> None:
    """They are brought to the one form."""
    (report,) = DeliveryPush().parse(pushed(to=to))

    assert report.deliveries[0].number == "5301234567"


def test_the_text_is_not_kept() -> None:
    """The provider sends it back, nobody needs it."""
    request = pushed()
    (report,) = DeliveryPush().parse(request)

    assert "4711" not in repr(report)
    assert "4711" not in repr(request)


JUNK: dict[str, bytes] = {
    "empty": b"",
    "html": b"<html>",
    "list": b"[]",
    "null": b"null",
    "no report": b"{}",
    "report is text": b'{"report": "x"}',
    "report is a list": b'{"report": [1]}',
    "deep": b"[" * 100_000,
    "latin": '{"report": {"body": "ı"}}'.encode("iso-8859-9"),
    "no order": json.dumps({"report": {**REPORT, "packet_id": None}}).encode(),
    "order is no number": json.dumps({"report": {**REPORT, "packet_id": "x"}}).encode(),
    "order is endless": b'{"report": {"packet_id": 1e999, "to": "5", "status": "x"}}',
    "no recipient": json.dumps({"report": {**REPORT, "to": None}}).encode(),
    "empty recipient": json.dumps({"report": {**REPORT, "to": ""}}).encode(),
}


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK)
def test_junk_is_an_alert_error(body: bytes) -> None:
    """Anybody may post to the address; the error, with all it hangs on, shows no text."""
    with pytest.raises(AlertError, match="not a delivery push") as caught:
        DeliveryPush().parse(posted(body))

    assert "4711" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("field", ["packet_id", "to", "status"])
def test_a_field_that_is_missing_is_an_alert_error(field: str) -> None:
    """Order, recipient and state are needed; the others are not."""
    report = {name: value for name, value in REPORT.items() if name != field}

    with pytest.raises(AlertError):
        DeliveryPush().parse(posted(json.dumps({"report": report}).encode()))


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing else is raised."""
    with pytest.raises(AlertError):
        DeliveryPush().parse(posted(body))
