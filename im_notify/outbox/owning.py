"""Tells whose a database is: the relay's that works with it, by a lock beside the file.

The lock is a file of its own: a process that closes the database's file anywhere gives up
SQLite's own locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".lock"  #: of the file beside the database; it stays, what counts is who holds it
_MODE = 0o600


@contextmanager
def owned(url: str) -> Iterator[None]:
    """Hold the SQLite file of `url` as long as the block lasts, and the process if it is killed.

    Raises BlockingIOError when another process holds it, OSError when nobody can.
    """
    path = file_of(url)
    if path is None:
        yield
        return
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
    descriptor = os.open(path + SUFFIX, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def has_owner(url: str) -> bool:
    """Say whether a process holds the SQLite file of `url`, and leave nothing behind."""
    path = file_of(url)
    try:
        descriptor = os.open(f"{path}{SUFFIX}", os.O_RDONLY | os.O_CLOEXEC) if path else None
    except OSError:
        return False
    if descriptor is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def exists(url: str) -> bool:
    """Say whether there is such a SQLite file; one may be empty."""
    path = file_of(url)
    return path is not None and os.path.exists(path)  # noqa: PTH110


def can_be_made(url: str) -> bool:
    """Say whether there is no such SQLite file, and this user may make it and its folders."""
    path = file_of(url)
    if path is None or exists(url):
        return False
    folder = os.path.dirname(path)  # noqa: PTH120
    while not os.path.exists(folder):  # noqa: PTH110
        folder = os.path.dirname(folder)  # noqa: PTH120
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)  # noqa: PTH112


def file_of(url: str) -> str | None:
    """Return the path of a SQLite file, None for any other database."""
    where = make_url(url)
    if where.get_backend_name() != "sqlite" or not where.database:
        return None
    return os.path.realpath(where.database)
