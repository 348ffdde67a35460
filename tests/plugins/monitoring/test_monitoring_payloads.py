from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import AlertState, Severity
from im_notify.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.alerts import Alert
    from im_notify.protocols import Request

    Read = Callable[[str, Request], list[Alert]]

FIRING, RESOLVED, ACKNOWLEDGED = AlertState.FIRING, AlertState.RESOLVED, AlertState.ACKNOWLEDGED
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
DISK, HOST_1, HOST_2 = "419f6ca1e2970d4c", "a4a14b053fd5d205", "34d0cbc00ccbff7c"
CHECK = "be017b58-f040-484b-a534-dc1830695fa1"
HC_NAME = 'gece yedeği "db1"'
DB1 = "db1.example.com:9100"
REASON = "Request failed with status code 503"
WATER = "Su kaçağı: bodrum"
BACKUP = "vzdump backup status (pve1): backup failed"
SPLUNK = "scheduler_admin_search_RMD5a1_at_1795231967_12"
BRUTE = "sshd: brute force trying to get access"
CLOUD = "/izleme/db1 com.example.alert disk/var"
FULL = "/var diski dolu (>%90)"

# of the only or first alert: its episode (None: a digest), state, severity, object, summary, start
# in UTC
EXPECTED = {
    "alertmanager-0.25-firing-single": (
        DISK,
        FIRING,
        CRITICAL,
        DB1,
        "db1 /var diski %95 dolu",
        "2026-11-21T03:22:51",
    ),
    "alertmanager-0.25-resolved-single": (
        DISK,
        RESOLVED,
        CRITICAL,
        DB1,
        "db1 /var diski %95 dolu",
        "2026-11-21T03:22:51",
    ),
    "alertmanager-0.25-firing-group_by-all": (
        "05a70d115834703b",
        FIRING,
        CRITICAL,
        "h4",
        "NoGroup on h4",
        "2026-11-21T03:23:52",
    ),
    "alertmanager-0.33-first-notification": (
        HOST_1,
        FIRING,
        CRITICAL,
        "web01",
        "web01 erişilemiyor",
        "2026-11-21T03:28:38",
    ),
    "alertmanager-0.33-repeat-interval": (
        HOST_2,
        FIRING,
        CRITICAL,
        "web02",
        "web02 erişilemiyor",
        "2026-11-21T03:28:44",
    ),
    "alertmanager-0.33-all-resolved": (
        HOST_2,
        RESOLVED,
        CRITICAL,
        "web02",
        "web02 erişilemiyor",
        "2026-11-21T03:28:44",
    ),
    "synthetic-grafana-firing": (
        None,
        FIRING,
        CRITICAL,
        "db1",
        "db1 diski dolu",
        "2026-11-21T03:40:00",
    ),
    "zabbix-6.0-webhook-problem": (
        "20",
        FIRING,
        CRITICAL,
        "Veritabanı 1",
        FULL,
        "2026-11-21T00:47:43",
    ),
    "zabbix-6.0-webhook-recovery": (
        "20",
        RESOLVED,
        CRITICAL,
        "Veritabanı 1",
        FULL,
        "2026-11-21T00:47:43",
    ),
    "uptimekuma-2.5.3-json-down": (
        "1",
        FIRING,
        CRITICAL,
        "Web sitesi",
        REASON,
        "2026-11-21T03:41:32",
    ),
    "uptimekuma-2.5.3-json-up": (
        "1",
        RESOLVED,
        CRITICAL,
        "Web sitesi",
        "200 - OK",
        "2026-11-21T03:41:32",
    ),
    "uptimekuma-2.5.3-form-down": (
        "1",
        FIRING,
        CRITICAL,
        "Web sitesi",
        REASON,
        "2026-11-21T03:41:32",
    ),
    "uptimekuma-2.5.3-form-up": (
        "1",
        RESOLVED,
        CRITICAL,
        "Web sitesi",
        "200 - OK",
        "2026-11-21T03:41:32",
    ),
    "uptimekuma-2.5.3-get-up": (
        "1",
        RESOLVED,
        CRITICAL,
        "Web sitesi",
        "200 - OK",
        "2026-11-21T03:41:32",
    ),
    "uptimekuma-2.5.3-custom-down": (None, FIRING, CRITICAL, "Web sitesi", REASON, None),
    "uptimekuma-2.5.3-test": (None, FIRING, INFO, "Uptime Kuma", "imn-json Testing", None),
    "synthetic-prtg-http-action": (
        "2114",
        FIRING,
        CRITICAL,
        "db1",
        "Disk Free /var %95 dolu",
        "2026-11-21T03:32:47",
    ),
    "healthchecks-3.13-post-down": (
        CHECK,
        FIRING,
        CRITICAL,
        HC_NAME,
        "down",
        "2026-11-21T04:10:32",
    ),
    "healthchecks-3.13-post-up": (CHECK, RESOLVED, CRITICAL, HC_NAME, "up", "2026-11-21T04:10:32"),
    "homeassistant-2025.4-rest-form": (None, FIRING, WARNING, "", WATER, None),
    "homeassistant-2025.4-rest-get": (None, FIRING, WARNING, "ALARM", WATER, None),
    "homeassistant-2025.4-rest-json": (None, FIRING, CRITICAL, "ALARM", WATER, None),
    "homeassistant-2025.4-rest-restcommand": (None, FIRING, WARNING, "", "Kapı açık", None),
    "synthetic-uptimerobot-get": (
        "7777",
        FIRING,
        CRITICAL,
        "Web",
        "Down HTTP 503",
        "2026-11-21T03:32:47",
    ),
    "synthetic-librenms-api-post": (
        "sw1 Port status",
        FIRING,
        CRITICAL,
        "sw1",
        "Port down",
        "2026-11-21T03:32:47",
    ),
    "synthetic-proxmox-webhook": (
        f"{BACKUP} 1795231967",
        FIRING,
        CRITICAL,
        "pve1",
        BACKUP,
        "2026-11-21T03:32:47",
    ),
    "synthetic-datadog-custom": (
        "8123456789",
        FIRING,
        CRITICAL,
        "db1",
        "Disk high on db1",
        "2026-11-21T03:32:47",
    ),
    "synthetic-splunk-webhook": (SPLUNK, FIRING, WARNING, "fw1", "SSH kaba kuvvet", None),
    "synthetic-opsgenie-outgoing": (
        "a-1",
        FIRING,
        CRITICAL,
        "db1",
        "Disk dolu",
        "2026-11-21T03:32:47",
    ),
    "synthetic-cloudevents-structured": (
        CLOUD,
        FIRING,
        CRITICAL,
        "db1 disk/var",
        "/var %95 dolu",
        "2026-11-21T03:32:47",
    ),
    "synthetic-wazuh4-argv": (
        "1795231967.1234",
        FIRING,
        WARNING,
        "db1",
        BRUTE,
        "2026-11-21T03:32:47",
    ),
}
GROUPED = ["alertmanager-0.25-firing-grouped-40", "alertmanager-0.25-resolved-grouped-40"]
ONCE = {"homeassistant", "proxmox", "splunk", "wazuh"}


