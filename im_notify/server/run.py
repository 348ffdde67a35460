"""Listens: one process, one loop, a TCP port or a Unix socket."""

from __future__ import annotations

import gc
import os
import socket
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.server.protocol import GuardedProtocol
from im_notify.server.signals import ended_by_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from im_notify.relay_config import Listen

BACKLOG = 2048
KEEP_ALIVE = 65  #: seconds; longer than the 60 after which usual proxies drop an idle connection
HEAD_BYTES = 65_536  #: request line and headers together
GRACE = 20  #: seconds for what is under way when it is stopped
_COLLECT = (10_000, 10, 10)  # allocations, then runs of the generation before
_MODE = 0o660  # of a Unix socket: owner and group


def serve(app: ASGIApp, listen: Listen) -> None:
    """Serve until a signal. Raises ConfigError when nothing can listen there."""
    web = server(app)
    with open_socket(listen) as opened, ended_by_signals(web.stop):
        web.run(sockets=[opened])


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: uvicorn would raise them again as soon as the last request is answered."""
        yield

    def stop(self) -> None:
        """Answer what is under way and end, soon after."""
        self.should_exit = True


def server(app: ASGIApp) -> Server:
    """Return what `run(sockets=[…])` starts, in any thread; `should_exit` ends it.

    It logs no requests, since a query can hold a token, and leaves logging as it is set up.
    """
    config = uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    return Server(config)


def calm_collector() -> None:
    """Let the cyclic garbage collector leave alone what is there, and come seldom for the rest.

    A request leaves next to no cycles behind, but its objects make the collector run, which holds
    up all others: of 16 clients the slowest hundredth wait half as long without.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


def open_socket(listen: Listen) -> socket.socket:
    """Return a socket that listens, so that connections wait from now on.

    Raises ConfigError.
    """
    try:
        return _unix(listen.path) if listen.path else _tcp(listen.host, listen.port)
    except OSError as error:
        where = listen.path or f"{listen.host}:{listen.port}"
        text = _("cannot listen at {where}: {reason}")
        reason = str(error.strerror or error).partition(" (while")[0]  # create_server repeats it
        raise ConfigError(text.format(where=where, reason=reason)) from error


def _tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # asyncio does so only where a socket names its protocol; head and body of an answer are two
    # writes, and the second would wait 40 ms for the client's acknowledgement of the first
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _unix(path: str) -> socket.socket:
    if _is_stale(path):
        os.unlink(path)  # noqa: PTH108
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.bind(path)
        os.chmod(path, _MODE)  # noqa: PTH101
        opened.listen(BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _is_stale(path: str) -> bool:
    """Say whether a socket is there that nobody answers: left by a process that was killed."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116
            return False
    except OSError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        return caller.connect_ex(path) != 0
