"""Places on loopback that keep what they are told, and an outcome to tell."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.models import Status
from im_notify.protocols import Outcome
from im_notify.reports import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass
class Asked:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Place:
    """A web server; `answers` are taken one after the other, the last one for ever."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"{}")])
    location: str = ""

    def take(self) -> tuple[int, bytes]:
        """Return the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def place() -> Iterator[Place]:
    """Run the server."""
    found = Place()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append(Asked(self.path, dict(self.headers), body))
            status, text = found.take()
            self.send_response(status)
            if found.location:
                self.send_header("Location", found.location)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()


def _outcome(*labels: Mapping[str, str], **fields: Any) -> Outcome:
    alerts = tuple(
        Alert(source="door", episode=str(at), state=AlertState.FIRING, object="db1", labels=one)
        for at, one in enumerate(labels)
    )
    outcome = Outcome(
        id="0a1b2c3d4e5f",
        status=Status.DELIVERED,
        ended_at=datetime(2026, 11, 21, 9, 3, 14, tzinfo=UTC),
        deliveries=(Delivery("5301234567", Status.DELIVERED),),
        alerts=alerts,
        text="SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)",
    )
    return replace(outcome, **fields)


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """Give what makes an outcome: the labels of each alert, and what else is said."""
    return _outcome
