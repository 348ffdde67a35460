"""`im-notify alert` against a whole relay: over its socket, past its spool, and exactly once."""

from __future__ import annotations

import io
import json
import logging
import os
import socket
import sqlite3
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.app import App
from im_notify.cli import run
from im_notify.clock import SystemClock
from im_notify.errors import ConfigError
from im_notify.handing.batch import Batch, new_key, written
from im_notify.handing.calling import call
from im_notify.sandbox import Sandbox, Settings
from im_notify.serving.assembly import assemble
from im_notify.serving.local import local_door

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from im_notify.serving.assembly import Relay

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[contacts.oncall]
numbers = ["5301234567"]
[contacts.second]
numbers = ["5301234568"]
[storm]
enabled = false
[relay]
database = "sqlite:///{folder}/outbox.db"
to = ["oncall"]
language = "en"
recovery = "always"
"""
DISK = ("--summary", "disk full", "--object", "db1", "--episode", "db1/disk")


@dataclass
class Machine:
    """A machine with a relay that is started and stopped, and a command line."""

    folder: Path
    sandbox: Sandbox
    environ: dict[str, str]
    err: list[str] = field(default_factory=list)

    @property
    def config(self) -> Path:
        """The configuration of relay and command."""
        return self.folder / "config.toml"

    @property
    def spooled(self) -> list[Path]:
        """The files that wait."""
        return sorted((self.folder / "spool").glob("*.json"))

    def app(self, **environ: str) -> App:
        """What a process on this machine works with."""
        return App(
            environ={**self.environ, **environ},
            config_path=str(self.config),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
        )

    def alert(self, *words: str, **environ: str) -> tuple[int, Any]:
        """Run `im-notify alert --json` and return its exit code and what it printed."""
        app = self.app(**environ)
        code = run(["alert", "--config", str(self.config), "--json", *words], app)
        assert isinstance(app.stdout, io.StringIO)
        assert isinstance(app.stderr, io.StringIO)
        self.err.append(app.stderr.getvalue())
        return code, json.loads(app.stdout.getvalue() or "null")

    def say(self, *words: str) -> str:
        """Run `im-notify alert` and return what it printed for people."""
        app = self.app()
        assert run(["alert", "--config", str(self.config), *words], app) == 0
        assert isinstance(app.stdout, io.StringIO)
        return app.stdout.getvalue()

    @contextmanager
    def relay(self, *, sending: bool = True) -> Iterator[Relay]:
        """Run a relay; without `sending` its loops stand still, and with them its spool."""
        relay = assemble(self.app())
        if sending:
            relay.start()
        try:
            with local_door(relay):
                yield relay
        finally:
            if sending:
                relay.close()
            else:
                relay.database.close()

    def texts(self, count: int) -> list[str]:
        """Return what was sent, once there are so many; fail when there are more."""
        eventually(lambda: len(self.sandbox.ledger) >= count and not self.spooled)
        assert len(self.sandbox.ledger) == count
        return [one.text.partition(" #")[0] for one in self.sandbox.ledger]


def eventually(check: Callable[[], Any]) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 15
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Give a machine whose provider delivers at once."""
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox:
        path = tmp_path / "config.toml"
        path.touch(mode=0o600)
        path.write_text(CONFIG.format(folder=tmp_path), "utf-8")
        environ = {
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        yield Machine(tmp_path, sandbox, environ)


@contextmanager
def held(machine: Machine) -> Iterator[None]:
    """Hold the database, so that the relay takes what comes and cannot say so in time."""
    with closing(sqlite3.connect(machine.folder / "outbox.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_an_alert_is_handed_over(machine: Machine) -> None:
    """To the default contact; the second time it is known, its end is a text of its own."""
    with machine.relay():
        code, first = machine.alert(*DISK)
        _code, second = machine.alert(*DISK)
        machine.alert(*DISK, "--state", "resolved")
        texts = machine.texts(2)

    same = {"ids": first["ids"], "spooled": None}
    assert code == 0
    assert first == {"outcome": "accepted", "duplicates": 0, **same}
    assert second == {"outcome": "known", "duplicates": 1, **same}
    assert sorted(text[:12] for text in texts) == ["OK db1 disk ", "WRN db1 disk"]


def test_a_program_has_one_name_in_all_figures(machine: Machine) -> None:
    """Whichever way its alerts came, through the socket or the spool; known ones do not count."""
    machine.alert("--summary", "full", "--episode", "spooled")

    with machine.relay() as relay:
        machine.alert("--summary", "full", "--episode", "one")
        machine.alert("--summary", "full", "--episode", "one")
        machine.texts(2)
        registry, source = relay.services.metrics.registry, {"source": "options"}
        accepted, sent = (
            registry.get_sample_value(f"im_notify_{what}_total", source)
            for what in ("accepted", "sent")
        )

    assert accepted == sent == 2


def test_it_is_said_in_words_what_became_of_an_alert(machine: Machine) -> None:
    """Accepted, known, nothing: never a bare dash where an id would stand."""
    with machine.relay():
        told = [
            machine.say("--summary", "full", "--episode", "one"),
            machine.say("--summary", "full", "--episode", "one"),
            machine.say("--summary", "full", "--episode", "never", "--state", "resolved"),
        ]

    name = told[0].removeprefix("accepted ").strip()
    assert len(name) == 12
    assert told[1] == f"no SMS of its own: the relay knows it already, see {name}\n"
    assert told[2] == "no SMS: nothing changed, or nobody was told of the problem that ended\n"


def test_events_without_an_episode_are_each_a_text(machine: Machine) -> None:
    """A script says the same twice because it happened twice."""
    with machine.relay():
        machine.alert("--summary", "one")
        machine.alert("--summary", "two", "--to", "second")
        machine.texts(2)

    numbers = {one.numbers for one in machine.sandbox.ledger}
    assert numbers == {("5301234567",), ("5301234568",)}


def test_what_came_while_no_relay_ran_is_taken_in_its_order(machine: Machine) -> None:
    """Beginning, end and beginning again are three texts, and nothing is left behind."""
    machine.alert(*DISK)
    machine.alert(*DISK, "--state", "resolved")
    code, said = machine.alert(*DISK)
    assert (code, said["ids"]) == (0, [])
    assert len(machine.spooled) == 3
    assert said["spooled"] == str(machine.spooled[-1])

    with machine.relay():
        texts = machine.texts(3)

    assert sorted(text[:3] for text in texts) == ["OK ", "WRN", "WRN"]


def test_the_end_of_a_problem_does_not_overtake_its_beginning(machine: Machine) -> None:
    """What comes over the socket waits for what waits in the spool."""
    machine.alert(*DISK)

    with machine.relay(sending=False):
        _code, said = machine.alert(*DISK, "--state", "resolved")

    assert said["duplicates"] == 0
    assert machine.spooled == []
    with machine.relay():
        assert len(machine.texts(2)) == 2


def test_a_slow_relay_texts_once(machine: Machine) -> None:
    """The command gives up after a second and spools; the relay takes both copies as one.

    Even when the problem ended in between: the second copy must not begin it again.
    """
    with machine.relay():
        with held(machine):
            begun = time.monotonic()
            code, said = machine.alert(*DISK)
            waited = time.monotonic() - begun
        _code, end = machine.alert(*DISK, "--state", "resolved")
        texts = machine.texts(2)
        _code, known = machine.alert(*DISK, "--state", "resolved")

    assert (code, said["ids"]) == (0, [])
    assert 0.9 < waited < 5
    assert "timed out" in machine.err[0]
    assert end["duplicates"] == 0
    assert known["duplicates"] == len(known["ids"])
    assert sorted(text[:3] for text in texts) == ["OK ", "WRN"]


def test_an_event_that_is_handed_over_twice_is_one_text(machine: Machine) -> None:
    """The key of the batch tells that it is the same, over the socket and in the spool."""
    alert = Alert(source="x", episode=new_key(), state=AlertState.FIRING, summary="x", once=True)
    body = written(Batch(key=new_key(), to=(), alerts=(alert,)))
    path = str(machine.folder / "relay.sock")

    with machine.relay():
        first, second = (call(path, body, clock=SystemClock(), seconds=5) for _time in range(2))
        (machine.folder / "spool" / "1.json").write_bytes(body)
        assert len(machine.texts(1)) == 1

    assert first.said["ids"] == second.said["ids"]
    assert [first.said["duplicates"], second.said["duplicates"]] == [0, 1]


def test_a_broken_file_does_not_keep_others_waiting(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is set aside under its name, loudly; what it holds is not logged."""
    machine.alert(*DISK)
    folder = machine.folder / "spool"
    (folder / "0.json").write_text('{"key": "secret')
    (folder / "1.json").symlink_to(machine.config)

    with machine.relay():
        machine.texts(1)

    assert {path.name for path in folder.iterdir()} == {"0.bad", "1.bad"}
    lost = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert all("LOST" in line and ".bad" in line for line in lost)
    assert len(lost) == 2
    assert "secret" not in caplog.text


def test_a_contact_that_is_gone_when_the_relay_comes(machine: Machine) -> None:
    """Somebody is told, those of the default, rather than nobody."""
    machine.alert(*DISK, "--to", "second")
    text = machine.config.read_text("utf-8").replace("contacts.second", "contacts.other")
    machine.config.write_text(text, "utf-8")

    with machine.relay():
        machine.texts(1)

    assert machine.sandbox.ledger[0].numbers == ("5301234567",)


def test_an_unknown_contact_is_said(machine: Machine) -> None:
    """By the command where it knows names, by the relay where only that does; nothing waits."""
    other = machine.folder / "user.toml"
    other.write_text(f'[relay]\nsocket = "{machine.folder}/relay.sock"\n', "utf-8")

    with machine.relay():
        code, _said = machine.alert("--summary", "x", "--to", "nobody")
        relayed, _said = machine.alert(
            "--summary", "x", "--to", "5309999999", "--config", str(other)
        )

    assert (code, relayed) == (2, 2)
    assert "nobody" in machine.err[0]
    assert "neither a contact nor a group" in machine.err[1]
    assert machine.spooled == []


def test_nobody_to_tell_is_said(machine: Machine) -> None:
    """Neither --to nor a default."""
    text = machine.config.read_text("utf-8").replace('to = ["oncall"]', "")
    machine.config.write_text(text, "utf-8")

    with machine.relay():
        code, _said = machine.alert(*DISK)

    assert code == 2
    assert "there is no recipient" in machine.err[0]


@pytest.mark.parametrize("umask", [0o077, 0o022, 0])
def test_a_group_may_use_socket_and_spool(machine: Machine, umask: int) -> None:
    """Whatever the umask, which the unit sets to 0077; the database is for its owner alone."""
    before = os.umask(umask)
    try:
        with machine.relay(sending=False):
            modes = {
                one.name: one.stat().st_mode & 0o7777
                for one in machine.folder.iterdir()
                if one != machine.config
            }
    finally:
        os.umask(before)

    assert modes.pop("relay.sock") == 0o660
    assert modes.pop("spool") == 0o3770
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}


def test_the_socket_is_for_its_owner_and_group(machine: Machine) -> None:
    """No token is asked for, so nobody else may connect; and it offers this one thing."""
    path = machine.folder / "relay.sock"

    with machine.relay():
        mode = path.stat().st_mode & 0o777
        got = raw(path, b"GET /alerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        other = raw(path, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        wrong = raw(
            path,
            b"POST /alerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        )

    assert mode == 0o660
    assert [got[9:12], other[9:12], wrong[9:12]] == [b"405", b"404", b"422"]


def raw(path: Path, request: bytes) -> bytes:
    """Return the answer to a request over a socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_socket_that_cannot_be(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    """Where it is configured the relay does not start; at the usual place it says so and goes on.

    Programs then use the spool.
    """
    (machine.folder / "relay.sock").mkdir()
    with machine.relay():
        machine.alert(*DISK)
        machine.texts(1)
    assert "relay.sock" in caplog.text

    text = machine.config.read_text("utf-8") + f'socket = "{machine.folder}/none/relay.sock"\n'
    machine.config.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match="none"), machine.relay(sending=False):
        pass
