"""No failure of any kind shows the key, the hash, the text or the query."""

from __future__ import annotations

import contextlib
import logging
import socket
import traceback
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote

import pytest

from im_notify.errors import ImNotifyError
from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY, FaultKind
from im_notify.secret import Secret

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]

TEXT = "şifre 4711 & gizli"
HIDDEN = (EXAMPLE_KEY, EXAMPLE_HASH, TEXT, quote(TEXT), "4711", "?key=", "&hash=", "&text=")


def shown(error: BaseException) -> str:
    """Return all that a program could print of an error, and of what it came from."""
    return "\n".join(
        [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    )


class Provoked:
    """Makes sends and questions fail and keeps what they show."""

    def __init__(self, message: Message) -> None:
        """Start with nothing shown."""
        self.message = message
        self.shown: list[str] = [repr(message)]

    def all_of(self, ways: Ways) -> None:
        """Try both ways of sending, and every question."""
        for backend in ways.values():
            self.shown += [repr(backend), repr(backend.client())]
            self._one(lambda one=backend: one.send(self.message))  # type: ignore[misc]  # mypy: default of a lambda
        backend = ways["json"]
        self._one(lambda: list(backend.report_pages("312891245")))
        self._one(backend.check)
        self._one(lambda: backend.cancel("312891245"))

    def _one(self, call: Callable[[], object]) -> None:
        try:
            self.shown.append(repr(call()))
        except ImNotifyError as error:
            self.shown.append(shown(error))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Turn every logger that there is up to DEBUG."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_nothing_shows_a_secret(
    *,
    start: Callable[..., Sandbox],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    log: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every fault, refusal and broken connection, by both ways, with every logger at DEBUG."""
    provoked = Provoked(make(text=TEXT))
    sandbox = start()
    for kind in get_args(FaultKind):
        sandbox.reset()
        sandbox.fault(kind, count=2, when="after")
        sandbox.fault(kind, path="/v1/", count=99)
        provoked.all_of(account(sandbox.base_url, read_timeout=0.1))
    for settings in ({"api_access": False}, {"balance": 0}, {"senders": ()}, {}):
        provoked.all_of(account(start(**settings).base_url))
    provoked.all_of(account(sandbox.base_url, key=Secret("wrong" + EXAMPLE_KEY)))
    for script in _scripts(taken):
        provoked.all_of(account(peer(script).url, read_timeout=0.1))
    provoked.all_of(account(peer(_hear, tls=certified).url))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://api.invalid/", "ftp://x/", "nowhere/"):
        provoked.all_of(account(url, connect_timeout=0.2))
    for proxied in ("http", "https"):
        monkeypatch.setenv(f"{proxied}_proxy", f"http://127.0.0.1:{port}")
        provoked.all_of(account(f"{proxied}://provider.test/v1/"))

    out, err = capfd.readouterr()
    everything = "\n".join([*provoked.shown, log.text, out, err])

    assert "send-sms/get/?***" in log.text
    assert len(provoked.shown) > 200
    assert [word for word in HIDDEN if word in everything] == []


def _hear(conn: socket.socket, server: Any) -> None:
    server.hear(conn)


def _scripts(taken: dict[str, bytes]) -> list[Callable[[socket.socket, Any], None]]:
    """List what a far end does: closes, resets, answers so that urllib3 warns or raises."""

    def resets(conn: socket.socket, server: Any) -> None:
        server.hear(conn)
        server.reset(conn)

    def answers(headers: str, status: str = "200 OK") -> Callable[[socket.socket, Any], None]:
        def script(conn: socket.socket, server: Any) -> None:
            with contextlib.suppress(OSError):
                server.hear(conn)
                server.answer(conn, taken["json"], status=status, headers=headers)

        return script

    return [
        _hear,
        resets,
        answers("not a header\r\n"),
        answers("Content-Length: 5\r\n"),
        answers("Content-Encoding: gzip\r\n"),
        answers("Location: http://elsewhere.test/\r\n", "302 Found"),
        answers("Retry-After: 0\r\n", "503 no"),
    ]
