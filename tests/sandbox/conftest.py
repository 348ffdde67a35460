"""A caller of the sandbox that knows the provider's wire format and nothing of im-notify."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY, Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOON = datetime(2026, 4, 29, 12, 0, tzinfo=timezone(timedelta(hours=3))).timestamp()


class Caller:
    """Calls one sandbox whose clock stands at noon in Turkey on 29 April 2026 until moved."""

    def __init__(self, settings: Settings) -> None:
        """Start the sandbox."""
        self.sandbox = Sandbox(settings, clock=lambda: NOON)
        self.session = requests.Session()

    def close(self) -> None:
        """Close both ends."""
        self.session.close()
        self.sandbox.close()

    def url(self, path: str) -> str:
        """Address a path below the root of the API."""
        return self.sandbox.base_url + path

    def post(self, name: str, **request: Any) -> requests.Response:
        """Post one JSON call with the example credentials unless told others."""
        request.setdefault("authentication", {"key": EXAMPLE_KEY, "hash": EXAMPLE_HASH})
        body = {"request": request}
        return self.session.post(self.url(f"{name}/json"), json=body, timeout=5)

    def order(self, **changes: Any) -> dict[str, Any]:
        """Describe a good order with some fields changed; None leaves a field out."""
        text, numbers = changes.pop("text", "disk full"), changes.pop("numbers", ["5301234567"])
        order: dict[str, Any] = {
            "sender": "APITEST",
            "iys": "0",
            "message": {"text": text, "receipents": {"number": numbers}},
        }
        return {name: value for name, value in (order | changes).items() if value is not None}

    def send(self, **changes: Any) -> requests.Response:
        """Post an order."""
        return self.post("send-sms", order=self.order(**changes))

    def place(self, **changes: Any) -> str:
        """Post an order that is accepted and tell its number."""
        return str(self.send(**changes).json()["response"]["order"]["id"])

    def get(self, **changes: Any) -> requests.Response:
        """Send by the GET call."""
        query = {
            "key": EXAMPLE_KEY,
            "hash": EXAMPLE_HASH,
            "text": "disk full",
            "receipents": "5301234567",
            "sender": "APITEST",
            "iys": "0",
        }
        return self.session.get(self.url("send-sms/get/"), params=query | changes, timeout=5)

    def report(self, order_id: str, **fields: Any) -> requests.Response:
        """Ask for an order's report."""
        return self.post("get-report", order={"id": order_id, **fields})

    def rows(self, order_id: str, **fields: Any) -> dict[str, int]:
        """Read a report's rows as number and status."""
        message = self.report(order_id, **fields).json()["response"]["order"]["message"]
        return {row["number"]: row["status"] for row in message}


def code_of(response: requests.Response) -> int:
    """Read the provider's code out of a JSON or XML reply."""
    if "json" in response.headers["Content-Type"]:
        return int(response.json()["response"]["status"]["code"])
    return int(ET.fromstring(response.content).findtext("status/code") or 0)  # noqa: S314  # our own


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Start sandboxes with chosen settings; all are closed afterwards."""
    started: list[Caller] = []

    def begin(**settings: Any) -> Caller:
        started.append(Caller(Settings(**settings)))
        return started[-1]

    yield begin
    for caller in started:
        caller.close()


@pytest.fixture
def code() -> Callable[[requests.Response], int]:
    """Hand out the reader of provider codes."""
    return code_of