@pytest.mark.parametrize("file", EXPECTED)
def test_a_payload_is_this_alert(
    read: Read,
    captured: Callable[[str], Request],
    file: str,
) -> None:
    """What real programs sent, and what others document, is read field by field."""
    expected = EXPECTED[file]
    source = file.removeprefix("synthetic-").partition("-")[0].removesuffix("4")

    alert = read(source, captured(file))[0]

    start = alert.started_at and alert.started_at.astimezone(UTC).isoformat()[:19]
    told = (alert.state, alert.severity, alert.object, alert.summary, start)
    assert (alert.source, *told) == (source, *expected[1:])
    assert alert.episode == expected[0] or (expected[0] is None and len(alert.episode) == 16)
    assert alert.once is (source in ONCE or file.endswith("-test"))


@pytest.mark.parametrize("file", GROUPED)
def test_a_group_of_forty_is_forty_alerts(
    read: Read, captured: Callable[[str], Request], file: str
) -> None:
    """Each has an episode and a name of its own, and all are of one group."""
    alerts = read("alertmanager", captured(file))

    assert len({alert.episode for alert in alerts}) == 40
    assert [alert.object for alert in alerts] == [f"web{n:02}.example.com" for n in range(40)]
    assert {alert.group for alert in alerts} == {'{}:{alertname="HostDown", cluster="istanbul"}'}
    assert {alert.state for alert in alerts} == {RESOLVED if "resolved" in file else FIRING}
    assert sum(alert.severity is CRITICAL for alert in alerts) == 8


def test_the_episodes_of_a_group_are_those_of_its_recovery(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """Forty problems that fired are the forty that ended."""
    firing, resolved = (read("alertmanager", captured(file)) for file in GROUPED)

    assert [one.episode for one in firing] == [one.episode for one in resolved]


def test_a_group_that_grew_tells_the_old_alert_again(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """Which of them is new is not the source's to know."""
    alerts = read("alertmanager", captured("alertmanager-0.33-new-alerts-added"))

    assert [alert.episode for alert in alerts] == [HOST_1, HOST_2]


def test_both_alerts_of_a_group_with_one_fingerprint_are_told(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """A fingerprint of two sets of labels tells nothing, so their labels tell them apart."""
    alerts = read("grafana", captured("synthetic-grafana-firing"))

    assert [alert.object for alert in alerts] == ["db1", "db2"]
    assert len({alert.episode for alert in alerts}) == 2


def test_the_three_ways_of_one_sender_are_one_episode(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """JSON, form and GET of the same monitor differ in nothing that is read."""
    files = ["json-up", "form-up", "get-up"]

    alerts = [read("uptimekuma", captured(f"uptimekuma-2.5.3-{file}")) for file in files]

    assert alerts[0] == alerts[1] == alerts[2]


def test_nothing_of_a_monitors_configuration_is_kept(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """It holds addresses and credentials, and it is not needed."""
    (alert,) = read("uptimekuma", captured("uptimekuma-2.5.3-json-down"))

    assert alert.labels == {"monitor": "Web sitesi", "type": "http"}


def test_a_list_for_another_program_is_refused(
    read: Read, captured: Callable[[str], Request]
) -> None:
    """What vmalert speaks is Alertmanager's API, every few seconds: no notification."""
    with pytest.raises(AlertError, match="alertmanager sends"):
        read("alertmanager", captured("vmalert-1.79-to-alertmanager-api"))
