"""Nothing accepted is lost and nothing is sent twice, though the relay is killed over and over.

A real relay and a real imitated provider; 8 clients post while the relay gets SIGKILL at random
moments and the provider resets, hangs, answers 5xx, junk and half answers before and after it
placed the order. At the end the provider's ledger is compared with what was answered 2xx.

    CRASH_MESSAGES=50000 CRASH_KILLS=100 CRASH_SEED=7 pytest tests/crash
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = int(os.environ.get("CRASH_MESSAGES", "2000"))
KILLS = int(os.environ.get("CRASH_KILLS", "20"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
ALERTS = MESSAGES // 10
CLIENTS = 8
FAULTS = ("reset", "hang", "500", "502", "503", "504", "empty", "junk", "truncated")
TOKEN = "a-token-of-the-test"
AWAY, SECOND = "5301234598", "5301234567"  # the first one's phone is off
KILLED = "the process ended while it was sent"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Stage:
    """Provider and relay as processes, and what the clients were answered."""

    folder: Path
    provider: str
    relay: str
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    accepted: dict[str, str] = field(default_factory=dict)  # text to id

    def start(self) -> None:
        """Start the relay and leave it to the clients to find it."""
        command = [sys.executable, "-m", "im_notify", "serve", "--config", str(self.config)]
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stderr=log)

    def kill(self) -> None:
        """End the relay as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "config.toml"

    def control(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the provider's controls."""
        url = f"{self.provider.replace('/v1/', '/_sandbox')}/{what}"
        answer = (
            requests.post(url, json=body, timeout=10) if body else requests.get(url, timeout=60)
        )
        return answer.json()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Start the provider; the test starts the relay."""
    at, port = free_port(), free_port()
    config = tmp_path / "config.toml"
    config.touch(mode=0o600)
    config.write_text(
        f"""
[provider]
sender = "APITEST"
iys = "0"
read_timeout = 0.5
rate = 100000
[relay]
listen = "127.0.0.1:{port}"
database = "sqlite:///{tmp_path}/outbox.db"
api_token = "{TOKEN}"
[contacts.away]
numbers = ["{AWAY}"]
fallback = [{{ after = "2s", to = "second" }}]
[contacts.second]
numbers = ["{SECOND}"]
[hooks.alertmanager]
token = "{TOKEN}"
to = ["away"]
[storm]
enabled = false
"""
    )
    command = [sys.executable, "-m", "im_notify", "sandbox", "--json", "--port", str(at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as provider:
        assert provider.stdout is not None
        greeting = json.loads(provider.stdout.readline())
        threading.Thread(target=provider.stdout.read, daemon=True).start()
        environ = {
            **os.environ,
            "IM_NOTIFY_BASE_URL": greeting["base_url"],
            "IM_NOTIFY_KEY": greeting["key"],
            "IM_NOTIFY_HASH": greeting["hash"],
        }
        found = Stage(tmp_path, greeting["base_url"], f"http://127.0.0.1:{port}", environ)
        yield found
        if found.process is not None:
            found.process.kill()
            found.process.wait()
        provider.kill()


def post(stage: Stage, numbers: range) -> None:
    """Post messages as a careful client does: the same key again until it is answered 200."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    for number in numbers:
        text = f"message {number}"
        body = {"text": text, "to": [f"53{number:07d}0"], "key": text}
        while text not in stage.accepted:
            with contextlib.suppress(requests.RequestException):
                answer = session.post(f"{stage.relay}/messages", json=body, timeout=5)
                if answer.status_code == 200:
                    (stage.accepted[text],) = answer.json()["ids"]
                    continue
                assert answer.status_code == 503, answer.text
            time.sleep(0.02)


def alert(stage: Stage, numbers: range) -> None:
    """Post alerts as one of a pair of Alertmanagers does: again until it is answered 200."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    for number in numbers:
        labels = {"alertname": "Disk", "instance": f"db{number}", "severity": "critical"}
        body = {"version": "4", "alerts": [{"status": "firing", "labels": labels}]}
        status = 0
        while status != 200:
            with contextlib.suppress(requests.RequestException):
                url = f"{stage.relay}/hook/alertmanager"
                status = session.post(url, json=body, timeout=5).status_code
                assert status in {200, 503}
            time.sleep(0.02)


def torment(stage: Stage, dice: random.Random, *, kills: int = KILLS) -> None:
    """Kill and start the relay, and hurt the provider, at random moments."""
    for _turn in range(kills):
        for _fault in range(dice.randint(1, 6)):
            kind, when = dice.choice(FAULTS), dice.choice(("before", "after"))
            path = dice.choice(("send-sms", "send-sms", "get-report"))
            stage.control("fault", {"kind": kind, "when": when, "count": 1, "path": path})
        time.sleep(dice.uniform(0.4, 1.8))
        stage.kill()
        time.sleep(dice.uniform(0.0, 0.2))
        stage.start()


def ends(stage: Stage) -> dict[str, dict[str, Any]]:
    """Wait until every message has a final state and return them by text."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"
    found: dict[str, dict[str, Any]] = {}
    give_up = time.monotonic() + 120 + MESSAGES / 50
    while len(found) < len(stage.accepted) and time.monotonic() < give_up:
        with contextlib.suppress(requests.ConnectionError):  # it was killed a moment ago
            for text in stage.accepted.keys() - found.keys():
                name = stage.accepted[text]
                answer = session.get(f"{stage.relay}/v1/messages/{name}", timeout=10).json()
                if answer["state"] not in {"waiting", "scheduled"}:
                    found[text] = answer
        time.sleep(0.5)
    return found


def fallen(stage: Stage) -> Counter[tuple[str, str]]:
    """Wait for every alert and its fallback; return how often each number was sent each text."""
    give_up = time.monotonic() + 120
    placed: Counter[tuple[str, str]] = Counter()
    while len(placed) < 2 * ALERTS:
        assert time.monotonic() < give_up, f"{len(placed)} texts of {2 * ALERTS}"
        time.sleep(0.5)
        ledger = stage.control("ledger")
        placed = Counter((one["text"], number) for one in ledger for number in one["numbers"])
    return placed


def test_every_accepted_message_is_placed_once_and_its_end_is_known(stage: Stage) -> None:
    """Every 2xx is in the ledger exactly once, delivered, under the order id that is told."""
    share = -(-MESSAGES // CLIENTS)
    stage.start()
    clients = [
        threading.Thread(target=post, args=(stage, range(start, min(start + share, MESSAGES))))
        for start in range(0, MESSAGES, share)
    ]

    for client in clients:
        client.start()
    torment(stage, random.Random(SEED))  # noqa: S311  repeatable on purpose
    for client in clients:
        client.join()
    states = ends(stage)

    ledger = stage.control("ledger")
    placed = Counter(one["text"] for one in ledger)
    order_ids = {one["text"]: str(one["order_id"]) for one in ledger}
    assert len(stage.accepted) == MESSAGES
    assert [text for text in stage.accepted if placed[text] == 0] == []
    assert [text for text, count in placed.items() if count > 1] == []
    assert Counter(one["state"] for one in states.values()) == {"delivered": MESSAGES}
    told = {text: one["orders"][0]["order_id"] for text, one in states.items()}
    assert told == order_ids
    reasons = Counter(event["detail"] for one in states.values() for event in one["timeline"])
    assert reasons[KILLED] > 0, "no kill met an order on its way: nothing was shown"


def test_every_alert_and_its_fallback_is_placed_once(stage: Stage) -> None:
    """Both of a pair post each alert, the phone is off: the first and the second are told once."""
    stage.start()
    pair = [threading.Thread(target=alert, args=(stage, range(ALERTS))) for _member in range(2)]

    for member in pair:
        member.start()
    torment(stage, random.Random(SEED), kills=KILLS // 2)  # noqa: S311  repeatable on purpose
    for member in pair:
        member.join()
    placed = fallen(stage)

    assert set(placed.values()) == {1}
    assert Counter(number for _text, number in placed) == {AWAY: ALERTS, SECOND: ALERTS}
