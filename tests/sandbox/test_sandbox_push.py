# Turkish texts, and digits that only look like ours
from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    Inbox = tuple[str, "Queue[dict[str, Any]]"]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Listen for pushes: an address, and the reports that arrive there."""
    arrived: Queue[dict[str, Any]] = Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put(json.loads(body) | {"path": self.path})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook/secret?a=1", arrived
        server.shutdown()
        thread.join()


def test_each_message_is_accepted_then_ends(start: Any, inbox: Inbox) -> None:
    """A push names message, order, word, number and text as the provider's webhook does."""
    url, arrived = inbox
    caller = start(webhook_url=url)

    caller.place(text="ısı")
    accepted = arrived.get(timeout=5)
    caller.sandbox.advance(2)
    delivered = arrived.get(timeout=5)

    report = {
        "id": 1599558518,
        "packet_id": 312891001,
        "status": "accepted",
        "to": "+905301234567",
        "body": "ısı",
    }
    assert accepted == {"report": report, "path": "/hook/secret?a=1"}
    assert delivered["report"] == report | {"status": "delivered"}


def test_endings_decide_what_is_pushed(start: Any, inbox: Inbox) -> None:
    """A waiting number is only accepted, a blacklisted one never, a missing one not told."""
    url, arrived = inbox
    caller = start(webhook_url=url)
    ends = ("01", "97", "98", "99", "96")

    caller.place(numbers=[f"53012345{end}" for end in ends])
    caller.sandbox.advance(2)

    reports = [arrived.get(timeout=5)["report"] for _ in range(6)]
    assert [(report["to"][-2:], report["status"]) for report in reports] == [
        ("01", "accepted"),
        ("97", "accepted"),
        ("98", "accepted"),
        ("99", "undelivered"),
        ("01", "delivered"),
        ("97", "undelivered"),
    ]


def test_a_cancelled_order_is_not_pushed(start: Any, inbox: Inbox) -> None:
    """Only the order that is still wanted is told, when its time has come."""
    url, arrived = inbox
    caller = start(webhook_url=url)
    cancelled = caller.place(text="no", sendDateTime="29/04/2026 12:10")
    caller.place(text="yes", sendDateTime="29/04/2026 12:10")

    caller.post("cancel-order", order={"id": cancelled})
    caller.sandbox.advance(600)

    assert arrived.get(timeout=5)["report"]["body"] == "yes"


def test_a_webhook_that_is_away_hurts_nothing(start: Any) -> None:
    """A failed push is dropped and orders go on."""
    caller = start(webhook_url="http://127.0.0.1:1/")
    caller.place(text="one")

    assert caller.send(text="two").status_code == 200
