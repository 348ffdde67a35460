from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.handing import spool
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


def test_files_wait_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    """The oldest first, each whole, and others do not count."""
    clock, folder = FakeClock(), tmp_path / "spool"
    bodies = [b"first", b"second", b"third"]

    for body in bodies:
        spool.leave(str(folder), body, key=f"{hash(body)}", clock=clock)
        clock.sleep(0.001)
    (folder / ".0-unfinished.json").write_bytes(b"half")
    (folder / "0-given-up.bad").write_bytes(b"bad")

    paths = spool.waiting(str(folder))
    assert [spool.take(path, limit=100) for path in paths] == bodies


def test_a_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """It holds what happened where; the folder's group may leave files, not take others'."""
    folder = tmp_path / "spool"

    path = spool.leave(str(folder), b"x", key="k", clock=FakeClock())

    assert Path(path).stat().st_mode & 0o7777 == 0o600
    assert folder.stat().st_mode & 0o7777 == spool.FOLDER_MODE


def test_the_folder_s_group_can_read_what_others_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay of another user must be able to take it."""
    folder = tmp_path / "spool"
    spool.prepare(str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)

    path = spool.leave(str(folder), b"x", key="k", clock=FakeClock())

    assert Path(path).stat().st_mode & 0o777 == 0o640
    assert Path(path).stat().st_gid == folder.stat().st_gid


def test_no_folder_is_nothing_that_waits(tmp_path: Path) -> None:
    """A relay that nobody ever left anything for."""
    assert spool.waiting(str(tmp_path / "nowhere")) == []


def test_a_folder_is_made_only_where_a_relay_could_be(tmp_path: Path) -> None:
    """What is left where no relay ever looks would be lost in silence."""
    with pytest.raises(FileNotFoundError):
        spool.leave(str(tmp_path / "nowhere" / "spool"), b"x", key="k", clock=FakeClock())


def test_a_full_disk_leaves_nothing_half(
    tmp_path: Path, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """The caller is told, and no file stays that a relay would stumble over."""
    folder = tmp_path / "spool"
    spool.prepare(str(folder))

    with full_disk(), pytest.raises(OSError, match="File too large"):
        spool.leave(str(folder), b"much", key="k", clock=FakeClock())

    assert list(folder.iterdir()) == []


def test_only_files_are_read(tmp_path: Path) -> None:
    """Not what a link leads to, nor a pipe that nobody writes to, nor what is too large."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    (tmp_path / "link.json").symlink_to(secret)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "large.json").write_bytes(b"12345")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "sock.json"))

        for path in spool.waiting(str(tmp_path)):
            with pytest.raises(spool.BadFileError):
                spool.take(path, limit=4)


def test_a_file_is_set_aside_under_its_name(tmp_path: Path) -> None:
    """It does not wait any more and is still there."""
    path = tmp_path / "1.json"
    path.write_text("x")

    aside = spool.set_aside(str(path))

    assert spool.waiting(str(tmp_path)) == []
    assert aside == str(tmp_path / "1.bad")
