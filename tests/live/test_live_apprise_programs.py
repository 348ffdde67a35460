"""Real programs that use Apprise, each in an environment of its own, with the recipes of examples/.

$IM_NOTIFY_LIVE_DIR keeps the environments from run to run; without it they go with the session.
Needs pip and a package index. The provider is the sandbox; every test ends with its ledger.
"""

from __future__ import annotations

import json
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.sandbox import Placed, Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Install = Callable[..., Path]

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "examples" / "apprise"
ACCOUNT = f"{Settings().key}:{Settings().hash}@APITEST"
INSTALLING, STARTING, ARRIVING = 900, 120, 120  # seconds, generous for small machines


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the environments are."""
    kept = os.environ.get("IM_NOTIFY_LIVE_DIR")
    return Path(kept) if kept else tmp_path_factory.mktemp("live")


@pytest.fixture
def install(environments: Path) -> Install:
    """Make an environment with this checkout and some packages; return its programs' folder."""

    def installed(*packages: str) -> Path:
        folder = environments / packages[0]
        python = folder / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, *packages, ROOT], check=True, timeout=INSTALLING)
        again = [*pip, "--force-reinstall", "--no-deps", ROOT]  # the checkout as it is now
        subprocess.run(again, check=True, timeout=INSTALLING)
        return folder / "bin"

    return installed


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The provider; messages are delivered after half a second."""
    with Sandbox(Settings(delivery_seconds=0.5)) as running:
        yield running


@pytest.fixture
def environ(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """A user's environment with an empty home that leads to the sandbox."""
    return {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "NO_PROXY": "127.0.0.1,localhost",
        "SMS_URL": f"iletimerkezi://{ACCOUNT}/5301234567?iys=0",
    }


@contextmanager
def started(command: Sequence[str | Path], log: Path, **options: object) -> Iterator[None]:
    """Keep a program running; its output is shown if the body fails."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)  # type: ignore[call-overload]  # options are Popen's own
    try:
        yield
    except BaseException:
        print(log.read_text(errors="replace")[-20_000:])  # noqa: T201  pytest shows it
        raise
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(found: Callable[[], object], seconds: float) -> None:
    """Return when `found` gives something; fail after `seconds`."""
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def listening(port: int) -> bool:
    """Say whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def texts(ledger: list[Placed]) -> list[str]:
    """Return what was sent, all of it transactional and to the one number."""
    assert {placed.numbers for placed in ledger} == {("5301234567",)}
    assert {placed.iys for placed in ledger} == {"0"}
    return [placed.text for placed in ledger]


