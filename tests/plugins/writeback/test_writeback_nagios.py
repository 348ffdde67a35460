from __future__ import annotations

import contextlib
import os
import select
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import AlertError, ImNotifyError
from im_notify.relay_config import WriteBackConfig
from im_notify_plugins.writeback import im_notify_write_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from im_notify.protocols import Outcome

    Make = Callable[..., Outcome]

TEXT = "SMS teslim edildi: 90530*****67 12:03:14 (#0a1b2c3d4e5f)"
AT = 1_795_251_794


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Give a pipe that nobody reads."""
    path = tmp_path / "cmd"
    os.mkfifo(path)
    return path


@pytest.fixture
def reader(fifo: Path) -> Iterator[int]:
    """Give the end of the pipe that is read."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def target(path: Path) -> WriteBackConfig:
    """Return the place of a command file."""
    return WriteBackConfig(name="nag", kind="nagios", command_file=str(path))


def test_a_comment_is_a_line_in_the_pipe(fifo: Path, reader: int, outcome: Make) -> None:
    """On the service, or on the host; each object once."""
    disk = {"host": "db1", "service": "disk"}

    assert im_notify_write_back(target(fifo), outcome(disk, disk, {})) is True

    assert os.read(reader, 4_096).decode().splitlines() == [
        f"[{AT}] ADD_SVC_COMMENT;db1;disk;1;im-notify;{TEXT}",
        f"[{AT}] ADD_HOST_COMMENT;db1;1;im-notify;{TEXT}",
    ]


def test_a_plain_file_is_written_behind_what_it_holds(tmp_path: Path, outcome: Make) -> None:
    """Some read their commands from one."""
    path = tmp_path / "commands"
    path.write_text("before\n")

    im_notify_write_back(target(path), outcome({}))

    assert path.read_text() == f"before\n[{AT}] ADD_HOST_COMMENT;db1;1;im-notify;{TEXT}\n"


def test_nothing_in_a_field_begins_another(fifo: Path, reader: int, outcome: Make) -> None:
    """Neither semicolons nor line ends of any kind pass."""
    labels = {"host": "db1;x\n[1] SHUTDOWN_PROGRAM", "service": "a\u2028b\x00c\x85d\re"}

    im_notify_write_back(target(fifo), outcome(labels, text="one\r\n[1] RESTART_PROGRAM;two"))

    assert os.read(reader, 4_096).decode() == (
        f"[{AT}] ADD_SVC_COMMENT;db1 x [1] SHUTDOWN_PROGRAM;a b c d e;1;im-notify;"
        "one [1] RESTART_PROGRAM two\n"
    )


def test_a_line_is_never_longer_than_a_pipe_takes_at_once(
    fifo: Path, reader: int, outcome: Make
) -> None:
    """Counted in bytes, and no character is cut in two."""
    labels = {"host": "ş" * 300, "service": "ğ" * 300}

    im_notify_write_back(target(fifo), outcome(labels, text="ü" * 5_000))

    line = os.read(reader, 2 * select.PIPE_BUF)
    assert select.PIPE_BUF - 1 <= len(line) <= select.PIPE_BUF
    assert line.decode().endswith("ü\n")


def test_a_pipe_that_nobody_reads_fails_at_once(fifo: Path, outcome: Make) -> None:
    """A relay must not hang because another program is down."""
    with pytest.raises(ImNotifyError) as failed:
        im_notify_write_back(target(fifo), outcome({}))

    expected = "the command file of nag cannot be written: nobody reads it: is the program running?"
    assert str(failed.value) == expected


@pytest.mark.usefixtures("reader")
def test_a_pipe_that_is_full_fails_at_once(fifo: Path, outcome: Make) -> None:
    """Its reader is stuck."""
    full = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while os.write(full, b"x" * select.PIPE_BUF):
            pass

    with pytest.raises(ImNotifyError, match="cannot be written"):
        im_notify_write_back(target(fifo), outcome({}))

    os.close(full)


def test_a_file_is_not_created(tmp_path: Path, outcome: Make) -> None:
    """Without a program there is no pipe; a file in its place would keep it from starting."""
    path = tmp_path / "cmd"

    with pytest.raises(ImNotifyError, match="No such file or directory"):
        im_notify_write_back(target(path), outcome({}))

    assert not path.exists()


def test_an_alert_about_no_host_is_not_told(fifo: Path, outcome: Make) -> None:
    """There is nothing to comment on."""
    with pytest.raises(AlertError, match="no alert names a host"):
        im_notify_write_back(target(fifo), outcome())
