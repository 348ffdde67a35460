"""What changed is told although the process is killed between storing and telling."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from im_notify.models import Consent, Status
from im_notify.outbox import accepting, reading, telling
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Entry

if TYPE_CHECKING:
    from pathlib import Path

RELAY = """
import os, signal, sys
from im_notify.app import App
from im_notify.hookspecs import hookimpl
from im_notify.serving.assembly import assemble

class Listener:
    @staticmethod
    @hookimpl
    def im_notify_report(report, message):
        if sys.argv[1] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print(message.key, report.status, flush=True)

app = App(config_path=sys.argv[2])
app.plugins.add(Listener, "listener")
relay = assemble(app)
relay.start()
sys.stdin.read()
relay.close()
"""
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
key = "no-key"
hash = "no-hash"
base_url = "http://127.0.0.1:9/v1/"
[relay]
database = "sqlite:///{folder}/outbox.db"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a configuration whose provider is never reached."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path), "utf-8")
    return path


def start(what: str, config: Path) -> subprocess.Popen[str]:
    """Start a relay without doors, whose plugin dies or prints."""
    environ = {name: value for name, value in os.environ.items() if "IM_NOTIFY_" not in name}
    command = [sys.executable, "-c", RELAY, what, str(config)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environ, text=True)


def test_a_change_is_told_after_a_kill_between_storing_and_telling(
    config: Path, tmp_path: Path
) -> None:
    """The first process dies while it tells; the second tells it, once."""
    database = Database(f"sqlite:///{tmp_path}/outbox.db")
    entry = Entry(
        source="test",
        text="disk full",
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=0.0,  # so that it ends without a provider
    )
    now = time.time()
    accepted = database.write(lambda c: accepting.accept(c, entry, now=now)).result()

    with start("die", config) as first:
        died = first.wait(timeout=30)
    stored = database.read(lambda c: reading.stored(c, accepted.id))
    left = untold(database)
    with start("print", config) as second:
        give_up = time.monotonic() + 20
        while untold(database) and time.monotonic() < give_up:
            time.sleep(0.02)
        told, _err = second.communicate("", timeout=30)
    database.close()

    assert died == -signal.SIGKILL
    assert stored is not None
    assert stored.status is Status.EXPIRED
    assert left == 1
    assert told == f"{accepted.id} expired\n"


def untold(database: Database) -> int:
    """Count what is to be told."""
    return len(database.read(lambda c: telling.pending(c, 10)))
