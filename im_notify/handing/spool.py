"""The folder in which batches wait while no relay runs: one file each, in the order of names."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from im_notify.clock import Clock

FOLDER_MODE = 0o3770  #: files belong to the group of the folder, and go when their owner says so
_SUFFIX = ".json"
_BAD = ".bad"
_OWN, _SHARED = 0o600, 0o640
# no right to read it; a link; a socket, or a pipe that nobody writes to (open(2))
_HOPELESS = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO})


class BadFileError(Exception):
    """A file can never be read; the text says why."""


def leave(folder: str, body: bytes, *, key: str, clock: Clock) -> str:
    """Write a file that is there whole or not at all, also after a power cut; returns its path.

    Its owner alone can read it, with the folder's group where the folder is somebody else's. The
    folder is made when only it is missing. Raises OSError.
    """
    _make(folder)
    name = f"{int(clock.now().timestamp() * 1e6):020}-{key}{_SUFFIX}"
    path, unfinished = f"{folder}/{name}", f"{folder}/.{name}"
    mode = _OWN if os.stat(folder).st_uid == os.geteuid() else _SHARED  # noqa: PTH116
    try:
        _write(unfinished, body, mode=mode)
        os.rename(unfinished, path)  # noqa: PTH104
    except OSError:
        _forget(unfinished)
        raise
    _sync_folder(folder)
    return path


def prepare(folder: str) -> None:
    """Make the folder as a relay wants it. Raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
    if os.stat(folder).st_uid == os.geteuid():  # noqa: PTH116
        os.chmod(folder, FOLDER_MODE)  # noqa: PTH101


def waiting(folder: str) -> list[str]:
    """List the paths of the files that wait, oldest first; none where there is no folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except FileNotFoundError:
        return []
    shown = [one for one in names if one.endswith(_SUFFIX) and not one.startswith(".")]
    return [f"{folder}/{name}" for name in sorted(shown)]


def take(path: str, *, limit: int) -> bytes:
    """Read a file that waits. Raises BadFileError, OSError.

    Nothing but a file is read: who may write into the folder must not lead us out of it, or let
    us wait for the end of a pipe.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _HOPELESS:
            raise BadFileError(error.strerror) from None
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
            raise BadFileError(_("it is too large, or no file"))
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Delete a file that was taken. Raises OSError."""
    os.unlink(path)  # noqa: PTH108


def set_aside(path: str) -> str:
    """Rename a file that nothing can be made of, so that it is not tried again. Raises OSError."""
    aside = path.removesuffix(_SUFFIX) + _BAD
    os.rename(path, aside)  # noqa: PTH104
    return aside


def _make(folder: str) -> None:
    try:
        os.mkdir(folder)  # noqa: PTH102
    except FileExistsError:
        return
    os.chmod(folder, FOLDER_MODE)  # noqa: PTH101


def _write(path: str, body: bytes, *, mode: int) -> None:
    with _opened(path, mode) as descriptor:
        left = body
        while left:
            left = left[os.write(descriptor, left) :]
        os.fchmod(descriptor, mode)  # whatever the umask left of it
        os.fsync(descriptor)


@contextmanager
def _opened(path: str, mode: int) -> Iterator[int]:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync_folder(folder: str) -> None:
    """Make the new name last, not only the file."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return
