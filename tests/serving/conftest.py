"""A relay as a process of its own, with a provider whose pace a test sets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests

from im_notify.sandbox import Sandbox, Settings

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from pathlib import Path

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[contacts.oncall]
numbers = ["5301234567"]
[hooks.alertmanager]
token = "hook-token"
to = ["oncall"]
[relay]
listen = "127.0.0.1:{port}"
database = "sqlite:///{folder}/outbox.db"
api_token = "api-token"
language = "en"
[storm]
enabled = false
"""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 20) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


class Pace:
    """A provider in front of the sandbox, which answers a request once it is `open`."""

    def __init__(self, target: str) -> None:
        """Stand before `target`, open."""
        self.open = threading.Event()
        self.open.set()
        self.waiting = 0
        pace = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                pace.waiting += 1
                pace.open.wait(30)
                pace.waiting -= 1
                headers = {"Content-Type": self.headers["Content-Type"]}
                url = target + self.path.removeprefix("/v1/")
                try:
                    answer = requests.post(url, data=body, headers=headers, timeout=10)
                except requests.RequestException:
                    self.close_connection = True
                    return
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def log_message(self, *_arguments: object) -> None:
                """Keep still."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Answer what waits and listen no more."""
        self.open.set()
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Relay:
    """A relay's folder, its process while there is one, and a caller."""

    folder: Path
    sandbox: Sandbox
    pace: Pace
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has written so far, to stdout and stderr."""
        return (self.folder / "relay.log").read_text("utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log as objects, where it is written as JSON."""
        return [json.loads(line) for line in self.log.splitlines()]

    def configure(self, *, more: str = "", change: tuple[str, str] = ("", "")) -> None:
        """Write the configuration."""
        text = CONFIG.format(port=self.port, folder=self.folder) + more
        path = self.folder / "config.toml"
        path.touch(mode=0o600)
        path.write_text(text.replace(*change) if change[0] else text, "utf-8")

    def start(self) -> None:
        """Start it and wait until it answers."""
        path = str(self.folder / "config.toml")
        command = [sys.executable, "-m", "im_notify", "serve", "--config", path, *self.options]
        environ = {
            **{name: value for name, value in os.environ.items() if "IM_NOTIFY_" not in name},
            "IM_NOTIFY_BASE_URL": self.pace.base_url,
            "IM_NOTIFY_KEY": self.sandbox.settings.key,
            "IM_NOTIFY_HASH": self.sandbox.settings.hash,
            "LANGUAGE": "en",
            **self.environ,
        }
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        eventually(self.answers)

    def answers(self) -> bool:
        """Say whether it answers."""
        assert self.process is not None
        assert self.process.poll() is None, self.log
        try:
            return self.session.get(f"{self.url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        """Return its exit status when it ended."""
        assert self.process is not None
        return self.process.wait(seconds)

    def says(self, text: str, times: int = 1) -> None:
        """Wait until the log holds a text."""
        try:
            eventually(lambda: self.log.count(text) >= times)
        except AssertionError:
            pytest.fail(f"{text!r} is not {times} times in:\n{self.log[-5000:]}")

    def send(self, text: str, to: str = "oncall", **headers: str) -> str:
        """Hand a message over by the API and return its id."""
        answer = self.call("POST", "/messages", json={"text": text, "to": [to]}, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["ids"][0])

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call a path with the token of the API."""
        headers = {"Authorization": "Bearer api-token", **arguments.pop("headers", {})}
        url = f"{self.url}{path}"
        return self.session.request(method, url, headers=headers, timeout=20, **arguments)

    def message(self, name: str) -> Any:
        """Return a message as the API tells it."""
        return self.call("GET", f"/v1/messages/{name}").json()

    def end(self) -> None:
        """Kill what is left of it."""
        self.session.close()
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextmanager
def prepared(folder: Path) -> Iterator[Relay]:
    """Give a relay that is configured and not started."""
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox:
        pace = Pace(sandbox.base_url)
        relay = Relay(folder, sandbox, pace)
        relay.session.trust_env = False
        relay.configure()
        try:
            yield relay
        finally:
            relay.end()
            pace.close()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay of this test alone, configured and not started."""
    with ExitStack() as stack:
        yield stack.enter_context(prepared(tmp_path))


@pytest.fixture(scope="module")
def shared_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay that runs, for all tests of a module."""
    with prepared(tmp_path_factory.mktemp("relay")) as relay:
        relay.start()
        yield relay
