"""What live tests share: programs that are started and ended, provider and relay as processes.

The programs come from `.ci/install-live`; one that is missing fails the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

STARTING, ARRIVING = 60.0, 60.0  # seconds, generous for small machines
API_TOKEN = "api-token-of-the-tests"
_SHOWN = 20_000  # characters of a log

T = TypeVar("T")


class FreePort(Protocol):
    """Finds ports."""

    def __call__(self, *candidates: int) -> int:
        """Return the first port of 127.0.0.1 that nobody listens on, any if none are named."""


class WaitUntil(Protocol):
    """Polls."""

    def __call__(self, found: Callable[[], T], seconds: float = ARRIVING) -> T:
        """Return what `found` gives once it is true; fail after `seconds`."""


class Start(Protocol):
    """Starts programs."""

    def __call__(
        self, *command: str | Path, name: str, ready: Callable[[], object], **options: object
    ) -> Program:
        """Start one, whose log is called `name`, and return when it is `ready`.

        Options are those of Popen.
        """


class StartRelay(Protocol):
    """Starts relays."""

    def __call__(self, toml: str, **settings: object) -> Relay:
        """Start one with the sections in `toml`, with `settings` in its section [relay]."""


def _wait_until(found: Callable[[], T], seconds: float = ARRIVING) -> T:
    until = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > until:
            pytest.fail(f"waited {seconds:g} s in vain")
        time.sleep(0.1)
    return answer


def _free_port(*candidates: int) -> int:
    for port in candidates or (0,):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)) as probe:
            return int(probe.getsockname()[1])
    pytest.fail("no port of 127.0.0.1 is free")


def _listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@dataclass
class Program:
    """A program with all that it starts; `log` is what it writes."""

    command: Sequence[str]
    log: Path
    ready: Callable[[], object]
    options: Mapping[str, Any]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it is ready; fail at once when it ends before that."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                **self.options,
            )
        _wait_until(self._begun, STARTING)

    def stop(self) -> None:
        """End it in order, and by force what is left of it after 20 s."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def told(self) -> str:
        """Return the end of the log."""
        return self.log.read_text(errors="replace")[-_SHOWN:] if self.log.exists() else ""

    def _begun(self) -> object:
        assert self.process is not None
        if self.process.poll() is not None:
            pytest.fail(f"{self.command[0]} ended at once:\n{self.told()}")
        return self.ready()


@dataclass(frozen=True)
class Provider:
    """The imitated provider as a process."""

    base_url: str
    key: str
    hash: str

    def ledger(self) -> list[dict[str, Any]]:
        """Return every text that was placed, with its `numbers`, oldest first."""
        url = f"{self.base_url.replace('/v1/', '/_sandbox')}/ledger"
        entries: list[dict[str, Any]] = requests.get(url, timeout=10).json()
        return entries

    def texts(self, number: str) -> list[str]:
        """Return what was sent to a number of ten digits, oldest first."""
        return [one["text"] for one in self.ledger() if number in one["numbers"]]


