"""A relay as a process, and the signals that a supervisor sends it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from tests.serving.conftest import Relay

SECOND = """
[contacts.second]
numbers = ["5301234568"]
"""


def eventually(check: Any) -> Any:
    """Return what `check` gives once it gives something."""
    give_up = time.monotonic() + 20
    while not (found := check()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def placed(relay: Relay) -> Counter[str]:
    """Count what the provider took, by text."""
    return Counter(one.text for one in relay.sandbox.ledger)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_under_way_is_finished_at_the_end(relay: Relay, number: signal.Signals) -> None:
    """The provider is slow; the order is placed, stored as placed, and not sent again."""
    relay.start()
    relay.pace.open.clear()
    name = relay.send("the last one")
    eventually(lambda: relay.pace.waiting)

    relay.signal(number)
    time.sleep(0.5)
    ended_early = relay.process is None or relay.process.poll() is not None
    relay.pace.open.set()
    status = relay.wait()

    assert (ended_early, status) == (False, 0)
    relay.start()
    told = eventually(lambda: (found := relay.message(name))["state"] == "delivered" and found)
    assert [one["what"] for one in told["timeline"]] == ["stored", "sent", "delivered"]
    assert placed(relay) == {"the last one": 1}


def test_a_request_that_is_under_way_is_answered_at_the_end(relay: Relay) -> None:
    """Its body comes after the signal; it is stored, and sent after the next start."""
    relay.start()
    body = b'{"text": "in the middle", "to": ["oncall"]}'
    head = (
        b"POST /messages HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer api-token\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )

    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as connection:
        connection.sendall(head + body[:10])
        time.sleep(0.3)
        relay.signal(signal.SIGTERM)
        relay.says("listening")
        time.sleep(0.3)
        connection.sendall(body[10:])
        answer = connection.recv(1000)
    status = relay.wait()

    assert (answer.split(b" ", 2)[1], status) == (b"200", 0)
    relay.start()
    eventually(lambda: placed(relay) == {"in the middle": 1})


def test_an_order_that_takes_too_long_is_left_to_the_next_start(relay: Relay) -> None:
    """The end comes within the bound; afterwards the order is cleared up, not doubled."""
    slow = "rate = 0.05\nconnect_timeout = 0.5\nread_timeout = 0.5"
    relay.configure(change=("rate = 100000", slow))
    relay.start()
    relay.send("first")
    eventually(lambda: placed(relay))
    relay.send("waits for the rate")
    time.sleep(0.3)

    relay.signal(signal.SIGTERM)
    status = relay.wait(15)
    relay.configure()
    relay.start()

    assert status == 0
    assert "1 orders are left behind" in relay.log
    eventually(lambda: placed(relay)["waits for the rate"])
    relay.says("delivered", 2)
    assert placed(relay) == {"first": 1, "waits for the rate": 1}


def test_a_second_relay_on_the_same_outbox_is_refused(relay: Relay) -> None:
    """It would take what the first one is sending for lost, and send it again."""
    relay.start()
    relay.pace.open.clear()
    name = relay.send("under way")
    eventually(lambda: relay.pace.waiting)
    port = free_port()
    second = replace(relay, port=port, process=None, options=("--port", str(port)))

    with pytest.raises(AssertionError, match="another relay works with the outbox"):
        second.start()

    assert second.wait() == 8
    relay.pace.open.set()
    relay.says("delivered")
    assert placed(relay) == {"under way": 1}
    assert "unclear" not in [one["what"] for one in relay.message(name)["timeline"]]


def test_a_reload_that_is_asked_for_too_early_comes_later(relay: Relay) -> None:
    """A supervisor's SIGHUP while it starts does not end it."""
    starting = threading.Thread(target=relay.start)
    lock = relay.folder / "outbox.db.lock"

    starting.start()
    eventually(lock.exists)
    while starting.is_alive():
        relay.signal(signal.SIGHUP)
        time.sleep(0.01)

    relay.says("the configuration is reloaded")
    relay.send("still there")
    eventually(lambda: placed(relay) == {"still there": 1})


