"""Where other bridges lose or repeat messages: exactly the right number of SMS leave here."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from im_notify.app import App
from im_notify.relay_config import Listen
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAYLOADS = Path(__file__).parent.parent / "fixtures" / "payloads"
ONE, BAD, THREE = "5301234567", "5301234511", "5301234569"
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[contacts.one]
numbers = ["{one}"]
[contacts.bad]
numbers = ["{bad}"]
[contacts.three]
numbers = ["{three}"]
[hooks.alertmanager]
token = "hook-token"
to = ["one", "bad", "three"]
[relay]
database = "sqlite:///{folder}/outbox.db"
api_token = "api-token"
"""
QUIET = "[storm]\nenabled = false\n"


@dataclass(frozen=True)
class Running:
    """A relay that listens, and the provider behind what stands between them."""

    url: str
    sandbox: Sandbox

    def hook(self, payload: Any, to: str = "") -> list[str]:
        """Post to the hook; it answers 200, and every id that it gave."""
        url = f"{self.url}/hook/alertmanager{to}?token=hook-token"
        answer = requests.post(url, json=payload, timeout=10)
        assert answer.status_code == 200, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    def message(self, name: str) -> Any:
        """Return a message as the API tells it."""
        headers = {"Authorization": "Bearer api-token"}
        return requests.get(f"{self.url}/v1/messages/{name}", headers=headers, timeout=10).json()

    def settled(self, *names: str) -> list[Any]:
        """Return messages once nothing is waited for."""
        return [eventually(partial(self._ended, name)) for name in names]

    def _ended(self, name: str) -> Any:
        found = self.message(name)
        open_ = {"waiting", "scheduled"} & {row["state"] for row in found["recipients"]}
        return None if open_ or not found["recipients"] else found

    def received(self) -> Counter[str]:
        """Count the SMS that each number got."""
        return Counter(number for placed in self.sandbox.ledger for number in placed.numbers)


def eventually(check: Callable[[], Any]) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 15
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