def test_the_command_sends_in_every_way(
    sandbox: Sandbox, environ: dict[str, str], install: Install
) -> None:
    """The script of the recipe: plugin folder, -P, variable, and with delivery confirmed."""
    programs = install("apprise==2.2.0")
    environ["PATH"] = f"{programs}:{environ['PATH']}"

    done = subprocess.run(
        ["/bin/sh", RECIPES / "cli.sh"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTING,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    expected = ["db1\ndisk full", *(f"disk full on db{number}" for number in (2, 3, 4))]
    assert texts(sandbox.ledger) == expected
    assert sandbox.ledger[-1].order_id in done.stdout + done.stderr


def test_the_command_does_not_know_us_unasked(
    sandbox: Sandbox, environ: dict[str, str], install: Install
) -> None:
    """The control: without any of the ways nothing is sent, and check says what to do."""
    programs = install("apprise==2.2.0")
    environ["PATH"] = f"{programs}:{environ['PATH']}"
    run = partial(subprocess.run, env=environ, capture_output=True, text=True, check=False)

    sent = run([programs / "apprise", "-b", "disk full", environ["SMS_URL"]], timeout=STARTING)
    check = run([programs / "im-notify", "apprise", "check"], timeout=STARTING)

    assert sent.returncode != 0
    assert check.returncode == 1
    assert "im-notify apprise install" in check.stdout
    assert sandbox.ledger == []


def test_mailrise_turns_mail_into_sms(
    sandbox: Sandbox, environ: dict[str, str], install: Install, tmp_path: Path
) -> None:
    """The configuration of the recipe, under the old Apprise that mailrise brings."""
    programs, port = install("mailrise==1.4.0"), free_port()
    shutil.copy(RECIPES / "mailrise_code.py", tmp_path)
    settings = (RECIPES / "mailrise.yml").read_text().replace("port: 8025", f"port: {port}")
    (tmp_path / "mailrise.yml").write_text(settings)
    environ["SMS_URL"] = f"ileti://{ACCOUNT}/5301234567?iys=0"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ups@example.org", "sms@mailrise.xyz", "UPS"
    mail.set_content("on battery")

    command = (programs / "mailrise", "-vv", "mailrise.yml")
    with started(command, tmp_path / "log", cwd=tmp_path, env=environ):
        wait_until(lambda: listening(port), STARTING)
        with smtplib.SMTP("127.0.0.1", port, timeout=ARRIVING) as smtp:
            smtp.send_message(mail)
        wait_until(lambda: sandbox.ledger, ARRIVING)

    (text,) = texts(sandbox.ledger)
    assert "UPS" in text
    assert "on battery" in text


def test_mqttwarn_sends_without_a_broker(
    sandbox: Sandbox, environ: dict[str, str], install: Install
) -> None:
    """The command of the recipe."""
    programs = install("mqttwarn==0.36.1")
    recipe = (RECIPES / "mqttwarn.md").read_text()
    command = recipe.rpartition("```sh\n")[2].partition("```")[0]
    command = command.replace("KEY:HASH@SENDER", ACCOUNT)
    environ["PATH"] = f"{programs}:{environ['PATH']}"

    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTING,
    )

    assert done.returncode == 0, done.stderr
    assert texts(sandbox.ledger) == ["water in the cellar"], done.stderr


def test_prefect_sends_through_a_block(
    sandbox: Sandbox, environ: dict[str, str], install: Install, tmp_path: Path
) -> None:
    """The notification block of the recipe."""
    programs = install("prefect==3.8.8")
    recipe = (RECIPES / "prefect.md").read_text()
    script = tmp_path / "alarm.py"
    script.write_text(recipe.rpartition("```python\n")[2].partition("```")[0])
    environ |= {"PREFECT_HOME": str(tmp_path), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    environ["SMS_URL"] += "&confirm=30"

    done = subprocess.run(
        [programs / "python", script],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=STARTING,
    )

    assert done.returncode == 0, done.stderr
    assert texts(sandbox.ledger) == ["nightly\nimport failed"], done.stderr


class Page(BaseHTTPRequestHandler):
    """A page that says something else after each request."""

    times = 0

    def do_GET(self) -> None:
        """Give the next content."""
        type(self).times += 1
        body = f"<html><body>all is well, {self.times} times</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a page that changes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/status"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(url: str, key: str, body: object = None) -> dict[str, object]:
    """Call changedetection.io's API; an empty answer gives an empty object."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"x-api-key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310  http to ourselves
    try:
        with urllib.request.urlopen(request, timeout=STARTING) as reply:  # noqa: S310  the same
            answer = json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as error:
        pytest.fail(f"{url}: {error.code} {error.read()[:2000]!r}")
    return answer if isinstance(answer, dict) else {}


def test_changedetection_sends_when_a_page_changes(
    *,
    sandbox: Sandbox,
    environ: dict[str, str],
    install: Install,
    tmp_path: Path,
    page: str,
) -> None:
    """The watch of the recipe; nothing was done but to install us beside the program."""
    programs, port, store = install("changedetection.io==0.60.10"), free_port(), tmp_path / "store"
    watch = json.loads((RECIPES / "changedetection-watch.json").read_text())
    urls = [url.replace("KEY:HASH@SENDER", ACCOUNT) for url in watch["notification_urls"]]
    watch |= {"url": page, "notification_urls": urls}
    environ["ALLOW_IANA_RESTRICTED_ADDRESSES"] = "true"
    api = f"http://127.0.0.1:{port}/api/v1/watch"

    command = (programs / "changedetection.io", "-d", store, "-p", str(port), "-h", "127.0.0.1")
    with started((*command, "-C"), tmp_path / "log", cwd=tmp_path, env=environ):
        wait_until(lambda: listening(port), STARTING)
        wait_until((store / "changedetection.json").exists, STARTING)
        key = api_key(store / "changedetection.json")
        uuid = ask(api, key, watch)["uuid"]
        wait_until(lambda: ask(f"{api}/{uuid}", key).get("last_checked"), ARRIVING)
        ask(f"{api}/{uuid}?recheck=1", key)
        wait_until(lambda: sandbox.ledger, ARRIVING)
        wait_until(lambda: ask(f"{api}/{uuid}", key).get("notification_alert_count"), ARRIVING)
        failed = ask(f"{api}/{uuid}", key).get("last_notification_error")

    (text,) = texts(sandbox.ledger)
    assert text.startswith("changed\nstatus page: all is well,")
    assert "<" not in text
    assert not failed


def api_key(settings: Path) -> str:
    """Return the key that the program made for its API at the first start."""
    content = json.loads(settings.read_text())
    return str(content["settings"]["application"]["api_access_token"])
