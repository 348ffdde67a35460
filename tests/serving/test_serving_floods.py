"""A running relay under connections that are many, slow, large or nonsense."""

from __future__ import annotations

import contextlib
import random
import resource
import selectors
import socket
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving.conftest import Relay

MANY = 10_000
SLOW = 400
HEAD = b"POST /messages HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer api-token\r\n"


@pytest.fixture
def files() -> Iterator[int]:
    """Allow this process as many open files as the system lets it, for a while."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connected(relay: Relay, count: int) -> list[socket.socket]:
    """Open so many connections."""
    return [socket.create_connection(("127.0.0.1", relay.port), 20) for _one in range(count)]


def answered(connections: list[socket.socket], seconds: float) -> int:
    """Count the connections that say 200 within so many seconds."""
    found, give_up = 0, time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for one in connections:
            waiting.register(one, selectors.EVENT_READ)
        while waiting.get_map() and time.monotonic() < give_up:
            for key, _events in waiting.select(0.2):
                waiting.unregister(key.fileobj)
                found += key.fileobj.recv(1000).startswith(b"HTTP/1.1 200 ")  # type: ignore[union-attr]  # sockets
    return found


def quickest(relay: Relay, turns: int = 20) -> float:
    """Return how long an answer takes at the median, in seconds."""
    spans = []
    for _turn in range(turns):
        began = time.monotonic()
        assert relay.call("GET", "/healthz").status_code == 200
        spans.append(time.monotonic() - began)
    return sorted(spans)[turns // 2]


def test_ten_thousand_connections_are_served(relay: Relay, files: int) -> None:
    """As many as there may be files: each is answered, and who comes later as well."""
    count = min(MANY, files - 500)
    relay.start()

    connections = connected(relay, count)
    try:
        between = quickest(relay)
        for one in connections:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
        found = answered(connections, 20)
    finally:
        for one in connections:
            one.close()

    assert (found, between < 0.5) == (count, True)
    relay.send("still here")


def test_those_that_trickle_are_cut_and_hold_up_nobody(relay: Relay) -> None:
    """Heads and bodies that come byte by byte, for ever: others are answered at once."""
    relay.start()
    connections = connected(relay, SLOW)
    for place, one in enumerate(connections):
        one.sendall(HEAD + b"Content-Length: 1000\r\n" + (b"\r\n" if place % 2 else b""))

    slowest = 0.0
    give_up = time.monotonic() + 25
    alive = connections
    while alive and time.monotonic() < give_up:
        slowest = max(slowest, quickest(relay, 5))
        alive = [one for one in alive if _trickles(one)]
        time.sleep(0.2)
    for one in connections:
        one.close()

    assert alive == []
    assert slowest < 0.5
    relay.send("still here")


def _trickles(connection: socket.socket) -> bool:
    """Send one byte more; false once the relay ended the connection."""
    connection.settimeout(0)
    try:
        connection.send(b"x")
        connection.recv(1000)  # an answer, or the end
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def test_bytes_without_meaning_are_refused(relay: Relay) -> None:
    """Before and after a head, in pieces; nothing is written but a few lines."""
    relay.start()
    dice = random.Random(1)  # noqa: S311  repeatable on purpose

    for turn in range(200):
        junk = dice.randbytes(dice.randint(1, 3000))
        at = ("127.0.0.1", relay.port)
        with contextlib.suppress(OSError), socket.create_connection(at, 10) as connection:
            connection.sendall((HEAD if turn % 3 == 0 else b"") + junk)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass

    relay.send("still here")
    assert len(relay.log.splitlines()) < 20
    assert "rror" not in relay.log.replace("error   ", "").replace("uvicorn.error", "")


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + one, b"&%c;" % (97 + one) * 10) for one in range(9))
    + b"]><l>&j;</l>"
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        b'{"a":' * 100_000,
        b"[" * 900_000,
        b'{"alerts":' + b"[" * 40_000 + b"]" * 40_000 + b"}",
        b"9" * 900_000,
        b'{"a": "' + b"\\u0000" * 150_000 + b'"}',
        b"--x\r\n" * 100_000,
        b"a=" + b"%" * 900_000,
        b"&" * 900_000,
    ],
    ids=["bomb", "entity", "deep", "brackets", "closed", "digits", "nul", "parts", "form", "and"],
)
@pytest.mark.parametrize("door", ["/hook/alertmanager?token=hook-token", "/messages", "/s"])
def test_a_body_that_is_meant_to_break_is_refused_in_time(
    shared_relay: Relay, door: str, body: bytes
) -> None:
    """By every door, within a second or two, and nothing is stored of it."""
    began = time.monotonic()

    answer = shared_relay.call("POST", door, data=body)

    assert answer.status_code in {401, 413, 422}, answer.text
    assert time.monotonic() - began < 3
    assert "root:" not in answer.text
