"""A certificate that is not trusted, and one that the user says is to be."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Shell

SEND = ("send", "--to", "5301234567", "--sender", "APITEST", "--iys", "0", "x")


class _Provider(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"response": {"status": {"code": "200"}, "order": {"id": 7}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def _serving(authority: trustme.CA) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with HTTPServer(("127.0.0.1", 0), _Provider) as server:
        server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]  # a failed handshake is what is tested
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/v1/"
        server.shutdown()
        thread.join()


def test_a_wrong_certificate_authority_is_surely_not_sent(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 7 and one line that says what to set; setting it helps."""
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))

    with _serving(authority) as base_url:
        shell.environ["IM_NOTIFY_BASE_URL"] = base_url
        refused = shell(*SEND)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        trusted = shell(*SEND)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        missing = shell(*SEND)

    assert (refused.code, trusted.code, missing.code) == (7, 0, 7)
    assert "REQUESTS_CA_BUNDLE" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert "none.pem" in missing.err
