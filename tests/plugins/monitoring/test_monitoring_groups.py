"""Alertmanager's and Grafana's groups beyond what was captured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import AlertError

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Request

    Read = Callable[[str, Request], list[Alert]]
    Post = Callable[..., Request]

DISK = {"alertname": "DiskFull", "instance": "db1", "severity": "critical"}


def test_both_members_of_a_pair_tell_one_episode(read: Read, posted: Post) -> None:
    """Address, receiver, start and order of labels differ between them and take no part."""
    first = {"labels": DISK, "startsAt": "2026-11-21T03:22:51Z", "status": "firing"}
    second = {"labels": dict(reversed(DISK.items())), "startsAt": "2026-11-21T03:22:56Z"}

    (one,) = read("alertmanager", posted({"alerts": [first], "externalURL": "http://a:9093"}))
    (two,) = read("alertmanager", posted({"alerts": [second], "externalURL": "http://b:9093"}))

    assert one.episode == two.episode
    assert one.state is two.state is AlertState.FIRING


def test_alerts_with_other_labels_are_other_episodes(read: Read, posted: Post) -> None:
    """Without a fingerprint the labels are the name."""
    alerts = [{"labels": DISK}, {"labels": {**DISK, "instance": "db2"}}]

    found = read("alertmanager", posted({"alerts": alerts}))

    assert len({one.episode for one in found}) == 2


@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
@pytest.mark.parametrize(
    "odd", [None, 7, "x", [], {}, {"labels": {}}, {"labels": None, "annotations": []}], ids=repr
)
def test_an_unusable_alert_does_not_poison_its_group(
    read: Read, posted: Post, source: str, odd: object
) -> None:
    """The others are told as if it were not there."""
    body = {"status": "firing", "alerts": [odd, {"labels": DISK}], "commonLabels": DISK}

    (alert,) = read(source, posted(body))

    assert (alert.object, alert.summary) == ("db1", "DiskFull")


@pytest.mark.parametrize(
    ("labels", "annotations", "summary"),
    [
        (DISK, {}, "DiskFull"),
        (DISK, None, "DiskFull"),
        (DISK, {"summary": ""}, "DiskFull"),
        (DISK, {"summary": {"not": "text"}}, "DiskFull"),
        (DISK, {"summary": "🔥"}, "DiskFull"),
        (DISK, {"description": "95 % full"}, "95 % full"),
        (DISK, {"summary": "🔥 disk is full\nreally"}, "disk is full really"),
        ({"job": "node", "team": "db"}, {}, "job=node team=db"),
        ({"job": 7}, {}, "job=7"),
        ({"job": {}}, {}, "alertmanager"),
        ({}, {"summary": "full"}, "full"),
    ],
    ids=repr,
)
def test_a_summary_is_never_empty(
    read: Read, posted: Post, labels: object, annotations: object, summary: str
) -> None:
    """What lacks annotations is told by its name, then by its labels."""
    body = {"alerts": [{"labels": labels, "annotations": annotations}]}

    (alert,) = read("alertmanager", posted(body))

    assert alert.summary == summary


def test_a_group_of_which_nothing_can_be_used_is_told_by_its_labels(
    read: Read, posted: Post
) -> None:
    """Something is wrong all the same, and the group says what."""
    body = {"status": "resolved", "alerts": [{"status": ""}], "groupLabels": DISK}

    (alert,) = read("alertmanager", posted(body))

    assert (alert.object, alert.summary, alert.state) == ("db1", "DiskFull", AlertState.RESOLVED)


@pytest.mark.parametrize(
    ("left", "told"),
    [(0, None), (5, "5"), ("5", "5"), (None, None), ("many", None), (-1, None), ({}, None)],
)
def test_what_was_cut_off_is_counted_on_the_first_alert(
    read: Read, posted: Post, left: object, told: str | None
) -> None:
    """`max_alerts` leaves alerts out, and nobody should take the rest for all."""
    alerts = [{"labels": DISK}, {"labels": {**DISK, "instance": "db2"}}]

    first, second = read("alertmanager", posted({"alerts": alerts, "truncatedAlerts": left}))

    assert first.labels.get("truncated") == told
    assert "truncated" not in second.labels


def test_more_alerts_than_plausible_are_counted_and_left_out(read: Read, posted: Post) -> None:
    """A body at its limit costs a bounded time."""
    alerts = [{"labels": {"instance": f"db{number}"}} for number in range(5003)]

    found = read("alertmanager", posted({"alerts": alerts, "truncatedAlerts": 2}))

    assert (len(found), found[0].labels["truncated"]) == (5000, "5")


def test_a_group_without_alerts_is_understood(read: Read, posted: Post) -> None:
    """It is empty, not wrong."""
    assert read("alertmanager", posted({"version": "4", "alerts": []})) == []


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("critical", Severity.CRITICAL),
        ("KRİTİK", Severity.CRITICAL),
        ("page", Severity.CRITICAL),
        ("P1", Severity.CRITICAL),
        ("Warning", Severity.WARNING),
        ("none", Severity.INFO),
        ("info", Severity.INFO),
        ("purple", Severity.WARNING),
        (None, Severity.WARNING),
    ],
)
def test_the_label_tells_the_severity(
    read: Read, posted: Post, word: str | None, severity: Severity
) -> None:
    """A word that nobody knows, and none, are a warning."""
    (alert,) = read("alertmanager", posted({"alerts": [{"labels": {**DISK, "severity": word}}]}))

    assert alert.severity is severity


def test_grafanas_old_alerting_is_one_alert(read: Read, posted: Post) -> None:
    """Up to version 10 the rule is told at the top, and `ok` ends it."""
    body = {"ruleId": 7, "ruleName": "Disk", "title": "[Alerting] Disk", "message": "95 % full"}

    (firing,) = read("grafana", posted({**body, "state": "alerting", "orgId": 1}))
    (resolved,) = read("grafana", posted({**body, "state": "ok", "orgId": 1}))

    assert (firing.episode, firing.object, firing.summary) == ("7", "Disk", "95 % full")
    assert (firing.state, resolved.state) == (AlertState.FIRING, AlertState.RESOLVED)
    assert firing.episode == resolved.episode


def test_a_title_of_grafana_is_one_episode_without_its_state(read: Read, posted: Post) -> None:
    """A template that leaves the alerts out keeps the title at least."""
    firing = {"orgId": 1, "state": "alerting", "title": "[FIRING:2] Disk full"}
    resolved = {"orgId": 1, "state": "ok", "title": "[RESOLVED] Disk full"}

    (one,), (two,) = read("grafana", posted(firing)), read("grafana", posted(resolved))

    assert one.episode == two.episode
    assert one.summary == two.summary == "Disk full"


@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"{}", b"42", b'"text"', b"disk full"),
        *({"alerts": {}}, {"alerts": [1]}, {"host": "db1"}, {"state": "", "orgId": 1}),
    ],
    ids=repr,
)
def test_what_is_no_group_is_refused(read: Read, posted: Post, source: str, body: object) -> None:
    """The error names the source and nothing of the body."""
    with pytest.raises(AlertError, match=f"^this is not an alert that {source} sends"):
        read(source, posted(body))
