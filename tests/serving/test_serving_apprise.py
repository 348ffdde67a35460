"""Apprise through the relay: a URL with `relay=` hands its texts to the outbox."""

from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING

import apprise
import pytest
import responses

from im_notify.app import App
from im_notify.relay_config import Listen
from im_notify.sandbox import Sandbox, Settings
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.serving.assembly import assemble
from im_notify_plugins.apprise import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

    Open = Callable[..., NotifyIletiMerkezi]

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
rate = 100000
[relay]
database = "sqlite:///{folder}/outbox.db"
api_token = "api token/:@"
"""
ELSEWHERE = "http://relay.example/im/"


@pytest.fixture(autouse=True)
def _registry() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Apprise's own plugins import may warn
        register()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The provider imitated, which delivers at once."""
    with Sandbox(Settings(delivery_seconds=0.1)) as running:
        yield running


@pytest.fixture
def relay(sandbox: Sandbox, tmp_path: Path) -> Iterator[str]:
    """The address of a running relay."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path), "utf-8")
    environ = {
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "IM_NOTIFY_KEY": sandbox.settings.key,
        "IM_NOTIFY_HASH": sandbox.settings.hash,
    }
    made = assemble(App(environ=environ, config_path=str(path)))
    made.start()
    with open_socket(Listen(port=0)) as opened:
        web = server(build(made.services))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [opened]})
        thread.start()
        yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        web.should_exit = True
        thread.join()
    made.close()
    made.engine.backend.client().transport.close()  # type: ignore[attr-defined]  # the pool


def service(
    relay: str, rest: str = "", *, login: str = "api%20token%2F%3A%40"
) -> apprise.NotifyBase:
    """Return what Apprise makes of a URL that names the relay."""
    url = f"iletimerkezi://{login}@APITEST/5301234567/5301234568?relay={relay}{rest}"
    found = apprise.Apprise.instantiate(url)
    assert isinstance(found, apprise.NotifyBase)
    return found


def test_a_text_goes_through_the_outbox_and_is_confirmed(relay: str, sandbox: Sandbox) -> None:
    """With a token alone in the URL; delivered means what the relay says of every phone."""
    sent = service(relay, "&confirm=30&batch=yes").notify("disk full")

    (order,) = sandbox.ledger
    assert sent is True
    assert (order.text, order.iys) == ("disk full", "0")
    assert sorted(order.numbers) == ["5301234567", "5301234568"]


def test_the_same_text_sent_again_by_apprise_is_one_sms(relay: str, sandbox: Sandbox) -> None:
    """A program that does not believe it may try again: the provider's guard is used, not met."""
    sending = service(relay, "&confirm=30")

    first = sending.notify("disk full")
    again = service(relay, "&confirm=30").notify("disk full")

    assert (first, again) == (True, True)
    assert sorted(order.numbers for order in sandbox.ledger) == [("5301234567",), ("5301234568",)]


def test_a_wrong_token_is_named_and_not_shown(
    relay: str, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The relay says no, so nothing is tried again, and nothing leaves."""
    sent = service(relay, login="relay:wr0ng").notify("disk full")

    assert sent is False
    assert "the password of the URL must be the relay's api_token" in caplog.text
    assert "wr0ng" not in caplog.text
    assert not sandbox.ledger


@pytest.mark.parametrize("login", ["token", "relay:token"])
def test_the_url_gives_the_same_service_again(login: str) -> None:
    """The address of the relay is part of it; the token is masked where it must be."""
    found = service("https://relay.example/im", login=login)

    again = apprise.Apprise.instantiate(found.url())

    assert again.url() == found.url()
    assert "relay=https%3A%2F%2Frelay.example%2Fim%2F" in found.url()
    assert "token" not in found.url(privacy=True)


@pytest.mark.parametrize("wrong", ["ftp://relay", "relay:8025", "http://u:p@relay", "http://"])
def test_an_address_that_cannot_be_is_refused(wrong: str, caplog: pytest.LogCaptureFixture) -> None:
    """Before anything is sent, as with every other argument."""
    made = apprise.Apprise.instantiate(f"iletimerkezi://t@APITEST/5301234567?relay={wrong}")

    assert made is None
    assert "relay cannot be used" in caplog.text


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (422, {"error": "message 0: the text is empty"}, "HTTP 422: message 0: the text is empty"),
        (503, {"error": "disk full"}, "HTTP 503: disk full"),
        (200, {"done": True}, "no relay of im-notify"),
        (404, "not here", "HTTP 404: no reason given"),
    ],
)
def test_what_the_relay_refuses_is_a_failure(
    status: int, body: object, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Apprise's caller hears False and the log says why."""
    responses.post(f"{ELSEWHERE}messages", status=status, json=body)

    sent = service(ELSEWHERE, "&batch=yes").notify("disk full")

    assert sent is False
    assert said in caplog.text


@responses.activate
def test_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    """A relay that restarts while it answers keeps one message."""
    responses.post(f"{ELSEWHERE}messages", body=ConnectionError("gone"))
    responses.post(f"{ELSEWHERE}messages", json={"ids": ["q1"], "duplicates": 0})

    sent = service(ELSEWHERE, "&batch=yes").notify("disk full")

    first, second = (call.request.body for call in responses.calls)
    assert sent is True
    assert first == second
