from __future__ import annotations

import grp
import os
import pwd
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.clock import SystemClock
from im_notify.handing.batch import Batch
from im_notify.handing.over import LostError, hand_over
from im_notify.handing.rights import remedy
from im_notify.relay_config import RelayConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from im_notify.relay_config import Unreachable

NOBODY = 65_534
ALERT = Alert(source="x", episode="e", state=AlertState.FIRING, summary="disk full")
BATCH = Batch(key="k", to=(), alerts=(ALERT,))


@contextmanager
def listening(path: Path, mode: int = 0o660) -> Iterator[None]:
    """Be a relay that answers nobody."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))
        path.chmod(mode)
        opened.listen()
        yield


@contextmanager
def locked_out(folder: Path) -> Iterator[None]:
    """Be a user who may not enter a folder; root is nobody meanwhile."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)
        return
    folder.chmod(0)
    try:
        yield
    finally:
        folder.chmod(0o700)


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give every group the name `pagers`, and the list of its members to fill."""
    found: list[str] = []
    entry = grp.struct_group(("pagers", "x", "1", found))
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: entry)
    return found


def of_a_group(path: Path) -> Path:
    """Let a path belong to a group that is not root's."""
    os.chown(path, -1, os.getegid() or 4321)
    return path


def test_a_socket_of_a_group_is_for_who_joins_it(tmp_path: Path, members: list[str]) -> None:
    """The command is there to copy; who joined it meanwhile only has to start anew."""
    path, user = tmp_path / "relay.sock", pwd.getpwuid(os.geteuid()).pw_name

    with listening(path):
        of_a_group(path)
        stranger = remedy(str(path))
        members.append(user)
        member = remedy(str(path))

    assert f"usermod -aG pagers {user}" in stranger
    assert member == f"{user} is in the group pagers by now: start what runs this anew"


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("mode", [0o3770, 0o770, 0o730])
def test_a_folder_of_a_group_is_for_who_joins_it(tmp_path: Path, mode: int) -> None:
    """As a relay makes its spool."""
    folder = of_a_group(tmp_path)
    folder.chmod(mode)

    assert "usermod -aG pagers" in remedy(str(folder))


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o700, 0o750])
def test_what_is_for_its_owner_alone_needs_another_place(tmp_path: Path, mode: int) -> None:
    """No group would help."""
    folder = of_a_group(tmp_path)
    folder.chmod(mode)

    said = remedy(str(folder))

    folder.chmod(0o700)
    assert f"{folder} is for the user" in said
    assert "set socket and spool" in said


def test_nobody_is_sent_into_the_group_of_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that root tried by hand is no reason for that."""
    found = os.stat_result((0o140660, 1, 1, 1, 0, 0, 0, 0, 0, 0))
    monkeypatch.setattr(os, "stat", lambda _path: found)

    assert "usermod" not in remedy(str(tmp_path / "relay.sock"))


def test_a_folder_that_is_not_there_is_the_relay_s_to_make(tmp_path: Path) -> None:
    """Where it never ran."""
    assert "the relay makes it" in remedy(str(tmp_path / "spool"))


def relay_in(folder: Path, *, unreachable: Unreachable = "spool") -> RelayConfig:
    """Return the configuration of a relay that keeps everything in a folder."""
    return RelayConfig(database=f"sqlite:///{folder}/outbox.db", unreachable=unreachable)


def test_a_user_without_rights_reads_that_and_not_that_no_relay_answers(tmp_path: Path) -> None:
    """The socket, the spool and what to do are named; the alert is nowhere, which is an error."""
    (tmp_path / "spool").mkdir()

    with (
        listening(tmp_path / "relay.sock"),
        locked_out(tmp_path),
        pytest.raises(LostError) as caught,
    ):
        hand_over(BATCH, relay_in(tmp_path), clock=SystemClock())

    said = str(caught.value)
    assert said.startswith(f"permission denied on the relay's socket {tmp_path}/relay.sock (")
    assert "is for the user" in said
    assert said.endswith(f"; nor may its spool {tmp_path}/spool be written")
    assert "no relay" not in said


def test_a_user_without_rights_sends_where_that_is_configured(tmp_path: Path) -> None:
    """It is handed back to be sent, with the reason."""
    with listening(tmp_path / "relay.sock"), locked_out(tmp_path):
        handed = hand_over(BATCH, relay_in(tmp_path, unreachable="send"), clock=SystemClock())

    assert not handed.taken
    assert handed.why
    assert handed.why.startswith("permission denied")
