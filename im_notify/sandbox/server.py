"""The HTTP edge: connections that live on, leave in one segment, and can be broken on demand."""

from __future__ import annotations

import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread, current_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from im_notify.sandbox.faults import Outcome
    from im_notify.sandbox.wire import Reply

_LINGER_NONE = struct.pack("ii", 1, 0)
_JOIN_SECONDS = 0.1
_ACCEPT_SECONDS = 0.05
"""A client that left between being announced and being accepted must not block `close`."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request that arrived whole; `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Server(ThreadingHTTPServer):
    """Listens on loopback, one daemon thread a connection."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, answer: Callable[[Arrived], Outcome]) -> None:
        """Bind at once; port 0 takes a free one."""
        self.answer = answer
        self._live: dict[socket.socket, Thread] = {}
        self._closing = False
        super().__init__(("127.0.0.1", port), Handler)
        self._wake, self._woken = socket.socketpair()
        self._loop = Thread(target=self._accept, name="sandbox-accept", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind without looking the host's name up, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def start(self) -> None:
        """Accept from now on, in the background."""
        self.socket.settimeout(_ACCEPT_SECONDS)
        self._loop.start()

    def close(self) -> None:
        """Stop accepting, cut every connection and wait a moment for their threads."""
        self._closing = True
        self._wake.send(b"\0")
        self._loop.join()
        self.server_close()
        self._wake.close()
        self._woken.close()
        live = list(self._live.items())
        for connection, _ in live:
            _cut(connection)
        until = time.monotonic() + _JOIN_SECONDS
        for _, thread in live:
            thread.join(max(0.0, until - time.monotonic()))

    def _accept(self) -> None:
        """Take connections as they come; unlike `serve_forever` it neither polls nor lingers."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._closing:
                selector.select()
                if not self._closing:
                    self._take()

    def _take(self) -> None:
        try:
            request, address = self.get_request()
        except OSError:
            return
        self.process_request(request, address)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve one connection, known to `close` while it lasts."""
        if not isinstance(request, socket.socket):
            return
        self._live[request] = current_thread()
        if self._closing:
            _cut(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._live.pop(request, None)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close; without the polite end where a reset is wanted, which would come first."""
        wants_reset = isinstance(request, socket.socket) and _is_set_to_reset(request)
        if wants_reset:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that leave; anything else is a fault of the sandbox."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it came


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole, asks for the outcome and carries it out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        arrived = Arrived(self.command, self.path, dict(self.headers.items()), body)
        outcome = self.server.answer(arrived)
        match outcome.ending:
            case "reset":
                self._reset()
            case "hang":
                self._hang()
            case "truncated":
                self._send(outcome.reply, share=0.5)
            case "whole":
                self._send(outcome.reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _serve  # noqa: N815  # names of http.server

    def handle_expect_100(self) -> bool:
        """Let the body come now: the answer would wait in the write buffer."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def log_message(self, *_: object) -> None:
        """Stay silent; the ledger tells what happened."""

    def _read_body(self) -> bytes | None:
        """Read the announced bytes; None when the client left before they had all come.

        A body of no announced length counts as empty and ends the connection.
        """
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            return b""
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _send(self, reply: Reply, *, share: float = 1.0) -> None:
        if share < 1.0:
            self.close_connection = True
        body = b"" if self.command == "HEAD" else reply.body
        self.wfile.write(self._head(reply) + body[: int(len(body) * share)])

    def _head(self, reply: Reply) -> bytes:
        return (
            f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Error')}\r\n"
            f"Date: {formatdate(usegmt=True)}\r\n"
            f"Content-Type: {reply.content_type}\r\n"
            f"Content-Length: {len(reply.body)}\r\n"
            f"Connection: {'close' if self.close_connection else 'keep-alive'}\r\n\r\n"
        ).encode("ascii")

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self.close_connection = True

    def _hang(self) -> None:
        """Stay silent until the client leaves, or `close` cuts the connection."""
        self.close_connection = True
        while self.connection.recv(65536):
            continue


def _is_set_to_reset(connection: socket.socket) -> bool:
    try:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == _LINGER_NONE
    except OSError:
        return False


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
