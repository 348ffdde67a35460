"""The line between surely not sent and unknown, drawn on real sockets of loopback."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.errors import NotSentError, UnknownOutcomeError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import trustme

    from im_notify.errors import ImNotifyError
    from im_notify.models import Message
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]
    Failure = Callable[..., ImNotifyError]

HUGE = "x" * 12_000_000  #: more than both ends' socket buffers hold: the last byte cannot leave

both_ways = pytest.mark.parametrize("way", ["json", "get"])
plain_and_tls = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])


@both_ways
def test_a_name_that_does_not_resolve_is_not_sent(
    account: Callable[..., Ways], make: Callable[..., Message], failure: Failure, way: str
) -> None:
    """No resolver knows names under `invalid` (RFC 6761)."""
    error = failure(account("http://api.invalid/v1/")[way].send, make())

    assert type(error) is NotSentError
    assert "api.invalid" not in str(error)


@both_ways
def test_a_refused_connection_is_not_sent(
    account: Callable[..., Ways], make: Callable[..., Message], failure: Failure, way: str
) -> None:
    """Nobody listens on a port that was just given back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = failure(account(f"http://127.0.0.1:{port}/v1/")[way].send, make())

    assert type(error) is NotSentError
    assert "refused" in str(error)


@both_ways
def test_a_connect_timeout_is_not_sent(
    account: Callable[..., Ways], make: Callable[..., Message], failure: Failure, way: str
) -> None:
    """A listener whose queue is full answers no further connection."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003  socket's signature
            waiting.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1/"

        error = failure(account(url, connect_timeout=0.2)[way].send, make())

    assert type(error) is NotSentError
    assert "connect timeout" in str(error)


@both_ways
def test_an_untrusted_certificate_is_not_sent(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    way: str,
) -> None:
    """The text says what to set."""
    server = peer(lambda conn, peer: peer.hear(conn), tls=certified)

    error = failure(account(server.url)[way].send, make())

    assert type(error) is NotSentError
    assert "set REQUESTS_CA_BUNDLE" in str(error)
    assert server.heard == []


@both_ways
def test_a_reset_in_the_handshake_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    way: str,
) -> None:
    """The far end leaves after the client's hello."""

    def script(conn: socket.socket, server: Any) -> None:
        conn.recv(1)
        server.reset(conn)

    server = peer(script)

    error = failure(account(server.url.replace("http:", "https:"))[way].send, make())

    assert type(error) is NotSentError


@both_ways
def test_a_handshake_that_hangs_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    way: str,
) -> None:
    """The far end hears the client's hello and says nothing."""
    server = peer(lambda conn, _: conn.recv(1) and conn.recv(65536) and conn.recv(1))
    url = server.url.replace("http:", "https:")

    error = failure(account(url, connect_timeout=0.2)[way].send, make())

    assert type(error) is NotSentError


def test_an_answer_that_is_not_tls_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
) -> None:
    """An https address of a server that speaks plain HTTP."""
    server = peer(lambda conn, _: conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))

    error = failure(account(server.url.replace("http:", "https:"))["json"].send, make())

    assert type(error) is NotSentError


@both_ways
@plain_and_tls
def test_a_reset_before_the_request_is_not_sent(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    tls: bool,
) -> None:
    """The far end leaves without reading, so the last byte of the request never left."""
    server = peer(lambda conn, peer: peer.reset(conn), tls=certified if tls else None)

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        error = failure(account(server.url)[way].send, make(text=HUGE))

    assert type(error) is NotSentError
    assert server.heard == []


def test_a_far_end_that_stops_reading_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
) -> None:
    """The last byte waits for room until the timeout and never leaves."""
    done = Event()
    server = peer(lambda _conn, _peer: done.wait(5))
    backend = account(server.url, connect_timeout=0.2, read_timeout=0.2)["json"]

    error = failure(backend.send, make(text=HUGE))
    done.set()

    assert type(error) is NotSentError


