"""An outbox that cannot be written for a while, under a relay that runs."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from sqlalchemy import event

from im_notify.app import App
from im_notify.outbox import database
from im_notify.relay import loops
from im_notify.relay_config import Listen
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from im_notify.serving.assembly import Relay

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[contacts.oncall]
numbers = ["5301234567"]
[hooks.grafana]
token = "hook-token"
to = ["oncall"]
[devices.lobby]
token = "device-token"
[relay]
database = "sqlite:///{folder}/outbox.db"
api_token = "api-token"
[storm]
enabled = false
"""
PAGE = 4096  #: bytes of a page of the database
ALERT = {
    "status": "firing",
    "labels": {"alertname": "Disk"},
    "startsAt": "2026-01-01T00:00:00Z",
    "fingerprint": "a1",
}


def eventually(check: Callable[[], Any]) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 15
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


@dataclass
class Bench:
    """A relay that listens and whose loops are started by the test."""

    folder: Path
    sandbox: Sandbox
    relay: Relay
    url: str
    accepted: list[str] = field(default_factory=list)

    def post(self, text: str) -> requests.Response:
        """Hand a text in; what is accepted is noted."""
        headers = {"Authorization": "Bearer api-token"}
        said = {"text": text, "to": ["oncall"]}
        answer = requests.post(f"{self.url}/messages", json=said, headers=headers, timeout=10)
        if answer.ok:
            self.accepted.append(text)
        return answer

    def every_door(self) -> list[requests.Response]:
        """Knock at the API, at a hook and at the door of devices."""
        device = {"token": "device-token", "receipents": "5301234567", "text": "device"}
        alert = {"version": "1", "status": "firing", "alerts": [ALERT]}
        hook = f"{self.url}/hook/grafana?token=hook-token"
        return [
            self.post("api"),
            requests.post(hook, json=alert, timeout=10),
            requests.get(f"{self.url}/v1/send-sms/get/", params=device, timeout=10),
        ]

    def is_ready(self) -> bool:
        """Say whether the relay calls itself ready."""
        return requests.get(f"{self.url}/readyz", timeout=10).ok

    def placed(self) -> list[str]:
        """Return the texts that the provider has, in order of the alphabet."""
        return sorted(order.text for order in self.sandbox.ledger)


@contextmanager
def opened(folder: Path, sandbox: Sandbox) -> Iterator[Bench]:
    """Open the doors of a relay in this process."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=folder), "utf-8")
    environ = {
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "IM_NOTIFY_KEY": sandbox.settings.key,
        "IM_NOTIFY_HASH": sandbox.settings.hash,
    }
    relay = assemble(App(environ=environ, config_path=str(path)))
    with open_socket(Listen(port=0)) as opened:
        web = server(build(relay.services))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [opened]})
        thread.start()
        port = opened.getsockname()[1]
        yield Bench(folder, sandbox, relay, f"http://127.0.0.1:{port}")
        web.should_exit = True
        thread.join()
    relay.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give a provider that delivers at once."""
    with Sandbox(Settings(delivery_seconds=0.1)) as found:
        yield found


@pytest.fixture
def bench(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Give a relay that waits for a lock for a moment only."""
    short = [one.replace("busy_timeout=5000", "busy_timeout=50") for one in database.PRAGMAS]
    monkeypatch.setattr(database, "PRAGMAS", tuple(short))
    monkeypatch.setattr(loops, "LONGEST_NAP", 0.05)
    with opened(tmp_path, sandbox) as bench:
        yield bench


@contextmanager
def locked(bench: Bench) -> Iterator[None]:
    """Let another program write for longer than anybody waits, as a backup does."""
    other = sqlite3.connect(bench.folder / "outbox.db", isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def read_only(bench: Bench) -> Iterator[None]:
    """Let nothing be written, as on a disk that was mounted anew after a fault."""
    now = {"mode": "ON"}

    def set_mode(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA query_only={now['mode']}")

    engine = bench.relay.database._writing  # noqa: SLF001  the one with a connection for that
    event.listen(engine, "begin", set_mode)
    yield
    now["mode"] = "OFF"  # when something is to be written next


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(locked, "another program holds it"), (read_only, "must be able to write the file")],
)
def test_what_cannot_be_stored_is_refused_and_what_was_stored_leaves_later(
    bench: Bench, trouble: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """503 at every door with the time to come again; afterwards all goes on by itself."""
    bench.post("before")

    with trouble(bench):
        bench.relay.loops.start()
        refused = bench.every_door()
        ready = bench.is_ready()
        eventually(lambda: "the loop send failed and goes on" in caplog.text)
    taken = bench.every_door()

    assert [(one.status_code, one.headers["Retry-After"]) for one in refused] == [(503, "5")] * 3
    assert not ready
    assert said in caplog.text
    assert [one.status_code for one in taken] == [200] * 3
    eventually(lambda: len(bench.placed()) == 4)
    assert bench.placed()[1:] == ["api", "before", "device"]
    assert bench.is_ready()


def spoil(path: Path) -> bytes:
    """Overwrite all pages but the first, as a broken disk does; returns the file as it was."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE version SET number = number")  # nobody may rely on what was read
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(PAGE)
        file.write(b"\xff" * (len(whole) - PAGE))
    return whole


def test_a_database_that_is_spoilt_while_it_is_used_is_named(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing more is accepted, the log says what to do, and with the file all of it is back."""
    bench.post("one")
    bench.post("two")
    path = bench.folder / "outbox.db"

    whole = spoil(path)
    bench.relay.loops.start()
    refused = bench.every_door()
    eventually(lambda: "the loop send failed and goes on" in caplog.text)
    ready, alive = bench.is_ready(), bench.relay.loops.alive
    bench.relay.close()
    for name in ("outbox.db", "outbox.db-wal", "outbox.db-shm"):
        (bench.folder / name).unlink(missing_ok=True)
    path.write_bytes(whole)

    assert [(one.status_code, one.headers["Retry-After"]) for one in refused] == [(503, "5")] * 3
    assert (ready, alive) == (False, True)
    assert "outbox.db cannot be used" in caplog.text
    assert "it is damaged: move it away and put a backup in its place" in caplog.text
    with opened(bench.folder, bench.sandbox) as again:
        again.relay.start()
        eventually(lambda: again.placed() == ["one", "two"])
