"""Every source of the plugin, and payloads as they came in."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from im_notify.alerts import Alert
from im_notify.protocols import Request
from im_notify_plugins.monitoring.every import sources

if TYPE_CHECKING:
    from collections.abc import Callable

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"


@pytest.fixture(scope="session")
def read() -> Callable[[str, Request], list[Alert]]:
    """Parse as the source of a name; times without a zone are three hours ahead of UTC."""
    known = {source.name: source for source in sources(timezone(timedelta(hours=3)))}

    def parse(name: str, request: Request) -> list[Alert]:
        found = list(known[name].parse(request))
        alerts = [one for one in found if isinstance(one, Alert)]
        assert alerts == found
        return alerts

    return parse


@pytest.fixture(scope="session")
def captured() -> Callable[[str], Request]:
    """Read a file of the payloads as the request that it was, its headers lying as they did."""

    def request(name: str) -> Request:
        kept = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
        content = kept.get("json", kept.get("alert_file_json"))
        return Request(
            method=kept["method"],
            query=dict(parse_qsl(urlsplit(kept["path"]).query)),
            headers={key.lower(): value for key, value in dict(kept["headers"]).items()},
            body=kept.get("body", json.dumps(content, ensure_ascii=False)).encode(),
        )

    return request


@pytest.fixture(scope="session")
def posted() -> Callable[..., Request]:
    """Make a request of a body: bytes as they are, text, or JSON."""

    def request(body: Any = b"", **query: str) -> Request:
        written = body if isinstance(body, str | bytes) else json.dumps(body)
        raw = written.encode() if isinstance(written, str) else written
        return Request(method="POST", query=query, headers={}, body=raw)

    return request