@dataclass(frozen=True)
class Relay:
    """A relay as a process, which can be stopped and started again."""

    url: str
    database: Path
    program: Program
    api_token: str = field(default=API_TOKEN, repr=False)

    def start(self) -> None:
        """Start it again with all that it had stored."""
        self.program.start()

    def stop(self) -> None:
        """Stop it in order."""
        self.program.stop()

    def messages(self) -> list[dict[str, Any]]:
        """Return all messages as the relay tells them, in the order in which they came."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        ) as outbox:
            ids = [id_ for (id_,) in outbox.execute("SELECT id FROM messages ORDER BY created_at")]
        headers = {"Authorization": f"Bearer {self.api_token}"}
        urls = (f"{self.url}/v1/messages/{id_}" for id_ in ids)
        return [requests.get(url, headers=headers, timeout=10).json() for url in urls]

    def states(self) -> dict[str, int]:
        """Count the messages by their state, such as `{"delivered": 1}`."""
        return dict(Counter(message["state"] for message in self.messages()))

    def settles(self, **states: int) -> None:
        """Return once the messages stand as told, such as `delivered=1`, and there are no others.

        From then on nothing more comes of what the relay has accepted until now.
        """
        until = time.monotonic() + ARRIVING
        while (found := self.states()) != states:
            assert time.monotonic() < until, f"{found}, not {states}"
            time.sleep(0.1)


@pytest.fixture(scope="session")
def wait_until() -> WaitUntil:
    """Poll with a bound instead of sleeping."""
    return _wait_until


@pytest.fixture(scope="session")
def free_port() -> FreePort:
    """Find ports of 127.0.0.1 that nobody listens on."""
    return _free_port


@pytest.fixture(scope="session")
def listening() -> Callable[[int], bool]:
    """Say whether somebody takes connections at a port of 127.0.0.1."""
    return _listening


def _starter(folder: Path) -> Iterator[Start]:
    programs: list[Program] = []

    def start(
        *command: str | Path, name: str, ready: Callable[[], object], **options: object
    ) -> Program:
        path = shutil.which(command[0])
        if path is None:
            pytest.fail(f"{command[0]} is not installed: run .ci/install-live as root")
        words = [path, *map(str, command[1:])]
        program = Program(words, folder / f"{name}.log", ready, options)
        programs.append(program)
        program.start()
        return program

    yield start
    for program in reversed(programs):
        program.stop()
        print(f"--- {program.log.name}\n{program.told()}")  # noqa: T201  shown if the test failed


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start programs that end with the test."""
    yield from _starter(tmp_path)


@pytest.fixture(scope="module")
def start_for_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Start programs that end with the last test of the module."""
    yield from _starter(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def provider(start: Start) -> Provider:
    """The provider, with an account of its own for each test."""
    program = start(
        *(sys.executable, "-m", "im_notify", "sandbox", "--json", "--port", "0"),
        name="provider",
        ready=lambda: True,
    )
    greeting = _wait_until(lambda: program.told().partition("\n")[0], STARTING)
    return Provider(**json.loads(greeting))


@pytest.fixture
def start_relay(start: Start, provider: Provider, tmp_path: Path) -> StartRelay:
    """Start a relay that sends through `provider`, in English and without gathering alerts.

    A section [storm] in its TOML changes the latter.
    """
    environ = {
        **{name: value for name, value in os.environ.items() if "IM_NOTIFY_" not in name},
        "IM_NOTIFY_BASE_URL": provider.base_url,
        "IM_NOTIFY_KEY": provider.key,
        "IM_NOTIFY_HASH": provider.hash,
    }

    def started(toml: str, **settings: object) -> Relay:
        port = _free_port()
        config = tmp_path / f"relay-{port}.toml"
        config.touch(mode=0o600)
        config.write_text(_configuration(toml, settings, port=port, folder=tmp_path))
        program = start(
            *(sys.executable, "-m", "im_notify", "serve", "--config", config),
            name=f"relay-{port}",
            ready=lambda: _listening(port),
            env=environ,
        )
        return Relay(f"http://127.0.0.1:{port}", _database(tmp_path, port), program)

    return started


def _configuration(toml: str, settings: Mapping[str, object], *, port: int, folder: Path) -> str:
    relay = {
        "listen": f"127.0.0.1:{port}",
        "database": f"sqlite:///{_database(folder, port)}",
        "api_token": API_TOKEN,
        "language": "en",
        **settings,
    }
    written = "\n".join(f"{key} = {json.dumps(value)}" for key, value in relay.items())
    storm = "" if "[storm]" in toml else "[storm]\nenabled = false\n"
    return f'[provider]\nsender = "APITEST"\niys = "0"\n[relay]\n{written}\n{storm}{toml}\n'


def _database(folder: Path, port: int) -> Path:
    return folder / f"outbox-{port}.db"
