"""The Unix socket for programs on this machine, beside the door for all others."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.relay_config import Listen, socket_of
from im_notify.server.local import build_local
from im_notify.server.run import open_socket, server

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from im_notify.serving.assembly import Relay

_log = logging.getLogger(__name__)


@contextmanager
def local_door(relay: Relay, app: ASGIApp | None = None) -> Iterator[None]:
    """Listen at the socket, in a thread of its own, as long as the block lasts.

    `app` answers there, by default that of this relay.

    Raises ConfigError when nobody can listen at a path that is configured. At the usual path that
    is only logged: programs then use the spool.
    """
    relay.spool.prepare()
    opened = _opened(relay)
    if opened is None:
        yield
        return
    with opened:
        web = server(app or local_app(relay))
        thread = Thread(target=web.run, args=([opened],), name="relay-local")
        thread.start()
        try:
            yield
        finally:
            web.should_exit = True
            thread.join()


def local_app(relay: Relay) -> ASGIApp:
    """Return what answers programs on this machine."""
    return build_local(relay.services, relay.counter, catch_up=relay.spool.pick_up)


def _opened(relay: Relay) -> socket.socket | None:
    try:
        return open_socket(Listen(path=socket_of(relay.config)))
    except ConfigError as error:
        if relay.config.socket is not None:
            raise
        _log.warning("%s", error)
        return None