def test_a_check_leaves_the_outbox_of_a_relay_that_runs_alone(relay: Relay) -> None:
    """It is of an older version there: the check concerns the configuration of the newer one."""
    relay.start()
    path = relay.folder / "outbox.db"
    with closing(sqlite3.connect(path)) as outbox, outbox:
        outbox.execute("UPDATE version SET number = 2")
    command = [sys.executable, "-m", "im_notify", "serve", "--check"]
    environ = {**os.environ, "IM_NOTIFY_KEY": "k", "IM_NOTIFY_HASH": "h", "LANGUAGE": "en"}

    checked = subprocess.run(
        [*command, "--config", relay.folder / "config.toml"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    with closing(sqlite3.connect(path)) as outbox:
        version = outbox.execute("SELECT number FROM version").fetchone()
    assert (checked.returncode, checked.stdout.strip()) == (0, "the configuration is fine")
    assert version == (2,)


def test_a_second_signal_ends_it_at_once(relay: Relay) -> None:
    """Somebody does not want to wait; nothing is doubled by that."""
    relay.start()
    relay.pace.open.clear()
    relay.send("impatient")
    eventually(lambda: relay.pace.waiting)

    relay.signal(signal.SIGTERM)
    time.sleep(0.3)
    began = time.monotonic()
    relay.signal(signal.SIGTERM)
    status = relay.wait()

    assert status == -signal.SIGTERM
    assert time.monotonic() - began < 3
    relay.pace.open.set()
    relay.start()
    eventually(lambda: placed(relay))
    relay.says("delivered")
    assert placed(relay) == {"impatient": 1}


def test_a_changed_configuration_is_taken_over(relay: Relay) -> None:
    """A contact and a token are new, the old token is not one any more; connections stay."""
    relay.start()
    before = relay.call("POST", "/messages", json={"text": "x", "to": ["second"]})
    relay.configure(more=SECOND, change=("api-token", "new-token"))

    relay.signal(signal.SIGHUP)
    relay.says("the configuration is reloaded")

    new = {"Authorization": "Bearer new-token"}
    after = relay.call("POST", "/messages", json={"text": "y", "to": ["second"]}, headers=new)
    old = relay.call("POST", "/messages", json={"text": "z", "to": ["second"]})
    assert (before.status_code, after.status_code, old.status_code) == (422, 200, 401)
    eventually(lambda: placed(relay) == {"y": 1})
    assert "refused" in relay.log


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("nubmers", '["5301234568"]', "nubmers"),
        ("numbers", '["530123456"]', "[contacts.second] number 1 cannot be texted: too short"),
        (
            "numbers",
            '["5301234568"]\nfallback = [{ after = "1m", to = "nosuchscheme://passw0rd" }]',
            "[contacts.second] fallback: no plugin can use this nosuchscheme://",
        ),
    ],
    ids=["key", "number", "scheme"],
)
def test_a_configuration_that_is_wrong_changes_nothing(
    relay: Relay, key: str, value: str, named: str
) -> None:
    """What is wrong is named, and the old one goes on."""
    relay.start()
    relay.configure(more=f"[contacts.second]\n{key} = {value}\n")

    relay.signal(signal.SIGHUP)
    relay.says("the configuration is not reloaded")

    assert named in relay.log
    assert "passw0rd" not in relay.log
    relay.send("still here")
    eventually(lambda: placed(relay) == {"still here": 1})


def test_what_needs_a_restart_is_named(relay: Relay) -> None:
    """Address, database and socket; the rest of the change is taken over."""
    relay.start()
    relay.configure(more=SECOND, change=(f"127.0.0.1:{relay.port}", "127.0.0.1:1"))

    relay.signal(signal.SIGHUP)
    relay.says("the configuration is reloaded")

    assert "[relay] listen changed: that needs a restart" in relay.log
    assert "database changed" not in relay.log
    relay.send("to the new one", "second")


def test_a_credential_of_the_provider_is_changed_without_a_restart(relay: Relay) -> None:
    """Sending stood still because the provider refused the key; it goes on at once."""
    right = relay.sandbox.settings.key
    (relay.folder / "key").write_text("0" * 32)
    (relay.folder / "key").chmod(0o600)
    relay.environ["IM_NOTIFY_KEY_FILE"] = str(relay.folder / "key")
    relay.environ["IM_NOTIFY_KEY"] = ""
    relay.start()
    relay.send("waits for its turn")
    relay.says("sending stands still")
    paused = relay.call("GET", "/metrics").text

    (relay.folder / "key").write_text(right)
    relay.signal(signal.SIGHUP)
    relay.says("the configuration is reloaded")

    assert "im_notify_paused 1.0" in paused
    assert "im_notify_paused 0.0" in relay.call("GET", "/metrics").text
    relay.send("new")
    eventually(lambda: placed(relay)["new"])


def test_nothing_is_lost_while_it_is_reloaded_over_and_over(relay: Relay) -> None:
    """Clients that keep their connections see nothing of it; every message is sent once."""
    relay.start()
    wanted = Counter[str]()
    failed: list[str] = []

    def post(client: int) -> None:
        session = requests.Session()
        session.trust_env = False
        session.headers["Authorization"] = "Bearer api-token"
        for turn in range(60):
            text = f"{client}/{turn}"
            body = {"text": text, "to": ["oncall"]}
            try:
                answer = session.post(f"{relay.url}/messages", json=body, timeout=10)
            except requests.RequestException as error:
                failed.append(type(error).__name__)
            else:
                wanted[text] += answer.status_code == 200
        session.close()

    clients = [threading.Thread(target=post, args=(one,)) for one in range(4)]
    for one in clients:
        one.start()
    turns = 0
    while any(one.is_alive() for one in clients) or turns < 3:
        relay.signal(signal.SIGHUP)
        turns += 1
        relay.says("the configuration is reloaded", turns)
    for one in clients:
        one.join()

    assert failed == []
    assert set(wanted.values()) == {1}
    eventually(lambda: len(placed(relay)) == 240)
    assert set(placed(relay).values()) == {1}
    relay.signal(signal.SIGTERM)
    assert relay.wait() == 0
