"""Debian's Alertmanager, with its own grouping, retries and repetitions, against a relay."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.live.conftest import FreePort, Provider, Relay, Start, StartRelay, WaitUntil

TOKEN = "hook-token-of-the-test"
NUMBER, UNREACHED = "5301234567", "5301234597"
DOWN = 40.0  # seconds
DOORS = f"""
[contacts.oncall]
numbers = ["{NUMBER}"]
[contacts.elsewhere]
numbers = ["{UNREACHED}"]
[hooks.alertmanager]
token = "{TOKEN}"
to = ["oncall"]
"""
LATE = "8s"  # after the gather time of the storm below and before its first digest
STORM = """
[storm]
gather = "3s"
limits = ["1/10m"]
digest = "12s"
"""
_COUNTER = r'^alertmanager_notification_requests_{}total\{{integration="webhook"\}} ([0-9]+)$'


@dataclass(frozen=True)
class Alertmanager:
    """A running Alertmanager."""

    url: str

    def post(self, *alerts: dict[str, object]) -> None:
        """Hand alerts over as Prometheus does."""
        requests.post(f"{self.url}/api/v2/alerts", json=alerts, timeout=10).raise_for_status()

    def told(self) -> int:
        """Count the notifications that the relay took."""
        return self._count("") - self.failed()

    def failed(self) -> int:
        """Count the requests that came to nothing."""
        return self._count("failed_")

    def _count(self, what: str) -> int:
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        found = re.search(_COUNTER.format(what), text, re.MULTILINE)
        assert found, "Alertmanager does not count its notifications"
        return int(found[1])


def alert(instance: str, *, ended: bool = False, **labels: str) -> dict[str, object]:
    """Return an alert about the disk of a machine, which is over if it has `ended`.

    It begins now: Alertmanager gathers nothing for an alert that is older than its group_wait.
    """
    now = datetime.now(UTC)
    found: dict[str, object] = {
        "labels": {
            "alertname": "DiskFull",
            "instance": instance,
            "severity": "critical",
            **labels,
        },
        "annotations": {"summary": "/var is 95 % full"},
        "startsAt": now.isoformat(),
    }
    over = {"startsAt": (now - timedelta(seconds=5)).isoformat(), "endsAt": now.isoformat()}
    return {**found, **over} if ended else found


@pytest.fixture
def start_alertmanager(
    start: Start, free_port: FreePort, tmp_path: Path
) -> Callable[..., Alertmanager]:
    """Start an Alertmanager that notifies a hook; `repeat` is its repeat_interval."""

    def started(hook: str, *options: str, repeat: str = "4h") -> Alertmanager:
        port = free_port()
        url, folder = f"http://127.0.0.1:{port}", tmp_path / f"alertmanager-{port}"
        folder.mkdir()
        (folder / "config.yml").write_text(json.dumps(configuration(hook, repeat)))  # is YAML
        start(
            "prometheus-alertmanager",
            f"--config.file={folder}/config.yml",
            f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--web.external-url=http://am-{port}.example.org/",
            "--web.route-prefix=/",
            *(options or ("--cluster.listen-address=",)),
            name=folder.name,
            ready=lambda: answers(f"{url}/-/ready"),
        )
        return Alertmanager(url)

    return started


def configuration(hook: str, repeat: str) -> dict[str, object]:
    """Return a route that gathers the alerts of a rule for a second, late ones for longer."""
    webhook = {"url": hook, "http_config": {"authorization": {"credentials": TOKEN}}}
    return {
        "route": {
            "receiver": "sms",
            "group_by": ["alertname"],
            "group_wait": "1s",
            "group_interval": "1s",
            "repeat_interval": repeat,
            "routes": [{"matchers": ['wave="late"'], "group_wait": LATE}],
        },
        "receivers": [{"name": "sms", "webhook_configs": [webhook]}],
    }


def answers(url: str) -> bool:
    """Say whether a page is there."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def relay(start_relay: StartRelay) -> Relay:
    """A relay with one hook and two contacts."""
    return start_relay(DOORS)


@pytest.fixture
def hook(relay: Relay) -> str:
    """The address that Alertmanager posts to."""
    return f"{relay.url}/hook/alertmanager"


def test_a_firing_alert_is_one_text(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
) -> None:
    """Severity, machine, what and since when, to the contact of the hook."""
    alertmanager = start_alertmanager(hook)

    alertmanager.post(alert("db1:9100"))
    relay.settles(delivered=1)

    (placed,) = provider.ledger()
    assert re.fullmatch(r"CRT db1 /var is 95 % full \d\d:\d\d( 1min)? #[0-9a-f]{4}", placed["text"])
    assert placed["numbers"] == [NUMBER]
    assert placed["iys"] == "0"


def test_a_group_is_one_text_and_then_only_what_is_new(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
) -> None:
    """Five alerts are one text with their count; the sixth is told without the five."""
    alertmanager = start_alertmanager(hook)
    five = [alert(f"web{number}:9100") for number in range(5)]

    alertmanager.post(*five)
    relay.settles(delivered=1)
    alertmanager.post(*five, alert("db7:9100"))
    relay.settles(delivered=2)

    first, second = [placed["text"] for placed in provider.ledger()]
    assert re.match(r"CRT DiskFull: 5 alerts web0,web1,web2 \+2 ", first)
    assert re.match(r"CRT db7 /var is 95 % full ", second)


