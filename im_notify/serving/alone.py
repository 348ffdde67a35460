"""Keeps a database to one relay: a second one would take what the first is sending for lost."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

from im_notify.errors import ConfigError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".lock"  #: of the file beside the database; it stays, what counts is who holds it
_MODE = 0o600


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Hold the SQLite file of `url` as long as the block lasts, and the process if it is killed.

    The lock is a file of its own: a process that closes the database's file anywhere gives up
    SQLite's own locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    Raises ConfigError when another relay holds it or nobody can.
    """
    where = make_url(url)
    if where.get_backend_name() != "sqlite" or not where.database:
        yield
        return
    path = os.path.realpath(where.database)
    descriptor = _locked(path + SUFFIX, name=where.database)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(path: str, *, name: str) -> int:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    except OSError as error:
        text = _("{path} cannot be written: {reason}")
        raise ConfigError(text.format(path=path, reason=error.strerror)) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        text = _("another relay works with the outbox {name}: end it, or set database in [relay]")
        raise ConfigError(text.format(name=name)) from None
    return descriptor
