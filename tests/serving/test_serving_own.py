"""What a relay does beside sending alerts, put together from a configuration."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.app import App
from im_notify.errors import ConfigError
from im_notify.models import Consent
from im_notify.outbox.entries import Route
from im_notify.outbox.rungs import RungJob
from im_notify.sandbox import Sandbox, Settings
from im_notify.serving.assembly import assemble
from im_notify.serving.running import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from im_notify.serving.assembly import Relay

    Configured = Callable[..., App]

CONFIG = """
[provider]
{sender}
iys = "0"
rate = 100000
[contacts.oncall]
numbers = ["5301234567"]
[relay]
listen = "127.0.0.1:0"
database = "sqlite:///{folder}/outbox.db"
{relay}
"""
HEARTBEAT = '[heartbeat]\nat = "mon 09:00"\nto = ["oncall"]'
FALLBACK = '[contacts.a]\nnumbers = ["5301234568"]\nfallback = [{ after = "1m", to = "oncall" }]'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give a provider that delivers at once."""
    with Sandbox(Settings(delivery_seconds=0.1)) as found:
        yield found


@pytest.fixture
def configured(tmp_path: Path, sandbox: Sandbox) -> Configured:
    """Give what makes an application of what is said below `[relay]`."""

    def made(relay: str, sender: str = 'sender = "APITEST"') -> App:
        path = tmp_path / "config.toml"
        path.touch(mode=0o600)
        path.write_text(CONFIG.format(folder=tmp_path, relay=relay, sender=sender), "utf-8")
        environ = {
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        return App(environ=environ, config_path=str(path))

    return made


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("kind = 'pigeon'", "[write_back.back] no plugin knows the kind pigeon"),
        ("kind = 'nagios'", "[write_back.back] kind nagios needs command_file"),
        ("kind = 'zabbix'\ntoken = 't'", "[write_back.back] kind zabbix needs url"),
    ],
)
def test_a_place_that_cannot_be_told_is_refused(
    configured: Configured, place: str, said: str
) -> None:
    """At start, and by `serve --check`."""
    with pytest.raises(ConfigError) as refused:
        check(configured(f"[write_back.back]\n{place}"))

    assert str(refused.value) == said


@pytest.mark.parametrize("section", ['alarm = ["oncall"]', HEARTBEAT, FALLBACK])
def test_texts_of_the_relay_itself_need_a_sender(configured: Configured, section: str) -> None:
    """Without one no order could be made of them, which would stop all others."""
    with pytest.raises(ConfigError, match=r"\[provider\] has no sender"):
        check(configured(section, sender=""))


@pytest.mark.parametrize("section", ['alarm = ["mailto://a@example.org"]', HEARTBEAT, FALLBACK])
def test_what_is_right_is_fine(configured: Configured, section: str) -> None:
    """An alarm that goes to an address alone needs no sender."""
    check(configured(section, sender="" if "mailto" in section else 'sender = "APITEST"'))


@pytest.fixture
def told() -> Iterator[tuple[str, list[Any]]]:
    """Give the address of a web server, and what is posted to it."""
    found: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/back", found
        server.shutdown()
        thread.join()


@pytest.fixture
def running(configured: Configured, told: tuple[str, list[Any]]) -> Iterator[Relay]:
    """Run a relay that writes back."""
    relay = assemble(configured(f"[write_back.back]\nkind = 'url'\nurl = '{told[0]}'"))
    relay.start()
    yield relay
    relay.close()
    relay.engine.backend.client().transport.close()  # type: ignore[attr-defined]  # the pool


def test_an_outcome_finds_its_way_back(running: Relay, told: tuple[str, list[Any]]) -> None:
    """From the alert over provider and phone to where it came from, in Turkish."""
    route = Route(
        contact=None,
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=600.0,
        write_back=("back",),
    )
    alert = Alert(source="x", episode="e", state=AlertState.FIRING, labels={"event_id": "20"})
    (accepted,) = running.store.accept_alerts([alert], route).result()

    give_up = time.monotonic() + 15
    while not told[1]:
        assert time.monotonic() < give_up
        time.sleep(0.02)

    (outcome,) = told[1]
    assert (outcome["id"], outcome["state"]) == (accepted.id, "delivered")
    assert outcome["alerts"][0]["labels"] == {"event_id": "20"}
    assert outcome["text"].startswith("SMS teslim edildi: 90530*****67 ")


def test_the_alarm_is_told_when_a_message_reached_nobody(
    configured: Configured, sandbox: Sandbox
) -> None:
    """And its last fallback has failed for good: else nobody would ever know."""
    relay = assemble(configured('alarm = ["oncall"]\nlanguage = "en"'))
    job = RungJob(
        pk=1,
        message_id="abc",
        position=1,
        target="gone/1",
        text="x",
        born_at=0.0,
        expires_at=0.0,
    )
    relay.climber.gave_up(job)

    relay.start()
    give_up = time.monotonic() + 15
    while not (texts := sandbox.phone("5301234567")):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    relay.close()
    relay.engine.backend.client().transport.close()  # type: ignore[attr-defined]  # the pool

    assert texts == ["im-notify: abc reached nobody, and its fallbacks have failed"]
