"""Tries the places where a relay would listen, and leaves them as they were."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import stat
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _

if TYPE_CHECKING:
    from im_notify.relay_config import Listen

_RUNTIME = "/run"  # empty after every boot


def refuse_deaf(listen: Listen, *, running: bool) -> None:
    """Raise ConfigError when nobody could listen there.

    Where somebody does already, that is right only if the relay itself is `running`. Nothing
    listens for it, so that no caller is taken away from anybody.
    """
    try:
        _try_path(listen.path) if listen.path else _try_port(listen.host, listen.port)
    except OSError as error:
        if running and error.errno == errno.EADDRINUSE:
            return
        text = _("cannot listen at {where}: {reason}")
        where = listen.path or f"{listen.host}:{listen.port}"
        raise ConfigError(text.format(where=where, reason=error.strerror or error)) from error


def is_made_at_start(path: str) -> bool:
    """Say whether a socket's folder is missing because systemd makes it (RuntimeDirectory=)."""
    folder = os.path.dirname(path)  # noqa: PTH120
    return os.path.dirname(folder) == _RUNTIME and not os.path.exists(folder)  # noqa: PTH110, PTH120


def _try_port(host: str, port: int) -> None:
    """Bind as `socket.create_server` does, which takes no other program's port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        tried.bind((host, port))


def _try_path(path: str) -> None:
    """Bind beside the path, under a name as long: at it a relay may start at any moment."""
    folder, name = os.path.split(path)
    length = len(os.fsencode(name))
    beside = os.path.join(folder, secrets.token_hex(length)[:length])  # noqa: PTH118
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        tried.bind(beside)
    os.unlink(beside)  # noqa: PTH108
    if os.path.lexists(path) and not _is_stale(path):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _is_stale(path: str) -> bool:
    """Say whether it is a socket that nobody answers, which the start takes away."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(0)  # one that is too busy to answer is somebody, too
        return caller.connect_ex(path) == errno.ECONNREFUSED and _is_socket(path)


def _is_socket(path: str) -> bool:
    return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116
