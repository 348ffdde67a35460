"""HTTP/1.1 as devices speak it: request lines that are not escaped, and clients that never finish.

`h11` rightly refuses a blank or a letter such as `ş` in the address; firewalls and scripts send
them. They are escaped before it looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS = 10.0  #: for the request line and all headers, from the first byte
_FINAL_HEADS = (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4", b"HTTP/1.1 5")
_VISIBLE = frozenset(range(0x21, 0x7F))


class GuardedProtocol(H11Protocol):
    """A connection that is cut off when a head does not come in time."""

    _cut_off: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the class itself
        """Give the first request its time, and no line of any to the log: it shows the query."""
        super().connection_made(cast("asyncio.Transport", _Joining(transport)))
        self.access_log = False
        self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Escape the request line, and keep the time until the head is whole."""
        if self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            data = escaped(data)
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._start()
        else:
            self._stop()

    def _start(self) -> None:
        if self._cut_off is None:
            self._cut_off = self.loop.call_later(HEAD_SECONDS, self._abort)

    def _stop(self) -> None:
        if self._cut_off is not None:
            self._cut_off.cancel()
            self._cut_off = None

    def _abort(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


class _Joining:
    """A transport that holds the head of an answer back until the body is written behind it.

    One segment, one system call, one time that the client is woken; uvicorn writes them apart.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if data.startswith(_FINAL_HEADS) and not self._head:
            self._head = data
        elif data or self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)

    def close(self) -> None:
        self.write(b"")
        self._transport.close()


def escaped(data: bytes) -> bytes:
    """Return the start of a request whose address holds visible ASCII only (RFC 9112, 3.2).

    A line that is not whole is left alone.
    """
    line, end, rest = data.partition(b"\n")
    method, _blank, address = line.rstrip(b"\r").partition(b" ")
    address, blank, version = address.rpartition(b" ")
    if not end or not blank or not version.startswith(b"HTTP/") or _VISIBLE.issuperset(address):
        return data
    written = b"".join(bytes([one]) if one in _VISIBLE else b"%%%02X" % one for one in address)
    return method + b" " + written + b" " + version + b"\r\n" + rest
