"""Calls a relay over its Unix socket: one request, one answer, and never longer than is said.

Written by hand because it is run for each alert, and the usual HTTP clients take longer to load
than all else that is done.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.i18n import _

if TYPE_CHECKING:
    from im_notify.clock import Clock

PATH = "/alerts"
_LONGEST = 1_000_000  # bytes of an answer
_PIECE = 65_536


class UnreachedError(Exception):
    """No relay took the request; the text says why."""


class UnclearError(Exception):
    """A relay may have taken the request, and did not say so in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a relay said: its HTTP status, and the object that came with it."""

    status: int
    said: dict[str, object]


def call(path: str, body: bytes, *, clock: Clock, seconds: float) -> Answer:
    """Post `body` to the relay at the socket `path` and return its answer within `seconds`.

    Raises UnreachedError, UnclearError.
    """
    until = clock.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.settimeout(seconds)
            connection.connect(path)
        except OSError as error:
            raise UnreachedError(_unreached(path, error)) from None
        try:
            return _answer(_exchange(connection, body, clock=clock, until=until))
        except OSError as error:
            text = _("the relay at {path} may have it but did not say so: {reason}")
            raise UnclearError(text.format(path=path, reason=error.strerror or error)) from None


def _unreached(path: str, error: OSError) -> str:
    """Tell a relay that is not there from one that this user may not speak to."""
    if not isinstance(error, PermissionError):
        text = _("no relay answers at {path}: {reason}")
        return text.format(path=path, reason=error.strerror or error)
    from im_notify.handing.rights import remedy

    text = _("permission denied on the relay's socket {path} ({remedy})")
    return text.format(path=path, remedy=remedy(path))


def _exchange(connection: socket.socket, body: bytes, *, clock: Clock, until: float) -> bytes:
    connection.settimeout(_left(clock, until))
    connection.sendall(_request(body))
    answer = b""
    while len(answer) < _LONGEST:
        connection.settimeout(_left(clock, until))
        piece = connection.recv(_PIECE)
        answer += piece
        if not piece:
            break
    return answer


def _left(clock: Clock, until: float) -> float:
    left = until - clock.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(body: bytes) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\n"
        "Host: localhost\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Connection: close\r\n"
        "\r\n"
    )
    return head.encode() + body


def _answer(received: bytes) -> Answer:
    """Read an answer that ended with its connection; what is no whole answer is an OSError."""
    head, _blank, body = received.partition(b"\r\n\r\n")
    protocol, _space, rest = head.partition(b" ")
    status = rest[:3].decode("ascii", "replace")
    if not protocol.startswith(b"HTTP/1.") or not status.isdecimal():
        raise ConnectionError("not an answer of a relay")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ConnectionError("half an answer") from None
    return Answer(int(status), said if isinstance(said, dict) else {})