@pytest.mark.parametrize(
    ("contact", "number", "state", "expected"),
    [
        ("oncall", NUMBER, "delivered", ["CRT db1 ", "OK db1 "]),
        ("elsewhere", UNREACHED, "undelivered", ["CRT db1 "]),
    ],
)
def test_the_end_is_told_to_whom_the_problem_reached(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
    wait_until: WaitUntil,
    contact: str,
    number: str,
    state: str,
    expected: list[str],
) -> None:
    """A phone that did not get the problem does not get its end."""
    alertmanager = start_alertmanager(f"{hook}/{contact}")

    alertmanager.post(alert("db1:9100"))
    relay.settles(**{state: 1})
    alertmanager.post(alert("db1:9100", ended=True))
    wait_until(lambda: alertmanager.told() == 2)
    relay.settles(**{state: len(expected)})

    texts = provider.texts(number)
    assert len(provider.ledger()) == len(texts) == len(expected)
    assert all(text.startswith(head) for text, head in zip(texts, expected, strict=True)), texts


def test_thirty_groups_within_a_second_are_three_texts(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    start_relay: StartRelay,
    provider: Provider,
) -> None:
    """The first alert at once, the notice of a storm, and a digest; together they count all."""
    relay = start_relay(DOORS + STORM)
    alertmanager = start_alertmanager(f"{relay.url}/hook/alertmanager")
    waves = ["soon"] * 20 + ["late"] * 10

    alertmanager.post(
        *(
            alert(f"db{number}:9100", wave=wave, alertname=f"Disk{number}Full")
            for number, wave in enumerate(waves)
        )
    )
    relay.settles(delivered=3)

    first, notice, digest = provider.texts(NUMBER)
    assert re.match(r"CRT db\d+ /var is 95 % full ", first)
    assert re.match(r"STORM: 20 alerts in 1 min, digest mode \(19 critical\): db", notice)
    assert re.match(r"CRT .*\b10 alerts\b", digest)
    assert alertmanager.told() == len(waves)
    assert len(provider.ledger()) == 3


def test_a_repetition_before_its_time_is_no_text(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
    wait_until: WaitUntil,
) -> None:
    """Alertmanager repeats every two seconds, the relay every four hours."""
    alertmanager = start_alertmanager(hook, repeat="2s")

    alertmanager.post(alert("db1:9100"))
    wait_until(lambda: alertmanager.told() >= 4)
    relay.settles(delivered=1)

    assert len(provider.ledger()) == 1


def test_an_alert_while_the_relay_is_down_is_one_text(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
    wait_until: WaitUntil,
) -> None:
    """Forty seconds of retries in vain end in one text once the relay is back."""
    alertmanager = start_alertmanager(hook)
    relay.stop()

    alertmanager.post(alert("db1:9100"))
    time.sleep(DOWN)
    failed, before = alertmanager.failed(), provider.ledger()
    relay.start()
    wait_until(alertmanager.told)
    relay.settles(delivered=1)

    (placed,) = provider.ledger()
    assert placed["text"].startswith("CRT db1 /var is 95 % full ")
    assert failed > 0
    assert before == []


def test_two_that_know_nothing_of_each_other_are_one_text(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
    wait_until: WaitUntil,
) -> None:
    """Both deliver, each with its own externalURL and start of the alert; so do both its end."""
    pair = [start_alertmanager(hook), start_alertmanager(hook)]

    for member in pair:
        member.post(alert("db1:9100"))
    wait_until(lambda: all(member.told() == 1 for member in pair))
    relay.settles(delivered=1)
    for member in pair:
        member.post(alert("db1:9100", ended=True))
    wait_until(lambda: all(member.told() == 2 for member in pair))
    relay.settles(delivered=2)

    problem, end = [placed["text"] for placed in provider.ledger()]
    assert problem.startswith("CRT db1 ")
    assert end.startswith("OK db1 ")


def test_a_cluster_while_the_relay_is_down_is_one_text(
    *,
    start_alertmanager: Callable[..., Alertmanager],
    relay: Relay,
    hook: str,
    provider: Provider,
    wait_until: WaitUntil,
    free_port: FreePort,
) -> None:
    """Each member has a first notification to deliver when the relay is back."""
    ports = free_port(), free_port()
    options = clustered(*ports), clustered(*reversed(ports))
    pair = [start_alertmanager(hook, *each) for each in options]
    wait_until(lambda: all(members(one) == len(pair) for one in pair))
    relay.stop()

    for member in pair:
        member.post(alert("db1:9100"))
    time.sleep(DOWN)
    failed = [member.failed() for member in pair]
    relay.start()
    wait_until(lambda: all(member.told() for member in pair))
    relay.settles(delivered=1)

    assert len(provider.ledger()) == 1
    assert all(failed)


def clustered(own: int, other: int) -> tuple[str, ...]:
    """Return the options of one member of a cluster of two."""
    return (
        f"--cluster.listen-address=127.0.0.1:{own}",
        f"--cluster.advertise-address=127.0.0.1:{own}",
        f"--cluster.peer=127.0.0.1:{other}",
        "--cluster.peer-timeout=2s",
    )


def members(member: Alertmanager) -> int:
    """Count the members that one knows of, once the cluster has settled."""
    cluster = requests.get(f"{member.url}/api/v2/status", timeout=10).json()["cluster"]
    return len(cluster["peers"]) if cluster["status"] == "ready" else 0