@contextmanager
def between(port: int) -> Iterator[int]:
    """Stand between relay and provider; refuse orders with a bad number, answer in two segments."""

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Pass a request on; the head of its answer leaves some time before the body."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = self._answer(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.flush()
            time.sleep(0.03)
            self.wfile.write(answer)

        def _answer(self, body: bytes) -> tuple[int, bytes]:
            if "send-sms" in self.path and BAD.encode() in body:
                status = {"code": "452", "message": "Mesaj alıcıları hatalı"}
                return 452, json.dumps({"response": {"status": status}}).encode()
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {"Content-Type": "application/json"}
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            found = answer.status, answer.read()
            connection.close()
            return found

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as standing:
        standing.daemon_threads = True
        thread = threading.Thread(target=standing.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield standing.server_port
        standing.shutdown()
        thread.join()


@contextmanager
def running(folder: Path, more: str) -> Iterator[Running]:
    """Run a relay in this process, whose provider delivers at once and answers in two segments."""
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox, ExitStack() as stack:
        host, _colon, rest = sandbox.base_url.rpartition(":")
        port, _slash, path = rest.partition("/")
        through = stack.enter_context(between(int(port)))
        config = folder / "config.toml"
        config.touch(mode=0o600)
        numbers = {"one": ONE, "bad": BAD, "three": THREE}
        config.write_text(CONFIG.format(folder=folder, **numbers) + more, "utf-8")
        environ = {
            "IM_NOTIFY_BASE_URL": f"{host}:{through}/{path}",
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        relay = assemble(App(environ=environ, config_path=str(config)))
        relay.start()
        with open_socket(Listen(port=0)) as opened:
            web = server(build(relay.services))
            thread = threading.Thread(target=web.run, kwargs={"sockets": [opened]})
            thread.start()
            yield Running(f"http://127.0.0.1:{opened.getsockname()[1]}", sandbox)
            web.should_exit = True
            thread.join()
        relay.close()
        relay.engine.backend.client().transport.close()  # type: ignore[attr-defined]  # the pool


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a relay, with more lines in its configuration."""
    with ExitStack() as stack:
        yield lambda more="": stack.enter_context(running(tmp_path, more))


def captured(name: str) -> Any:
    """Return what a real program sent."""
    return json.loads((PAYLOADS / name).read_text("utf-8"))["json"]


def group(*alerts: Any) -> Any:
    """Return a notification about these alerts as a real program words it."""
    payload = captured("alertmanager-0.25-firing-single.json")
    template = payload["alerts"][0]
    return payload | {
        "alerts": [template | {"fingerprint": f"{n:016x}"} | one for n, one in enumerate(alerts)]
    }


def test_one_failing_recipient_of_three_costs_the_others_nothing(
    start: Callable[..., Running],
) -> None:
    """The order is refused as a whole; the others get one SMS each, however often it is posted."""
    relay = start()
    payload = captured("alertmanager-0.25-firing-single.json")
    (name,) = relay.hook(payload)
    (message,) = relay.settled(name)

    again = [relay.hook(payload) for _time in range(12)]

    assert again == [[name]] * 12
    states = {row["number"]: row["state"] for row in message["recipients"]}
    assert states == {
        f"+90{ONE}": "delivered",
        f"+90{BAD}": "refused",
        f"+90{THREE}": "delivered",
    }
    assert relay.received() == {ONE: 1, THREE: 1}


def test_an_alert_without_words_does_not_poison_its_group(start: Callable[..., Running]) -> None:
    """Three alerts, one of them without summary and description, two recipients: two SMS."""
    relay = start('[groups]\npair = ["one", "three"]\n')
    told = {"summary": "disk full", "description": "it is"}
    labels = [{"alertname": "Disk", "instance": f"db{n}", "severity": "critical"} for n in "123"]
    annotations: list[dict[str, str]] = [told, {}, told]
    payload = group(
        *({"labels": one, "annotations": a} for one, a in zip(labels, annotations, strict=True))
    )

    (name,) = relay.hook(payload, "/pair")
    relay.settled(name)
    again = [relay.hook(payload, "/pair") for _time in range(12)]

    assert again == [[name]] * 12
    assert relay.received() == {ONE: 1, THREE: 1}
    assert relay.sandbox.ledger[0].text.startswith("KRT Disk: 3 alarm db1,db2,db3 ")


def test_a_provider_that_answers_in_two_segments_gets_nothing_twice(
    start: Callable[..., Running],
) -> None:
    """Sixty posts of one alert each, its answers come in pieces: sixty SMS."""
    relay = start(QUIET)
    payloads = [
        group({"fingerprint": f"f{n:015x}", "labels": {"alertname": "Down", "instance": f"h{n}"}})
        for n in range(60)
    ]

    names = [name for payload in payloads for name in relay.hook(payload, "/one")]
    states = {message["state"] for message in relay.settled(*names)}

    assert states == {"delivered"}
    assert relay.received() == {ONE: 60}


def test_a_pair_that_disagrees_about_its_own_address_is_one_source(
    start: Callable[..., Running],
) -> None:
    """Both members tell a first notification, at once and again: one SMS."""
    relay = start()
    payload = captured("alertmanager-0.33-first-notification.json")
    members = [payload | {"externalURL": f"http://am{n}.example:9093"} for n in (1, 2)]
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda one=one: found.append(relay.hook(one, "/one")))
        for one in members
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found += [relay.hook(one, "/one") for one in members]
    relay.settled(found[0][0])

    assert found == [found[0]] * 4
    assert relay.received() == {ONE: 1}


def test_a_storm_is_a_few_sms_and_every_alert_is_found(start: Callable[..., Running]) -> None:
    """A hundred posts within moments: one SMS at once, one for all others, each id is known."""
    relay = start('[storm]\ngather = "1s"\n')
    payloads = [
        group({"fingerprint": f"f{n:015x}", "labels": {"alertname": "Down", "instance": f"h{n}"}})
        for n in range(100)
    ]

    names = [name for payload in payloads for name in relay.hook(payload, "/one")]
    messages = relay.settled(*names)

    assert len(set(names)) == 100
    assert {message["state"] for message in messages} == {"delivered"}
    whats = [tuple(event["what"] for event in one["timeline"]) for one in messages]
    assert set(whats) == {
        ("stored", "sent", "delivered"),
        ("held", "merged", "stored", "sent", "delivered"),
    }
    assert len(relay.sandbox.ledger) <= 4
    assert sum("alarm" in placed.text for placed in relay.sandbox.ledger) >= 1
