"""One relay through a whole life, and a search for everything that it must not tell."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

if TYPE_CHECKING:
    from tests.serving.conftest import Relay

PAYLOADS = Path(__file__).parents[1] / "fixtures" / "payloads"
SECRETS = {
    "hook": "hook-token-b3f19c",
    "hmac": "hmac-secret-71aa0e",
    "device": "device-token-8b21d4",
    "otp": "otp-token-55d07c",
    "push": "push-secret-e9b712",
    "changed": "changed-token-17af",
    "wrong": "wrong-token-9e9e9e",
    "login": "fallback-login-6d",
    "password": "fallback-pass-2f4",
}
TEXTS = ("alpha-text-of-a-message", "bravo-code-4711", "charlie-text-refused", "delta-episode")
EXAMPLE = "5301234567"  # of the description, and so of no use here
NUMBERS = ("5307654321", "5301112297", "5309876543", "5308887766")
CONFIG = """
[contacts.away]
numbers = ["5301112297"]
fallback = [{{ after = "1s", to = "json://{login}:{password}@127.0.0.1:1/path?x={password}" }}]
[hooks.signed]
source = "alertmanager"
hmac_secret = "{hmac}"
to = ["oncall"]
[devices.lobby]
token = "{device}"
[devices.vpn]
token = "{otp}"
mode = "otp"
wait = "1s"
"""


class Life:
    """Asks a relay for everything and keeps every answer."""

    def __init__(self, relay: Relay) -> None:
        """Hear nothing yet."""
        self.relay = relay
        self.told: list[str] = []

    def ask(self, method: str, path: str, *, token: str | None = None, **arguments: Any) -> Any:
        """Keep head and body of the answer, and return it."""
        headers = arguments.pop("headers", {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        answer = requests.request(
            method, self.relay.url + path, headers=headers, timeout=20, **arguments
        )
        self.told += [answer.text, str(answer.headers), answer.reason]
        return answer

    def good(self) -> None:
        """Take every door as it is meant to be taken."""
        alert = json.loads((PAYLOADS / ALERT).read_text("utf-8"))
        payload = alert.get("json", alert)
        self.ask("POST", f"/hook/alertmanager?token={SECRETS['hook']}", json=payload)
        body = {"text": TEXTS[0], "to": ["away", NUMBERS[2]]}
        name = self.ask("POST", "/messages", token="api-token", json=body).json()["ids"][0]
        device = {"key": SECRETS["device"], "text": TEXTS[0], "receipents": NUMBERS[2]}
        self.ask("GET", "/v1/send-sms/get/", params=device)
        code = {"token": SECRETS["otp"], "m": TEXTS[1], "n": NUMBERS[3]}
        self.ask("GET", "/s", params=code)
        report = {"id": 1, "packet_id": 1, "status": "delivered", "to": f"+90{NUMBERS[0]}"}
        self.ask("POST", f"/push/{SECRETS['push']}", json={"report": report})
        self.ask("GET", "/openapi.json")
        self.relay.says("fallback", 1)
        self.ask("GET", f"/v1/messages/{name}", token=SECRETS["wrong"])

    def bad(self) -> None:
        """Take every door as it is not meant to be, with what is right and what is wrong."""
        body = {"text": TEXTS[2], "to": NUMBERS[3], "n": NUMBERS[3], "key": TEXTS[3]}
        for secret in SECRETS.values():
            query = {"token": secret, **body}
            for path in ("/hook/alertmanager", "/hook/signed", "/messages", "/s", f"/{secret}"):
                self.ask("GET", path, params=query)
                self.ask("POST", path, params=query, json=[body])
                self.ask("POST", path, params=query, data=TEXTS[2])
                self.ask("PUT", path, json=body, auth=("user", secret))
            self.ask("POST", f"/push/{secret}", json=body)
            self.ask("GET", f"/hook/{secret}/{NUMBERS[0]}", token=secret)
        self.raw(f"GET /s?token={SECRETS['device']}&m={TEXTS[2]} HTTP/9\r\n\r\n")
        self.raw(f"{SECRETS['hook']} {TEXTS[2]}\r\n\r\n")

    def raw(self, request: str) -> None:
        """Send what is no request."""
        with socket.create_connection(("127.0.0.1", self.relay.port), 10) as connection:
            connection.sendall(request.encode())
            connection.shutdown(socket.SHUT_WR)
            self.told.append(b"".join(iter(lambda: connection.recv(1000), b"")).decode())

    def unlucky(self) -> None:
        """Send while the provider fails in every way it can."""
        for kind in ("reset", "500", "junk", "truncated", "empty"):
            self.relay.sandbox.fault(kind)
            body = {"text": f"{TEXTS[2]} {kind}", "to": [NUMBERS[2]]}
            self.ask("POST", "/messages", token="api-token", json=body)
        body = {"text": TEXTS[2], "to": [NUMBERS[2]], "sender": "NOBODY"}
        self.ask("POST", "/messages", token="api-token", json=body)
        self.relay.says("orders of one sender wait")


ALERT = "alertmanager-0.33-first-notification.json"


@pytest.fixture(params=["json", "text"])
def life(relay: Relay, request: pytest.FixtureRequest) -> Life:
    """A relay with a door of every kind, which logs every step."""
    more = CONFIG.format(**SECRETS)
    relay.configure(more=more, change=('token = "hook-token"', f'token = "{SECRETS["hook"]}"'))
    path = relay.folder / "config.toml"
    settings = f'[relay]\nlog = "{request.param}"\npush_secret = "{SECRETS["push"]}"\n'
    text = path.read_text("utf-8").replace(EXAMPLE, NUMBERS[0])
    path.write_text(text.replace("[relay]\n", settings), "utf-8")
    relay.options = ("--debug",)
    relay.start()
    return Life(relay)


def test_no_secret_no_text_and_no_number_is_told(life: Life) -> None:
    """In no log, no figure, no answer but that to who asked for the message with its token."""
    relay = life.relay
    life.good()
    life.bad()
    life.unlucky()
    path = relay.folder / "config.toml"
    before = path.read_text("utf-8")
    path.write_text(before.replace(SECRETS["hook"], SECRETS["changed"]), "utf-8")
    relay.signal(signal.SIGHUP)
    relay.says("the configuration is reloaded")
    path.write_text(f'{before}\n[x]\ny = "{SECRETS["wrong"]}"\n', "utf-8")
    relay.signal(signal.SIGHUP)
    relay.says("the configuration is not reloaded")
    life.ask("POST", f"/hook/alertmanager?token={SECRETS['hook']}", json={})
    life.ask("GET", "/metrics")
    life.ask("GET", "/readyz")
    time.sleep(0.5)
    relay.signal(signal.SIGTERM)
    assert relay.wait() == 0

    told = "\n".join([*life.told, relay.log])
    settings = relay.sandbox.settings
    must_not = {*SECRETS.values(), "api-token", settings.key, settings.hash, *TEXTS, *NUMBERS}
    must_not |= {quote(one, safe="") for one in must_not} | {"token=", "receipents", "Traceback"}
    assert {one for one in must_not if one in told} == set()
    assert len(placed := {one.text for one in relay.sandbox.ledger}) >= 4, placed
    assert re.search(r"im_notify_refused_total\{reason=\"token\"\} \d+", told)


def test_every_line_can_be_read_by_a_program(life: Life) -> None:
    """Whatever happened, and whoever wrote it."""
    if 'log = "text"' in (life.relay.folder / "config.toml").read_text("utf-8"):
        line = re.compile(
            r"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d (debug|info|warning|error) +\S+: .+"
        )
        life.bad()
        life.unlucky()
        assert [one for one in life.relay.log.splitlines() if not line.fullmatch(one)] == []
        return
    life.bad()
    life.unlucky()

    assert all({"time", "level", "logger", "event"} <= set(one) for one in life.relay.lines)
