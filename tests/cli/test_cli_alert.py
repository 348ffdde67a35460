"""`im-notify alert` without a relay: the spool, sending from here, and what programs are told."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Shell

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
[contacts.oncall]
numbers = ["5301234567"]
[relay]
database = "sqlite:///{folder}/outbox.db"
to = ["oncall"]
language = "en"
unreachable = "{unreachable}"
"""
DISK = ("--summary", "disk full", "--object", "db1", "--severity", "critical")
CHECKMK = {
    "NOTIFY_WHAT": "HOST",
    "NOTIFY_HOSTNAME": "db1",
    "NOTIFY_HOSTSTATE": "DOWN",
    "NOTIFY_NOTIFICATIONTYPE": "PROBLEM",
}


def configure(shell: Shell, folder: Path, unreachable: str = "spool") -> None:
    """Write the configuration and name it in the environment."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=folder, unreachable=unreachable), "utf-8")
    shell.environ["IM_NOTIFY_CONFIG"] = str(path)


@contextmanager
def relay_that_says(folder: Path, answer: bytes) -> Iterator[None]:
    """Listen where the relay would and answer one request so."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "relay.sock"))
        listening.listen()

        def serve() -> None:
            caller, _address = listening.accept()
            with caller:
                caller.recv(65_536)
                caller.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()


def test_it_waits_in_the_spool(shell: Shell, tmp_path: Path) -> None:
    """Done, as far as the caller is concerned; stderr says where it is, and since when."""
    configure(shell, tmp_path)

    ran = shell("alert", *DISK)

    (waiting,) = (tmp_path / "spool").iterdir()
    (alert,) = json.loads(waiting.read_bytes())["alerts"]
    assert (ran.code, ran.out) == (0, "spooled\n")
    assert str(waiting) in ran.err
    assert alert["started_at"] == shell.clock.now().isoformat()
    assert shell.requests == 0


def test_it_is_sent_from_here(shell: Shell, tmp_path: Path) -> None:
    """In the words and to the contact of the relay, as `im-notify send` would."""
    configure(shell, tmp_path, "send")

    ran = shell("alert", *DISK)
    as_json = shell("alert", *DISK, "--json")

    assert ran.code == 0
    assert ran.out.startswith("order ")
    assert "No such file" in ran.err
    assert shell.sandbox.ledger[0].text.startswith("CRT db1 disk full ")
    assert shell.sandbox.ledger[0].numbers == ("5301234567",)
    assert json.loads(as_json.out)["orders"]
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize(("state", "sent"), [("firing", 1), ("resolved", 1), ("acknowledged", 0)])
def test_what_a_relay_would_not_text_is_not_sent_either(
    shell: Shell, tmp_path: Path, state: str, sent: int
) -> None:
    """An acknowledgement is for the ladder of the relay."""
    configure(shell, tmp_path, "send")

    ran = shell("alert", *DISK, "--state", state, "--episode", "x")

    assert ran.code == 0
    assert len(shell.sandbox.ledger) == sent


def test_a_failure_to_send_is_that_of_send(shell: Shell, tmp_path: Path) -> None:
    """The exit code says what the caller may do next."""
    configure(shell, tmp_path, "send")
    shell.environ["IM_NOTIFY_KEY"] = "0" * 32

    ran = shell("alert", *DISK)

    assert ran.code == 5


def test_a_relay_that_may_have_it_is_not_doubled(shell: Shell, tmp_path: Path) -> None:
    """Even where it would be sent from here: it waits in the spool, under its key."""
    configure(shell, tmp_path, "send")

    with relay_that_says(tmp_path, b"HTTP/1.1 200 OK\r\n"):
        ran = shell("alert", *DISK)

    assert ran.code == 0
    assert len(list((tmp_path / "spool").iterdir())) == 1
    assert shell.requests == 0


def test_a_relay_that_may_have_it_and_no_spool(shell: Shell, tmp_path: Path) -> None:
    """Nobody knows: the code of an outcome that must be looked up."""
    configure(shell, tmp_path)
    (tmp_path / "spool").write_text("in the way")

    with relay_that_says(tmp_path, b""):
        ran = shell("alert", *DISK)

    assert ran.code == 6
    assert "may have it" in ran.err


@pytest.mark.parametrize("status", [b"503", b"500", b"404"])
def test_a_relay_that_cannot_store_it(shell: Shell, tmp_path: Path, status: bytes) -> None:
    """Its disk is full, or something else listens there: the alert is spooled."""
    configure(shell, tmp_path)
    answer = b"HTTP/1.1 " + status + b' X\r\n\r\n{"error": "it could not be stored"}'

    with relay_that_says(tmp_path, answer):
        ran = shell("alert", *DISK)

    assert ran.code == 0
    assert len(list((tmp_path / "spool").iterdir())) == 1
    assert "it could not be stored" in ran.err


