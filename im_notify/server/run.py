"""Listens: one process, one loop, a TCP port or a Unix socket."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import uvicorn

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.server.protocol import GuardedProtocol

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from im_notify.relay_config import Listen

BACKLOG = 2048
KEEP_ALIVE = 65  #: seconds; longer than the 60 after which usual proxies drop an idle connection
HEAD_BYTES = 65_536  #: request line and headers together
GRACE = 20  #: seconds for what is under way when it is stopped
_MODE = 0o660  # of a Unix socket: owner and group


def serve(app: Starlette, listen: Listen) -> None:
    """Serve until a signal. Raises ConfigError when nothing can listen there."""
    with open_socket(listen) as opened:
        server(app).run(sockets=[opened])


def server(app: Starlette) -> uvicorn.Server:
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
    return uvicorn.Server(config)


def open_socket(listen: Listen) -> socket.socket:
    """Return a socket that listens, so that connections wait from now on.

    Raises ConfigError.
    """
    try:
        return _unix(listen.path) if listen.path else _tcp(listen.host, listen.port)
    except OSError as error:
        where = listen.path or f"{listen.host}:{listen.port}"
        text = _("cannot listen at {where}: {reason}")
        raise ConfigError(text.format(where=where, reason=error.strerror or error)) from error


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
