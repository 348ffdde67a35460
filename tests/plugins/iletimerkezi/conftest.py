"""An account at a sandbox, peers that misbehave on real sockets, and certificates."""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from im_notify.config import Config, ProviderConfig
from im_notify.errors import ImNotifyError
from im_notify.models import Consent, Message
from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY, Sandbox, Settings
from im_notify.secret import Secret
from im_notify.testing import FakeClock
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

_SURROUNDINGS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies and the certificates of the machine out."""
    for name in (*_SURROUNDINGS, *_BUNDLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> FakeClock:
    """Give a stopped clock."""
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with chosen settings, on the fake clock."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> Sandbox:
            sandbox = Sandbox(Settings(**settings), clock=lambda: clock.now().timestamp())
            return stack.enter_context(sandbox)

        yield begin


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    """Give a sandbox as the live API is."""
    return start()


@pytest.fixture
def account(clock: FakeClock) -> Callable[..., dict[str, ProviderBackend]]:
    """Open both ways of sending to an address, with timeouts for tests."""

    def opened(base_url: str, **provider: Any) -> dict[str, ProviderBackend]:
        settings: dict[str, Any] = {
            "key": Secret(EXAMPLE_KEY),
            "hash": Secret(EXAMPLE_HASH),
            "connect_timeout": 2.0,
            "read_timeout": 2.0,
        }
        config = Config(provider=ProviderConfig(base_url=base_url, **{**settings, **provider}))
        return {backend.name: backend for backend in backends(config, clock)}

    return opened


@pytest.fixture
def ways(
    sandbox: Sandbox, account: Callable[..., dict[str, ProviderBackend]]
) -> dict[str, ProviderBackend]:
    """Give both ways of sending to the sandbox."""
    return account(sandbox.base_url)


@pytest.fixture
def make() -> Callable[..., Message]:
    """Make a good message with some fields changed."""

    def made(**changes: Any) -> Message:
        fields: dict[str, Any] = {
            "text": "disk full on db1",
            "recipients": ("5301234567",),
            "sender": "APITEST",
            "consent": Consent.TRANSACTIONAL,
        }
        return Message(**{**fields, **changes})

    return made


@pytest.fixture
def failure() -> Callable[..., ImNotifyError]:
    """Call something that must fail and return its error."""

    def failed(call: Callable[..., object], *args: object) -> ImNotifyError:
        with pytest.raises(ImNotifyError) as caught:
            call(*args)
        return caught.value

    return failed


@pytest.fixture
def taken() -> dict[str, bytes]:
    """Give what the provider answers when it took order 312891245, for each way."""
    xml = "<response><status><code>200</code></status><order><id>312891245</id></order></response>"
    json = '{"response":{"status":{"code":200,"message":"ok"},"order":{"id":"312891245"}}}'
    return {"json": json.encode(), "get": xml.encode()}


def _read_request(conn: socket.socket) -> bytes:
    """Read one request whole, head and body; what came when the far end left before."""
    data = b""
    while b"\r\n\r\n" not in data or len(data) < _length(data):
        piece = conn.recv(65536)
        if not piece:
            break
        data += piece
    return data


def _length(data: bytes) -> int:
    head, _, _ = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(head) + 4 + int(line.partition(b":")[2])
    return len(head) + 4


@dataclass
class Peer:
    """A TCP server that does to each connection what its script says; `heard` is what came."""

    script: Callable[[socket.socket, Peer], None]
    tls: ssl.SSLContext | None = None
    heard: list[bytes] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        """Listen on a free port of loopback."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)  # never grows
        self._live: list[socket.socket] = []
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Tell where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Give a base URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1/"

    def hear(self, conn: socket.socket) -> bytes:
        """Read one request and note it."""
        request = _read_request(conn)
        if request:
            self.heard.append(request)
        return request

    def answer(
        self, conn: socket.socket, body: bytes, *, status: str = "200 OK", headers: str = ""
    ) -> None:
        """Write an answer that leaves the connection open."""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        conn.sendall(head.encode("latin-1") + body)

    def reset(self, conn: socket.socket) -> None:
        """Close with a reset instead of the polite end."""
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conn.close()

    def settle(self) -> None:
        """Wait until every script has ended and its connection is closed."""
        for thread in self._threads[1:]:
            thread.join(2)

    def close(self) -> None:
        """Stop, and cut what is still open."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for conn in self._live:
            _cut(conn)
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._live.append(conn)
            self._threads.append(Thread(target=self._serve, args=(conn,), daemon=True))
            self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        conn = raw
        try:
            if self.tls:
                conn = self.tls.wrap_socket(raw, server_side=True)
                self._live.append(conn)
            self.script(conn, self)
        except OSError:
            return
        finally:
            conn.close()
            raw.close()


def _cut(conn: socket.socket) -> None:
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
    finally:
        conn.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    """Start peers; all are closed afterwards."""
    started: list[Peer] = []

    def begin(
        script: Callable[[socket.socket, Peer], None], tls: ssl.SSLContext | None = None
    ) -> Peer:
        started.append(Peer(script, tls))
        return started[-1]

    yield begin
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Give a certificate authority that nobody trusts."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    """Give the server side of TLS for 127.0.0.1 and provider.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "provider.test").configure_cert(context)
    return context