def test_nowhere(shell: Shell, tmp_path: Path) -> None:
    """No relay and no spool: loud, with both places."""
    configure(shell, tmp_path)
    (tmp_path / "spool").write_text("in the way")

    ran = shell("alert", *DISK)

    assert ran.code == 1
    assert str(tmp_path / "relay.sock") in ran.err
    assert str(tmp_path / "spool") in ran.err


def test_checkmk_has_codes_of_its_own(shell: Shell, tmp_path: Path) -> None:
    """0 done, 1 try again, 2 never; what was said first stands in its history."""
    configure(shell, tmp_path)
    shell.environ |= CHECKMK

    done = shell("alert")
    (tmp_path / "spool").rename(tmp_path / "away")
    (tmp_path / "spool").write_text("in the way")
    again = shell("alert")
    never = shell("alert", "--to", "nobody")
    del shell.environ["NOTIFY_HOSTNAME"]
    misread = shell("alert")

    assert [done.code, again.code, never.code, misread.code] == [0, 1, 2, 2]
    assert done.out == "spooled\n"
    assert again.out.startswith("im-notify: no relay answers")


def test_a_bulk_is_one_batch(shell: Shell, tmp_path: Path) -> None:
    """One notification of Checkmk is one text, whatever it tells of."""
    configure(shell, tmp_path)
    shell.stdin = "A=1\n\nWHAT=HOST\nHOSTNAME=a\nHOSTSTATE=DOWN\n\nWHAT=HOST\nHOSTNAME=b\n"
    shell.stdin += "HOSTSTATE=DOWN\nNOTIFICATIONTYPE=PROBLEM\n"

    ran = shell("alert", "--bulk")

    (waiting,) = (tmp_path / "spool").iterdir()
    alerts = json.loads(waiting.read_bytes())["alerts"]
    assert ran.code == 0
    assert [one["episode"] for one in alerts] == ["a", "b"]


def test_what_is_planned_is_said_and_fine(shell: Shell, tmp_path: Path) -> None:
    """A downtime is no alert; the caller must not think that something failed."""
    configure(shell, tmp_path)
    shell.environ |= {"NAGIOS_NOTIFICATIONTYPE": "DOWNTIMESTART", "NAGIOS_HOSTNAME": "db1"}

    ran = shell("alert")

    told = shell("alert", "--json")

    assert (ran.code, ran.out) == (0, "")
    assert "nobody is texted" in ran.err
    assert json.loads(told.out) == {
        "outcome": "nothing",
        "ids": [],
        "duplicates": 0,
        "spooled": None,
    }
    assert not (tmp_path / "spool").exists()


@pytest.mark.parametrize("said", ["-timeout", "-host unreachable by ping", "--- disk full", "-5 %"])
def test_what_a_check_says_may_look_like_an_option(shell: Shell, tmp_path: Path, said: str) -> None:
    """A monitoring system does not try again: the alert would be lost."""
    configure(shell, tmp_path)

    ran = shell("alert", "--source", "nagios", "--host", "db1", "--state", "DOWN", "--output", said)

    (waiting,) = (tmp_path / "spool").iterdir()
    (alert,) = json.loads(waiting.read_bytes())["alerts"]
    assert ran.code == 0
    assert alert["summary"] == said


def test_a_forgotten_value_is_not_the_next_option(shell: Shell, tmp_path: Path) -> None:
    """One of the command's own options is never what another one holds."""
    configure(shell, tmp_path)

    ran = shell("alert", "--output", "--json")

    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--summary"),
        (("--label", "x", *DISK), "--label"),
        (("--source", "nothing"), "--source"),
        (("--source", "sensu"), "standard input"),
    ],
)
def test_what_is_typed_wrong(
    shell: Shell,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    """The option is named, and nothing is handed over."""
    configure(shell, tmp_path)

    ran = shell("alert", *words)

    assert ran.code == 2
    assert said in ran.err + capsys.readouterr().err
    assert not (tmp_path / "spool").exists()


def test_a_user_of_its_own_needs_no_secrets(shell: Shell, tmp_path: Path) -> None:
    """A file that all may read, with the two places alone, is enough to hand alerts over."""
    (tmp_path / "spool").mkdir()
    path = tmp_path / "user.toml"
    path.write_text(
        f'[relay]\nsocket = "{tmp_path}/relay.sock"\nspool = "{tmp_path}/spool"\n', "utf-8"
    )
    path.chmod(0o644)
    for name in ("IM_NOTIFY_KEY", "IM_NOTIFY_HASH"):
        del shell.environ[name]

    ran = shell("alert", "--config", str(path), "--to", "oncall", *DISK)

    assert ran.code == 0
    assert len(list((tmp_path / "spool").iterdir())) == 1
