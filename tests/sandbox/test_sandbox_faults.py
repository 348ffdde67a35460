from __future__ import annotations

import json
import socket
import time
import xml.etree.ElementTree as ET
from threading import Thread
from typing import Any

import pytest
import requests

BROKEN = {
    "reset": requests.ConnectionError,
    "truncated": requests.exceptions.ChunkedEncodingError,
    "hang": requests.ReadTimeout,
}
STATUS = {"500": 500, "502": 502, "503": 503, "504": 504}
UNREADABLE = ["500", "502", "503", "504", "empty", "junk", "latin"]
PLACED = {"before": 0, "after": 1}


@pytest.mark.parametrize("when", PLACED)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_connection_says_nothing_of_the_order(start: Any, kind: str, when: str) -> None:
    """The client fails the same way whether or not the order was placed."""
    caller = start()
    caller.sandbox.fault(kind, when=when)
    body = {"request": {"authentication": _pair(caller), "order": caller.order()}}

    with pytest.raises(BROKEN[kind]):
        requests.post(caller.url("send-sms/json"), json=body, timeout=(5, 0.1))

    assert len(caller.sandbox.ledger) == PLACED[when]
    assert len(caller.sandbox.requests) == 1


@pytest.mark.parametrize("when", PLACED)
@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("call", ["send", "get"])
def test_an_unreadable_answer_says_nothing_of_the_order(
    start: Any, call: str, kind: str, when: str
) -> None:
    """Empty, foreign and wrongly encoded answers come before or after the order is placed."""
    caller = start()
    caller.sandbox.fault(kind, when=when)

    response = getattr(caller, call)()

    assert response.status_code == STATUS.get(kind, 200)
    assert _cannot_be_read(response.content)
    assert len(caller.sandbox.ledger) == PLACED[when]


@pytest.mark.parametrize("when", PLACED)
def test_a_bomb_is_nested_json_or_growing_xml(start: Any, when: str) -> None:
    """The JSON bomb is deeper than a parser goes, the XML bomb declares entities of entities."""
    caller = start()
    caller.sandbox.fault("bomb", when=when, count=2)

    by_json, by_get = caller.send(), caller.get(text="other")

    with pytest.raises(RecursionError):
        json.loads(by_json.content)
    assert b"<!ENTITY l9" in by_get.content
    assert len(caller.sandbox.ledger) == 2 * PLACED[when]


def test_a_reset_is_a_reset_and_not_an_end(start: Any) -> None:
    """The client's read fails with ECONNRESET rather than ending politely."""
    caller = start()
    caller.sandbox.fault("reset")

    with socket.create_connection(_address(caller), timeout=5) as client:
        client.sendall(b"GET /v1/send-sms/get/ HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_truncated_answer_promises_more_than_comes(start: Any) -> None:
    """The announced length is whole, half of it arrives, then the connection ends."""
    caller = start()
    caller.sandbox.fault("truncated", when="after")

    with socket.create_connection(_address(caller), timeout=5) as client:
        client.sendall(b"GET /v1/send-sms/get/ HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")

    announced = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert len(body) == announced // 2


def test_a_hanging_answer_ends_with_the_sandbox(start: Any) -> None:
    """A client that waits without a limit is let go when the sandbox closes."""
    caller = start()
    caller.sandbox.fault("hang", when="after")
    failures: list[Exception] = []

    def wait() -> None:
        try:
            caller.send()
        except requests.ConnectionError as error:
            failures.append(error)

    waiting = Thread(target=wait)
    waiting.start()
    _until(lambda: caller.sandbox.ledger)
    caller.sandbox.close()
    waiting.join(5)

    assert len(failures) == 1


def test_faults_come_in_turn_and_end(start: Any) -> None:
    """Counts are used up in the order in which faults were asked for."""
    caller = start()
    caller.sandbox.fault("502", count=2)
    caller.sandbox.fault("504")

    statuses = [caller.send().status_code for _ in range(4)]

    assert statuses == [502, 502, 504, 200]


def test_a_fault_hurts_only_its_path(start: Any) -> None:
    """A fault on reports leaves sending alone."""
    caller = start()
    caller.sandbox.fault("500", path="get-report")

    order_id = caller.place()

    assert caller.report(order_id).status_code == 500
    assert caller.report(order_id).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"kind": "fire"}, {"kind": "reset", "when": "later"}, {"kind": "junk", "count": 0}]
)
def test_an_unknown_fault_is_named(start: Any, wrong: dict[str, Any]) -> None:
    """A mistake in a fault is an error at once, not a fault that never comes."""
    caller = start()

    with pytest.raises(ValueError, match=r"unknown|count"):
        caller.sandbox.fault(**wrong)


def _pair(caller: Any) -> dict[str, str]:
    return {"key": caller.sandbox.settings.key, "hash": caller.sandbox.settings.hash}


def _address(caller: Any) -> tuple[str, int]:
    return "127.0.0.1", int(caller.sandbox.base_url.split(":")[2].split("/")[0])


def _cannot_be_read(body: bytes) -> bool:
    try:
        text = body.decode()
        return text == "" or ET.fromstring(text).tag == "html"  # noqa: S314  # our own
    except UnicodeDecodeError:
        return True


def _until(happened: Any) -> None:
    until = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < until
