"""The relay as a whole: real doors, real outbox, real loops, the imitated provider."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from im_notify.app import App
from im_notify.config import load
from im_notify.relay_config import Listen, relay_of
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent.parent
PAYLOADS = ROOT / "tests" / "fixtures" / "payloads"
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[contacts.oncall]
numbers = ["5301234567"]
[contacts.away]
numbers = ["5301234598"]
[hooks.alertmanager]
token = "hook-token"
to = ["oncall"]
[hooks.second]
source = "alertmanager"
token = "hook-token"
to = ["oncall"]
[devices.lobby]
token = "device-token"
[relay]
database = "sqlite:///{folder}/outbox.db"
api_token = "api-token"
push_secret = "push-secret"
[storm]
enabled = false
"""


@dataclass(frozen=True)
class Running:
    """A relay that listens."""

    url: str
    sandbox: Sandbox

    def hook(self, name: str, payload: Any) -> Any:
        """Post to a hook and return the answer."""
        url = f"{self.url}/hook/{name}?token=hook-token"
        answer = requests.post(url, json=payload, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def message(self, name: str) -> Any:
        """Return a message as the API tells it."""
        headers = {"Authorization": "Bearer api-token"}
        return requests.get(f"{self.url}/v1/messages/{name}", headers=headers, timeout=10).json()


def eventually(check: Callable[[], Any]) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 15
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Run a relay in this process, whose provider delivers at once."""
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox:
        path = folder / "config.toml"
        path.touch(mode=0o600)
        path.write_text(CONFIG.format(folder=folder), "utf-8")
        environ = {
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        relay = assemble(App(environ=environ, config_path=str(path)))
        relay.start()
        with open_socket(Listen(port=0)) as opened:
            web = server(build(relay.services))
            thread = threading.Thread(target=web.run, kwargs={"sockets": [opened]})
            thread.start()
            port = opened.getsockname()[1]
            yield Running(f"http://127.0.0.1:{port}", sandbox)
            web.should_exit = True
            thread.join()
        relay.close()
        relay.engine.backend.client().transport.close()  # type: ignore[attr-defined]  # the pool


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Running]:
    """Give a running relay."""
    with running(tmp_path) as found:
        yield found


def captured(name: str) -> Any:
    """Return what a real program sent."""
    return json.loads((PAYLOADS / name).read_text("utf-8"))["json"]


def test_an_alert_becomes_one_sms_that_is_delivered(relay: Running) -> None:
    """Stored before it is answered, sent, confirmed: its timeline says when."""
    (name,) = relay.hook("alertmanager", captured("alertmanager-0.33-first-notification.json"))[
        "ids"
    ]

    message = eventually(lambda: (m := relay.message(name))["state"] == "delivered" and m)

    assert [event["what"] for event in message["timeline"]] == ["stored", "sent", "delivered"]
    assert [event["order_id"] for event in message["orders"]] == [relay.sandbox.ledger[0].order_id]
    assert relay.sandbox.ledger[0].iys == "0"
    assert relay.sandbox.ledger[0].text.startswith("KRT")


def test_an_ha_pair_a_retry_and_a_repetition_give_one_sms(relay: Running) -> None:
    """Three peers at once, then the same again: one message, and all are told its id."""
    payload = captured("alertmanager-0.33-first-notification.json")
    answers: list[Any] = []
    peers = [
        threading.Thread(
            target=lambda at=at: answers.append(
                relay.hook("alertmanager", payload | {"externalURL": f"http://am{at}:9093"})
            )
        )
        for at in range(3)
    ]

    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()
    answers.append(relay.hook("alertmanager", payload))

    assert len({one["ids"][0] for one in answers}) == 1
    assert sum(one["duplicates"] for one in answers) == 3
    name = answers[0]["ids"][0]
    eventually(lambda: relay.message(name)["state"] == "delivered")
    assert len(relay.sandbox.ledger) == 1


def test_two_servers_of_one_kind_do_not_hide_each_other(relay: Running) -> None:
    """The same event at two hooks is two problems."""
    payload = captured("alertmanager-0.33-first-notification.json")

    first, second = relay.hook("alertmanager", payload), relay.hook("second", payload)

    assert first["ids"] != second["ids"]


def test_only_what_changed_in_a_group_is_texted(relay: Running) -> None:
    """A new alert joins: the text names it and not the one that was told before."""
    relay.hook("alertmanager", captured("alertmanager-0.33-first-notification.json"))
    relay.hook("alertmanager", captured("alertmanager-0.33-new-alerts-added.json"))

    ledger = eventually(lambda: len(relay.sandbox.ledger) == 2 and relay.sandbox.ledger)

    texts = sorted(one.text for one in ledger)
    assert "web01" in "".join(texts)
    assert sum("web02" in text for text in texts) == 1
    assert not any("web01" in text and "web02" in text for text in texts)


def test_a_recovery_is_texted_when_the_problem_was_delivered(relay: Running) -> None:
    """Firing, delivered, resolved: the second text begins with OK and has the same id."""
    (name,) = relay.hook("alertmanager", captured("alertmanager-0.25-firing-single.json"))["ids"]
    eventually(lambda: relay.message(name)["state"] == "delivered")

    relay.hook("alertmanager", captured("alertmanager-0.25-resolved-single.json"))

    ledger = eventually(lambda: len(relay.sandbox.ledger) == 2 and relay.sandbox.ledger)
    problem, end = sorted(ledger, key=lambda one: one.placed_at)
    assert end.text.startswith("OK")
    assert end.text.rpartition("#")[2] == problem.text.rpartition("#")[2]


def test_a_device_needs_only_another_host(relay: Running) -> None:
    """The provider's own GET form, with a token in place of key and hash."""
    url = f"{relay.url}/v1/send-sms/get/?key=device-token&hash=x&text=UPS+pilde&iys=0&sender=X"

    answer = requests.get(f"{url}&receipents=0530%20123%2045%2067", timeout=10)

    assert answer.status_code == 200
    assert "<code>200</code>" in answer.text
    placed = eventually(lambda: relay.sandbox.ledger)[0]
    assert (placed.text, placed.numbers, placed.sender) == ("UPS pilde", ("5301234567",), "APITEST")


def test_the_provider_s_push_tells_before_the_poll(relay: Running) -> None:
    """A delivery push ends a message whose phone the poll would wait for."""
    headers = {"Authorization": "Bearer api-token"}
    body = {"text": "x", "to": ["away"]}
    url = f"{relay.url}/messages"
    (name,) = requests.post(url, json=body, headers=headers, timeout=10).json()["ids"]
    placed = eventually(lambda: relay.sandbox.ledger)[0]
    eventually(lambda: relay.message(name)["orders"][0]["order_id"])
    report = {
        "id": 1,
        "packet_id": int(placed.order_id),
        "status": "delivered",
        "to": "+905301234598",
    }

    answer = requests.post(f"{relay.url}/push/push-secret", json={"report": report}, timeout=10)

    assert answer.status_code == 200
    assert eventually(lambda: relay.message(name)["state"] == "delivered")


def test_health_and_metrics(relay: Running) -> None:
    """Alive, ready, and counted."""
    relay.hook("alertmanager", captured("alertmanager-0.33-first-notification.json"))

    assert requests.get(f"{relay.url}/healthz", timeout=10).status_code == 200
    assert requests.get(f"{relay.url}/readyz", timeout=10).status_code == 200
    metrics = requests.get(f"{relay.url}/metrics", timeout=10).text
    assert 'im_notify_accepted_total{source="alertmanager"} 1.0' in metrics


def test_the_trial_prints_what_works() -> None:
    """`serve --sandbox`: the curl line it prints is answered, and the delivery is a line."""
    command = [sys.executable, "-m", "im_notify", "serve", "--sandbox", "--port", "18725"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("curl"):
            lines.append(process.stdout.readline())
        token = lines[-1].partition("Bearer ")[2].partition("'")[0]
        body = {"text": "disk full", "to": ["oncall"]}
        url, headers = "http://127.0.0.1:18725/messages", {"Authorization": f"Bearer {token}"}
        answer = eventually(lambda: _posted(url, body, headers))
        told = process.stdout.readline() or ""
        while "delivered" not in told:
            told = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in {0, 130, -2}

    assert answer.json()["ids"][0] in told


def _posted(url: str, body: Any, headers: Any) -> Any:
    try:
        return requests.post(url, json=body, headers=headers, timeout=10)
    except requests.ConnectionError:
        return None


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    """examples/relay.toml is accepted as it stands."""
    path = tmp_path / "relay.toml"
    path.touch(mode=0o600)
    path.write_text((ROOT / "examples" / "relay.toml").read_text("utf-8"), "utf-8")

    found = relay_of(load({}, path=str(path)))

    assert set(found.hooks) == {"alertmanager", "zabbix"}
    assert [rung.after for rung in found.ladders["oncall"]] == [90.0, 180.0]


def test_a_key_that_comes_with_another_text_or_for_others_is_refused(relay: Running) -> None:
    """A slip of the caller loses no message: the first stands, the second is answered 422."""
    headers = {"Authorization": "Bearer api-token", "Idempotency-Key": "deploy-7"}
    first, again, other, others, batch = (
        requests.post(f"{relay.url}/messages", json=body, headers=headers, timeout=10)
        for body in (
            {"text": "one", "to": ["oncall"]},
            {"text": "one", "to": ["oncall"]},
            {"text": "two", "to": ["oncall"]},
            {"text": "one", "to": ["5301234599"]},
            [
                {"text": "three", "to": ["oncall"]},
                {"text": "x", "to": ["oncall"], "key": "deploy-7"},
            ],
        )
    )

    assert first.json()["ids"] == again.json()["ids"]
    assert (other.status_code, others.status_code, batch.status_code) == (422, 422, 422)
    for one in (other, others):
        assert one.json()["error"] == "the key is that of another message"
    eventually(lambda: relay.message(first.json()["ids"][0])["state"] == "delivered")
    assert [one.text for one in relay.sandbox.ledger] == ["one"]
