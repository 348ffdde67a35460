"""`im-notify serve --sandbox`: what it prints works as it is printed."""

from __future__ import annotations

import io
import json
import re
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from im_notify.app import App
from im_notify.models import Consent
from im_notify.outbox.accepting import note
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Entry
from im_notify.relay.store import RelayStore
from im_notify.relay_config import RelayConfig
from im_notify.serving.following import Follower
from im_notify.testing import FakeClock
from im_notify.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

PAYLOADS = Path(__file__).parent.parent / "fixtures" / "payloads"
LINE = re.compile(r"[0-9]{2}:[0-9]{2}:[0-9]{2}  [0-9a-z]{12}  ")


@dataclass
class Trial:
    """A trial that runs, as far as its lines were read."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def until(self, sign: str) -> str:
        """Return the next line that holds `sign`."""
        assert self.process.stdout is not None
        while sign not in (line := self.process.stdout.readline()):
            assert line, self.lines
            self.lines.append(line)
        self.lines.append(line)
        return line

    def run(self, start: str) -> Any:
        """Do what the first printed line that begins with `start` does, and return the answer."""
        words = shlex.split(next(line for line in self.lines if line.startswith(start)))
        options = dict(zip(words[1:-1:2], words[2:-1:2], strict=True))
        head = dict([options["-H"].split(": ")]) if "-H" in options else {}
        answer = requests.post(words[-1], data=options["-d"], headers=head, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def address(self, name: str) -> str:
        """Return the address that is printed for a sender."""
        line = next(line for line in self.lines if line.startswith(name))
        return line.split()[-1]


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    """Start one trial for all tests, at a free port."""
    command = [sys.executable, "-m", "im_notify", "serve", "--sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watch = threading.Timer(60, process.kill)
        watch.start()
        found = Trial(process)
        found.until("Ctrl-C")
        yield found
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        watch.cancel()


def test_the_printed_commands_show_a_line_for_each_step(trial: Trial) -> None:
    """A text of one's own: stored, sent, delivered, each as it happens."""
    (name,) = trial.run("curl -H")["ids"]

    stored, sent, delivered = (
        trial.until(f"{name}  {what}") for what in ("stored", "sent", "deliv")
    )

    assert "api > oncall: disk full" in stored
    assert "order " in sent
    assert re.search(r"\+905301234567, [0-9.]+ s after it was stored$", delivered)
    assert all(LINE.match(line) for line in (stored, sent, delivered))
    assert "\x1b" not in stored + sent + delivered  # nobody sees colours in a pipe


def test_an_alert_and_its_end_are_followed(trial: Trial) -> None:
    """The end is held for the storm window, since it follows at once."""
    (name,) = trial.run("curl -d")["ids"]
    stored = trial.until(f"{name}  stored")
    trial.until(f"{name}  delivered")

    ended = requests.post(
        shlex.split(trial.lines[_place(trial, "resolved")])[-1],
        data=shlex.split(trial.lines[_place(trial, "resolved")])[2],
        timeout=10,
    )

    assert "alertmanager > oncall: CRT db1 disk 95 % full" in stored
    assert ended.status_code == 200
    assert "gathering" in trial.until("held")


def _place(trial: Trial, sign: str) -> int:
    return next(at for at, line in enumerate(trial.lines) if "curl" in line and sign in line)


def test_what_a_real_program_posts_is_taken(trial: Trial) -> None:
    """The address for Alertmanager takes its payload, a device is answered as the provider does."""
    url = next(line for line in trial.lines if "webhook_configs" in line).split("'")[1]
    payload = json.loads((PAYLOADS / "alertmanager-0.25-firing-single.json").read_text("utf-8"))
    device = trial.address("a device")

    taken = requests.post(url, json=payload["json"], timeout=10)
    called = requests.get(device, timeout=10)

    assert taken.status_code == 200
    assert "<code>200</code>" in called.text
    assert "+905301234567: TEXT" in trial.until("lobby >")


def test_the_command_for_nagios_hands_an_alert_over(trial: Trial) -> None:
    """With the macros replaced as the program replaces them."""
    line = next(line for line in trial.lines if line.startswith("Nagios"))
    command = re.sub(r"\$([A-Z]+)\$", r"\1", line.partition("command_line im-notify ")[2])
    words = shlex.split(
        command.replace("SERVICESTATE", "CRITICAL").replace("NOTIFICATIONTYPE", "PROBLEM")
    )

    done = subprocess.run(
        [sys.executable, "-m", "im_notify", *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "nagios > oncall" in trial.until("nagios >")


def test_lines_have_colours_on_a_terminal(tmp_path: Path) -> None:
    """Each thing is printed once, in the colour of how it went."""
    out, clock = io.StringIO(), FakeClock()
    database = Database(f"sqlite:///{tmp_path}/outbox.db")
    store = RelayStore(
        database=database,
        clock=clock,
        relay=RelayConfig(database=f"sqlite:///{tmp_path}/outbox.db"),
        wording=Wording(zone=UTC),
        woken=lambda: None,
    )
    entry = Entry(
        source="api",
        text="disk full",
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=60,
    )
    plain = Follower(app=App(stdout=out, clock=clock), database=database, zone=UTC)
    coloured = Follower(app=plain.app, database=database, zone=UTC, colours=True)

    (accepted,) = store.accept([entry]).result()
    plain.look()
    plain.look()
    told = out.getvalue()
    at = clock.now().timestamp()
    database.write(lambda c: note(c, accepted.id, at, "undelivered")).result()
    coloured.look()
    database.close()

    assert told.count("\n") == 1
    assert f"{accepted.id}  stored         api > +905301234567: disk full" in told
    assert "\x1b[31mundelivered  \x1b[0m" in out.getvalue()