def _head(headers: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode("latin-1")


_CHUNKED = _head("Transfer-Encoding: chunked")
_LONG = _head("Content-Length: 500")
SAID: dict[str, Callable[[bytes], bytes]] = {  # before the connection is closed
    "nothing": lambda _: b"",
    "half a status line": lambda _: b"HTTP/1.1 2",
    "half a head": lambda _: b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": lambda taken: _head(f"Content-Length: {len(taken)}") + taken[:40],
    "a whole answer and too little": lambda taken: _LONG + taken,
    "half a chunk": lambda taken: _CHUNKED + b"ff\r\n" + taken,
    "bad chunk": lambda taken: _CHUNKED + b"xyz\r\n" + taken,
    "no http": lambda _: b"SMTP ready\r\n\r\n",
    "two lengths": lambda taken: _head("Content-Length: 90\r\nContent-Length: 5") + taken,
    "bad gzip": lambda taken: _head("Content-Encoding: gzip") + taken,
    "endless head": lambda _: _head("X: " + "x" * 70_000),
    "odd pause": lambda _: b"HTTP/1.1 500 no\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    "too large": lambda _: _head("Content-Length: 17825792") + b" " * 17_825_792,
}
ENDINGS = {
    **{f"{name}, close": (said, "close") for name, said in SAID.items()},
    **{f"{name}, {end}": (SAID[name], end) for name in list(SAID)[:5] for end in ("reset", "hang")},
}


def _whole(conn: socket.socket, server: Any, *, said: bytes, ending: str) -> None:
    """Read a request whole, say something and end as told."""
    server.hear(conn)
    conn.sendall(said)
    if ending == "reset":
        server.reset(conn)
    elif ending == "hang":
        conn.recv(1)


@both_ways
@plain_and_tls
@pytest.mark.parametrize(("said", "ending"), ENDINGS.values(), ids=ENDINGS)
def test_a_failure_after_the_request_is_unknown(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    tls: bool,
    said: Callable[[bytes], bytes],
    ending: str,
) -> None:
    """Once the far end has read the request the order may be placed; nothing is sent twice."""
    server = peer(
        lambda conn, server: _whole(conn, server, said=said(taken[way]), ending=ending),
        tls=certified if tls else None,
    )

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        error = failure(account(server.url, read_timeout=0.2)[way].send, make())

    assert type(error) is UnknownOutcomeError
    assert len(server.heard) == 1


@both_ways
@plain_and_tls
def test_a_kept_connection_that_was_closed_is_replaced(
    *,
    peer: Callable[..., Any],
    certified: ssl.SSLContext,
    authority: trustme.CA,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    taken: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    tls: bool,
) -> None:
    """The far end closed while nothing was under way: the next order takes a new connection."""

    def script(conn: socket.socket, server: Any) -> None:
        server.hear(conn)
        server.answer(conn, taken[way])

    server = peer(script, tls=certified if tls else None)

    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        backend = account(server.url)[way]
        backend.send(make())
        server.settle()
        backend.send(make(text="another"))

    assert (len(server.heard), server.accepted) == (2, 2)


@both_ways
@pytest.mark.parametrize("ending", ["reset", "close", "hang"])
def test_a_kept_connection_that_breaks_after_the_request_is_unknown(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    taken: dict[str, bytes],
    way: str,
    ending: str,
) -> None:
    """The second request was read whole: it is not repeated on a new connection."""

    def script(conn: socket.socket, server: Any) -> None:
        server.hear(conn)
        server.answer(conn, taken[way])
        _whole(conn, server, said=b"", ending=ending)

    server = peer(script)
    backend = account(server.url, read_timeout=0.2)[way]
    backend.send(make())

    error = failure(backend.send, make(text="another"))

    assert type(error) is UnknownOutcomeError
    assert (len(server.heard), server.accepted) == (2, 1)


@both_ways
def test_a_kept_connection_that_breaks_in_the_request_is_not_sent(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    taken: dict[str, bytes],
    way: str,
) -> None:
    """The far end leaves at the first byte of the second request."""

    def script(conn: socket.socket, server: Any) -> None:
        server.hear(conn)
        server.answer(conn, taken[way])
        conn.recv(1)
        server.reset(conn)

    server = peer(script)
    backend = account(server.url)[way]
    backend.send(make())

    error = failure(backend.send, make(text=HUGE))

    assert type(error) is NotSentError
    assert (len(server.heard), server.accepted) == (1, 1)


def test_an_older_failure_does_not_colour_the_next(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
) -> None:
    """A send that breaks while a refused connection is being handled is unknown all the same."""
    server = peer(lambda conn, server: _whole(conn, server, said=b"", ending="reset"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    try:
        socket.create_connection(("127.0.0.1", port), timeout=1)
    except OSError:
        try:
            account(f"http://127.0.0.1:{port}/v1/")["json"].send(make())
        except NotSentError:
            error = failure(account(server.url)["json"].send, make())

    assert type(error) is UnknownOutcomeError


@pytest.mark.parametrize("base_url", ["ftp://127.0.0.1/", "nowhere/", f"http://{'a' * 70}.test/"])
def test_an_address_that_cannot_be_used_is_not_sent(
    account: Callable[..., Ways], make: Callable[..., Message], failure: Failure, base_url: str
) -> None:
    """The configuration refuses most of these; a program may still bring one."""
    error = failure(account(base_url)["json"].send, make())

    assert type(error) is NotSentError
    assert "base URL" in str(error)


def test_a_bundle_that_is_not_there_is_not_sent(
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Failure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The text names the file."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")

    error = failure(account("https://127.0.0.1:9/v1/")["json"].send, make())

    assert type(error) is NotSentError
    assert "/nowhere/ca.pem" in str(error)


@both_ways
def test_sixteen_sends_at_a_time_keep_their_connections(
    *,
    peer: Callable[..., Any],
    account: Callable[..., Ways],
    make: Callable[..., Message],
    taken: dict[str, bytes],
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    """As many as a relay has on their way: the next ones need no new connection."""
    many, together = 16, Barrier(16)

    def answers_when_all_are_there(conn: socket.socket, server: Any) -> None:
        while server.hear(conn):
            together.wait(10)
            server.answer(conn, taken[way])

    server = peer(answers_when_all_are_there)
    backend = account(server.url, rate=1e6, read_timeout=10.0)[way]
    with ThreadPoolExecutor(many) as senders:
        for _round in range(3):
            sent = list(senders.map(lambda _turn: backend.send(make()), range(many)))
            assert len(sent) == many

    assert server.accepted == many
    assert [one.getMessage() for one in caplog.records] == []
