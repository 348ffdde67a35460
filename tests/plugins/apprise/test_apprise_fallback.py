from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from im_notify_plugins.apprise import im_notify_fallback

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Stub:
    """A web server that keeps what is posted and answers with `status`."""

    url: str = ""
    status: int = 200
    posted: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Run the server on loopback."""
    found = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.posted.append(json.loads(self.rfile.read(length)))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found.url = f"json://user:password@127.0.0.1:{server.server_port}/alarm"
        yield found
        server.shutdown()
        thread.join()


def test_the_text_is_posted_as_it_is(stub: Stub) -> None:
    """Over real HTTP, Turkish letters and line breaks too."""
    text = "KRT db1: disk dolu, şimdi\n12:00 #7f3a"

    assert im_notify_fallback(stub.url, text) is True
    assert [one["message"] for one in stub.posted] == [text]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_what_is_not_taken_is_said(stub: Stub, status: int) -> None:
    """The rung has failed then."""
    stub.status = status

    assert im_notify_fallback(stub.url, "x") is False


@pytest.mark.parametrize("url", ["carrier-pigeon://loft", "nonsense", "", "unknown://a:b@c/?d=e"])
def test_a_scheme_that_apprise_does_not_know_is_left_to_others(url: str) -> None:
    """None, so that another plugin is asked."""
    assert im_notify_fallback(url, "x") is None
    assert im_notify_fallback(url, None) is None


def test_without_a_text_nothing_is_told(stub: Stub) -> None:
    """Only whether the URL could be used is said, and one that lacks a part could not be."""
    assert im_notify_fallback(stub.url, None) is True
    assert im_notify_fallback("mailto://", None) is None
    assert stub.posted == []


@pytest.mark.parametrize("url", ["carrier-pigeon://u:passw0rd@loft", "slack://passw0rd"])
def test_a_url_that_cannot_be_used_is_not_logged(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Apprise would write parts of it; what it says elsewhere is still heard."""
    im_notify_fallback(url, None)
    logging.getLogger("apprise").error("something else")

    assert caplog.messages == ["something else"]
