from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from im_notify.clock import SystemClock
from im_notify.handing.calling import UnclearError, UnreachedError, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 0.2


@contextmanager
def answering(path: Path, answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen at a socket and treat the one caller as told."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            caller, _address = listening.accept()
            with caller:
                answer(caller)

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(path)
        thread.join()


def said(answer: bytes) -> Callable[[socket.socket], None]:
    """Read the request and answer these bytes."""

    def treat(caller: socket.socket) -> None:
        caller.recv(65_536)
        caller.sendall(answer)

    return treat


def listen_only(caller: socket.socket) -> None:
    """Read until the caller hangs up."""
    while caller.recv(65_536):
        pass


def trickle(caller: socket.socket) -> None:
    """Answer byte by byte, slower than anybody has time for, until the caller hangs up."""
    caller.settimeout(0.05)
    try:
        while True:
            caller.sendall(b"H")
            try:
                if not caller.recv(65_536):
                    return
            except TimeoutError:
                continue
    except OSError:
        return


def test_an_answer(tmp_path: Path) -> None:
    """Status and object."""
    with answering(tmp_path / "s", said(b'HTTP/1.1 200 OK\r\nX: y\r\n\r\n{"ids": ["a"]}')) as path:
        answer = call(path, b"{}", clock=SystemClock(), seconds=5)

    assert (answer.status, answer.said) == (200, {"ids": ["a"]})


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n{", b"SSH-2.0\r\n", b"HTTP/1.1"])
def test_what_is_no_answer_leaves_it_open(tmp_path: Path, answer: bytes) -> None:
    """The relay may have died behind its commit."""
    with answering(tmp_path / "s", said(answer)) as path, pytest.raises(UnclearError):
        call(path, b"{}", clock=SystemClock(), seconds=5)


def test_a_relay_that_is_silent_is_left_in_time(tmp_path: Path) -> None:
    """It took the request and says nothing."""
    clock = SystemClock()
    begun = clock.monotonic()

    with (
        answering(tmp_path / "s", listen_only) as path,
        pytest.raises(UnclearError),
    ):
        call(path, b"{}", clock=clock, seconds=SECONDS)

    assert clock.monotonic() - begun < 5


def test_a_relay_that_trickles_is_left_in_time(tmp_path: Path) -> None:
    """The time is for all together, not for each byte."""
    clock = SystemClock()
    begun = clock.monotonic()

    with answering(tmp_path / "s", trickle) as path, pytest.raises(UnclearError):
        call(path, b"{}", clock=clock, seconds=SECONDS)

    assert clock.monotonic() - begun < 5


def test_nobody_there(tmp_path: Path) -> None:
    """No socket, one that nobody listens at, and no place for one."""
    dead = tmp_path / "dead"
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(dead))

    for path in (tmp_path / "none", dead, tmp_path / ("x" * 200)):
        with pytest.raises(UnreachedError, match=path.name):
            call(str(path), b"{}", clock=SystemClock(), seconds=SECONDS)
