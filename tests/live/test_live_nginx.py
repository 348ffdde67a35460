"""The example for nginx, as it stands but for its paths, in front of a relay's edge.

`nginx-light` and `prometheus` (for promtool) come from `.ci/install-live`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples" / "monitoring"
NAME = "sms.example.com"
MAIN = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/main-error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx-example.conf;
}}
"""
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
[contacts.oncall]
numbers = ["5301234567"]
[hooks.alertmanager]
token = "hook-token-of-the-test"
to = ["oncall"]
[hooks.near]
source = "alertmanager"
allow = ["10.0.0.0/8"]
to = ["oncall"]
[relay]
listen = "127.0.0.1:{port}"
database = "sqlite:///{folder}/outbox.db"
trusted_proxies = ["127.0.0.1/32"]
push_secret = "push-secret-of-the-test"
"""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Return the path of a program that `.ci/install-live` brings."""
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert found, f"{name} is missing: run .ci/install-live"
    return found


def eventually(check: Any) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 30
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return found


def listens(port: int) -> bool:
    """Say whether somebody listens at a port."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


class Proxy:
    """nginx before a relay, both as processes."""

    def __init__(self, folder: Path) -> None:
        """Write certificate and configurations."""
        self.folder = folder
        self.port, self.inner = free_port(), free_port()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        leaf = authority.issue_cert(NAME, "127.0.0.1", "localhost")
        leaf.private_key_pem.write_to_path(folder / "key.pem")
        for place, blob in enumerate(leaf.cert_chain_pems):
            blob.write_to_path(folder / "cert.pem", append=place > 0)
        (folder / "nginx-example.conf").write_text(self._example(), "utf-8")
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder), "utf-8")
        (folder / "relay.toml").touch(mode=0o600)
        text = CONFIG.format(folder=folder, port=self.inner)
        (folder / "relay.toml").write_text(text, "utf-8")

    def _example(self) -> str:
        text = (EXAMPLES / "nginx.conf").read_text("utf-8")
        changes = {
            "/etc/ssl/certs/sms.example.com.pem": f"{self.folder}/cert.pem",
            "/etc/ssl/private/sms.example.com.key": f"{self.folder}/key.pem",
            "/var/log/nginx/": f"{self.folder}/",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "server 127.0.0.1:8025": f"server 127.0.0.1:{self.inner}",
        }
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        return text

    @property
    def command(self) -> list[str]:
        """How nginx is called."""
        return [program("nginx"), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call through the proxy, whose certificate is checked."""
        url = f"https://127.0.0.1:{self.port}{path}"
        verify = str(self.folder / "ca.pem")
        return requests.request(method, url, verify=verify, timeout=20, **arguments)

    @property
    def logs(self) -> str:
        """All that nginx and the relay wrote."""
        return "\n".join(one.read_text("utf-8") for one in sorted(self.folder.glob("*.log")))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Start both and wait until they listen."""
    made = Proxy(tmp_path_factory.mktemp("proxy"))
    serve = [sys.executable, "-m", "im_notify", "serve", "--config"]
    environ = {**os.environ, "IM_NOTIFY_KEY": "0" * 32, "IM_NOTIFY_HASH": "0" * 64}
    environ["IM_NOTIFY_BASE_URL"] = "http://127.0.0.1:1/v1/"
    with (
        (made.folder / "relay.log").open("wb") as log,
        subprocess.Popen(
            [*serve, str(made.folder / "relay.toml")], env=environ, stderr=log
        ) as relay,
        subprocess.Popen(made.command, stderr=subprocess.DEVNULL) as nginx,
    ):
        try:
            eventually(lambda: listens(made.inner) and listens(made.port))
            yield made
        finally:
            nginx.terminate()
            relay.terminate()


def test_the_example_is_a_configuration(proxy: Proxy) -> None:
    """`nginx -t` finds nothing wrong in it."""
    done = subprocess.run([*proxy.command, "-t"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_an_alert_comes_through(proxy: Proxy) -> None:
    """With its token; the answer is the relay's own."""
    alert = {
        "version": "4",
        "status": "firing",
        "groupKey": "g",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "Down", "instance": "db1"},
                "annotations": {},
                "startsAt": "2026-11-21T09:00:00Z",
                "fingerprint": "f",
            }
        ],
    }

    good = proxy.call("POST", "/hook/alertmanager?token=hook-token-of-the-test", json=alert)
    bad = proxy.call("POST", "/hook/alertmanager?token=wrong-token-of-the-test", json=alert)

    assert (good.status_code, bad.status_code) == (200, 401)
    assert len(good.json()["ids"]) == 1


def test_no_query_and_no_push_secret_is_logged(proxy: Proxy) -> None:
    """By neither of the two, also when the relay is not reached or the request is too large."""
    secrets = ("hook-token-of-the-test", "push-secret-of-the-test", "text-of-a-device")
    proxy.call("POST", f"/hook/alertmanager?token={secrets[0]}", data="x")
    proxy.call("POST", f"/push/{secrets[1]}", json={})
    proxy.call("GET", f"/s?token=no&m={secrets[2]}")
    proxy.call("POST", f"/hook/alertmanager?token={secrets[0]}", data=b"x" * 2_000_000)

    eventually(lambda: "/push/***" in proxy.logs)
    assert "POST /hook/alertmanager 4" in proxy.logs
    assert [one for one in secrets if one in proxy.logs] == []


def test_the_relay_sees_the_client(proxy: Proxy) -> None:
    """Not what the client says it is: an allow-list cannot be passed by a header."""
    headers = {"X-Forwarded-For": "10.1.2.3"}

    assert proxy.call("POST", "/hook/near", json={}, headers=headers).status_code == 403


def test_long_addresses_come_through(proxy: Proxy) -> None:
    """Monitors put eight thousand characters into one."""
    assert proxy.call("GET", f"/s?m={'x' * 8_000}").status_code == 401


def test_many_requests_are_bounded(proxy: Proxy) -> None:
    """Beyond the burst the answer is 503, so that senders try again."""
    with requests.Session() as session:
        session.trust_env = False  # it would put another bundle first
        session.verify = str(proxy.folder / "ca.pem")
        url = f"https://127.0.0.1:{proxy.port}/healthz"
        found = {session.get(url, timeout=20).status_code for _turn in range(600)}

    assert found <= {200, 503}
    assert 200 in found


def test_the_alert_rules_are_valid() -> None:
    """As promtool reads them."""
    rules = str(EXAMPLES / "prometheus-rules.yaml")
    command = [program("promtool"), "check", "rules", rules]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "9 rules found" in done.stdout
