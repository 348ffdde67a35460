from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.config import Config
from im_notify.errors import AlertError, ConfigError
from im_notify.models import Consent
from im_notify.protocols import Ready, Request
from im_notify.relay_config import HookConfig, RelayConfig
from im_notify_plugins.monitoring import im_notify_sources
from im_notify_plugins.monitoring.moments import moment
from im_notify_plugins.monitoring.presets import PRESETS
from im_notify_plugins.monitoring.rules import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Read = Callable[[str, Request], list[Alert]]
    Post = Callable[..., Request]

CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
FIRING, RESOLVED, ACKNOWLEDGED = AlertState.FIRING, AlertState.RESOLVED, AlertState.ACKNOWLEDGED
ROBOT = {"monitorID": "7", "monitorFriendlyName": "web"}
SWITCH = {"host": "sw1", "rule": "Port status", "title": "port down"}
GRAYLOG = {"id": "01E", "message": "9 failed", "source": "log1"}


@pytest.mark.parametrize(
    ("source", "fields", "state"),
    [
        ("uptimerobot", {**ROBOT, "alertType": "1"}, FIRING),
        ("uptimerobot", {**ROBOT, "alertType": "2"}, RESOLVED),
        ("librenms", {**SWITCH, "state": "0"}, RESOLVED),
        ("librenms", {**SWITCH, "state": 1}, FIRING),
        ("librenms", {**SWITCH, "state": 2}, ACKNOWLEDGED),
        ("librenms", {**SWITCH, "state": 3}, FIRING),
        ("librenms", {**SWITCH, "state": 4}, FIRING),
        ("datadog", {"title": "disk", "transition": "Recovered"}, RESOLVED),
        ("datadog", {"title": "disk", "transition": "Re-Triggered"}, FIRING),
        ("datadog", {"title": "disk", "transition": "No Data"}, FIRING),
        ("opsgenie", {"action": "Close", "alert": {"alertId": "1"}}, RESOLVED),
        ("opsgenie", {"action": "Acknowledge", "alert": {"alertId": "1"}}, ACKNOWLEDGED),
        ("healthchecks", {"code": "1", "status": "up"}, RESOLVED),
        ("homeassistant", {"tag": "door", "text": "shut", "state": "ok"}, RESOLVED),
        ("cloudevents", {"specversion": "1.0", "type": "a.b.resolved", "id": "1"}, RESOLVED),
        ("generic", {"text": "disk", "status": "✅ Up"}, RESOLVED),
        ("generic", {"text": "disk", "status": "acknowledged by ayşe"}, ACKNOWLEDGED),
        ("generic", {"text": "disk", "status": "purple"}, FIRING),
        ("generic", {"text": "disk"}, FIRING),
    ],
)
def test_a_word_or_number_is_a_state(
    read: Read, posted: Post, source: str, fields: Mapping[str, object], state: AlertState
) -> None:
    """What is unknown fires: better once too often than never."""
    (alert,) = read(source, posted(fields))

    assert alert.state is state


def test_a_certificate_that_expires_is_an_event_beside_the_outage(read: Read, posted: Post) -> None:
    """UptimeRobot tells both under one monitor, and only the outage recovers."""
    (down,) = read("uptimerobot", posted({**ROBOT, "alertType": "1"}))
    (expiry,) = read("uptimerobot", posted({**ROBOT, "alertType": "3", "alertDateTime": "1"}))

    assert (down.episode, down.once, down.severity) == ("7", False, Severity.CRITICAL)
    assert (expiry.episode, expiry.once, expiry.severity) == ("7 1", True, Severity.WARNING)


def test_notes_on_an_alert_are_not_alerts(read: Read, posted: Post) -> None:
    """They are understood and say nothing of interest."""
    request = posted({"action": "AddNote", "alert": {"alertId": "1", "message": "disk"}})

    assert read("opsgenie", request) == []


def test_the_example_of_graylogs_documents_is_an_event(read: Read, posted: Post) -> None:
    """Its priority is a number from 1 to 4."""
    body = {"event_definition_title": "Logins", "event": {**GRAYLOG, "priority": 3}}

    (alert,) = read("graylog", posted(body))

    assert (alert.episode, alert.once, alert.severity) == ("01E", True, Severity.CRITICAL)
    assert (alert.object, alert.summary) == ("log1", "9 failed")


@pytest.mark.parametrize(
    ("level", "severity"),
    [(0, Severity.INFO), (6, Severity.INFO), (7, Severity.WARNING), (12, Severity.CRITICAL)],
)
def test_a_level_of_wazuh_is_a_severity(
    read: Read, posted: Post, level: int, severity: Severity
) -> None:
    """From 0 to 16 (rules classification of its documents)."""
    body = {"id": "1", "rule": {"level": level, "description": "sshd"}, "agent": {"name": "db1"}}

    (alert,) = read("wazuh", posted(body))

    assert alert.severity is severity


def test_a_binary_cloudevent_is_read_like_a_structured_one(read: Read, posted: Post) -> None:
    """Its attributes are headers, percent-encoded, and its data is the body."""
    attributes = {"specversion": "1.0", "id": "1", "source": "/izleme", "type": "disk.firing"}
    data = {"summary": "disk full", "severity": "critical"}
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    headers |= {"ce-subject": "%C3%A7atI", "content-type": "application/json"}
    plain = posted(data)
    binary = Request(method="POST", query={}, headers=headers, body=plain.body)

    (one,) = read("cloudevents", binary)
    (two,) = read("cloudevents", posted({**attributes, "subject": "çatI", "data": data}))

    assert one == two
    assert (one.object, one.summary, one.severity) == (
        "izleme çatI",
        "disk full",
        Severity.CRITICAL,
    )


def test_a_cloudevent_without_data_is_one_all_the_same(read: Read) -> None:
    """Its type is all there is to tell, and without a state it never recovers."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "disk.broke"}

    (alert,) = read("cloudevents", Request(method="POST", query={}, headers=headers, body=b""))

    assert (alert.summary, alert.episode, alert.once) == ("disk.broke", "/a 1", True)


def test_a_cloudevent_that_recovers_is_the_one_that_fired(read: Read, posted: Post) -> None:
    """Ids differ between the two; source, subject and the type's stem do not."""
    event = {"specversion": "1.0", "source": "/a", "subject": "var"}

    (one,) = read("cloudevents", posted({**event, "id": "1", "type": "a.disk.firing"}))
    (two,) = read("cloudevents", posted({**event, "id": "2", "type": "a.disk.resolved"}))

    assert one.episode == two.episode
    assert [one.once, two.state] == [False, RESOLVED]


def test_a_list_is_several_alerts(read: Read, posted: Post) -> None:
    """What in it says nothing is left out."""
    alerts = read("generic", posted([{"text": "a"}, 1, {}, {"x": 1}, {"text": "b"}]))

    assert [alert.summary for alert in alerts] == ["a", "b"]


def test_plain_text_is_an_alert_where_anything_is(read: Read, posted: Post) -> None:
    """`curl -d 'disk = full'` is enough, and is no form."""
    assert read("generic", posted("disk = full\n"))[0].summary == "disk = full"


def test_what_names_no_problem_is_an_event(read: Read, posted: Post) -> None:
    """A problem that nothing names could not be told from the next one."""
    (first,), (again,) = read("generic", posted("a")), read("generic", posted("a"))
    (other,) = read("generic", posted("b"))

    assert first.once
    assert first.episode == again.episode != other.episode


DOWN_UP = [
    ({"message": "Disk full"}, {"message": "Disk full"}),
    ({"message": "db1 is down"}, {"message": "db1 is up"}),
    ({"message": "db1 is not responding"}, {"message": "DB1 is back online"}),
    ({"message": "Sunucu yanıt vermiyor"}, {"message": "Sunucu yeniden yanıt veriyor"}),
    ({"message": "Load 95.5%"}, {"message": "Load 4 %"}),
    ({"message": "Disk %95 dolu"}, {"message": "Disk %40 dolu"}),
    ({"message": "[DOWN] db1 mysql"}, {"message": "Resolved: db1 mysql"}),
    ({"check": "ping", "message": "timeout"}, {"check": "ping", "message": "200 OK"}),
    ({"service": "disk", "message": "95%"}, {"service": "disk", "message": "all well"}),
    ({"name": "disk", "message": "too much"}, {"name": "disk", "message": "enough"}),
    ({"id": "7", "message": "timeout"}, {"id": "7", "message": "200 OK"}),
    ({"message": ""}, {"message": ""}),
]
HOST = {"host": "db1", "title": "host"}


@pytest.mark.parametrize(("down", "up"), DOWN_UP, ids=repr)
def test_what_names_no_problem_is_known_by_what_stays(
    read: Read, posted: Post, down: dict[str, str], up: dict[str, str]
) -> None:
    """The end finds its beginning by id, object and check, or object and lasting words."""
    (one,) = read("generic", posted({**HOST, **down, "status": "down"}))
    (seen,) = read("generic", posted({**HOST, **up, "status": "acknowledged"}))
    (two,) = read("generic", posted({**HOST, **up, "status": "up"}))

    assert one.episode == two.episode == seen.episode
    assert (two.state, two.once, seen.once) == (RESOLVED, False, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "CPU high"},
        {"message": "Disk 2 full"},
        {"message": "Disk full", "host": "db2"},
        {"message": "Disk full", "check": "disk"},
        {"message": "Disk full", "name": "/var"},
        {"message": "Disk full", "id": "7"},
        {"message": "Disk full", "fingerprint": "7"},
        {"message": ""},
    ],
    ids=repr,
)
def test_two_problems_of_one_object_are_two(
    read: Read, posted: Post, fields: dict[str, str]
) -> None:
    """Else the second would be taken for a repetition, and nobody woken up."""
    told = {"host": "db1", "title": "host", "message": "Disk full", "status": "down"}

    (one,), (two,) = read("generic", posted(told)), read("generic", posted({**told, **fields}))

    assert one.episode != two.episode


def test_a_host_that_is_its_own_name_has_two_problems(read: Read, posted: Post) -> None:
    """A name that repeats the object tells no check."""
    told = {"host": "db1", "name": "db1", "status": "down"}

    (one,) = read("generic", posted({**told, "message": "Disk full"}))
    (two,) = read("generic", posted({**told, "message": "CPU high"}))

    assert one.episode != two.episode


def test_a_monitor_is_one_check(read: Read, posted: Post) -> None:
    """Also where it is the object: what it says changes from time to time."""
    (one,) = read("generic", posted({"monitor": "shop", "msg": "timeout", "status": "down"}))
    (two,) = read("generic", posted({"monitor": "shop", "msg": "200", "status": "up"}))

    assert one.episode == two.episode
    assert not one.once


def test_what_a_summary_alone_names_is_told_again_soon(read: Read, posted: Post) -> None:
    """Its end may have had other words: it must not be taken for a repetition for hours."""
    told = {"host": "db1", "message": "timeout", "status": "down"}

    (down,) = read("generic", posted(told))
    (up,) = read("generic", posted({**told, "message": "200", "status": "up"}))

    assert down.episode != up.episode
    assert (down.once, up.once) == (True, False)


def test_a_name_made_of_a_summary_does_not_show_it(read: Read, posted: Post) -> None:
    """Names of problems stand in places where texts must not."""
    (alert,) = read("generic", posted({"host": "db1", "message": "secret", "status": "down"}))

    assert "secret" not in alert.episode


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "Disk full", "status": "down"},
        {"host": "db1", "message": "Disk full", "status": "purple"},
        {"host": "db1", "message": "Disk full"},
    ],
    ids=repr,
)
def test_without_object_or_known_state_it_is_an_event(
    read: Read, posted: Post, fields: dict[str, str]
) -> None:
    """There is nothing that would tell its end."""
    (alert,) = read("generic", posted(fields))

    assert alert.once


@pytest.mark.parametrize("source", [name for name in PRESETS if name != "generic"])
def test_only_the_generic_source_makes_names(source: str) -> None:
    """What the others send is known, and so is what has an end."""
    assert rules(source).check == ""


@pytest.mark.parametrize(
    ("changes", "once"),
    [({}, False), ({"once": "down"}, True), ({"check": ""}, True), ({"check": "part"}, False)],
)
def test_a_map_can_make_names_or_not(posted: Post, changes: dict[str, str], *, once: bool) -> None:
    """The rules of the generic source are where a map begins."""
    body = {"box": "ups", "service": "line", "part": "battery", "text": "low", "state": "down"}
    sources = given(hook("ups", "ups", object="box", **changes))

    (alert,) = sources["ups"](posted(body))

    assert alert.once is once


@pytest.mark.parametrize(
    "title", ["[Triggered] disk", "[RESOLVED] disk", "[FIRING:2] disk", "disk"], ids=repr
)
def test_a_state_in_brackets_is_taken_off_the_summary(read: Read, posted: Post, title: str) -> None:
    """It is told apart, and a bracket costs two characters of an SMS."""
    assert read("datadog", posted({"title": title}))[0].summary == "disk"


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Alert for device sw1 - Port down", "Port down"),
        ("Device sw1 recovered from Port down", "Port down"),
        ("Alert for device sw2 - Port down", "Alert for device sw2 - Port down"),
        ("Alert for device sw1 - ", "Alert for device sw1 -"),
    ],
)
def test_the_title_of_librenms_tells_what_happened(
    read: Read, posted: Post, title: str, told: str
) -> None:
    """Its usual templates begin with the device and the state, which are told apart."""
    assert read("librenms", posted({**SWITCH, "title": title}))[0].summary == told


def test_a_scope_of_datadog_is_a_host(read: Read, posted: Post) -> None:
    """Its other tags say nothing to who is woken up."""
    (alert,) = read("datadog", posted({"title": "disk", "scope": "host:db1,env:prod"}))

    assert alert.object == "db1"


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("1", CRITICAL),
        ("2", CRITICAL),
        ("3", WARNING),
        ("4", INFO),
        ("5", INFO),
        ("high", CRITICAL),
    ],
)
def test_a_monitor_of_wazuh_counts_from_the_worst(
    read: Read, posted: Post, written: str, severity: Severity
) -> None:
    """Levels of rules do not (OpenSearch documents, alerting, triggers)."""
    body = {"monitor": "Logins", "severity": written, "message": "9 failed"}

    (alert,) = read("wazuh", posted(body))

    assert (alert.object, alert.summary, alert.severity) == ("Logins", "9 failed", severity)


def test_what_wazuh_5_posts_untold_is_understood(read: Read, posted: Post) -> None:
    """The message that OpenSearch alerting suggests is plain text with a list below."""
    (alert,) = read("wazuh", posted("Monitor Logins\nalerts.\n- Trigger: many\n- Severity: 1"))

    assert (alert.summary, alert.severity) == ("Monitor Logins alerts.", CRITICAL)


def test_a_list_below_a_text_stays_in_it(read: Read, posted: Post) -> None:
    """Only that of a monitor is told by its severity."""
    (alert,) = read("generic", posted("backup failed\n- disk: sda"))

    assert alert.summary == "backup failed - disk: sda"


@pytest.mark.parametrize("title", ["[web1] disk", "[Triggered]", "[disk", "disk] a"], ids=repr)
def test_other_brackets_stay(read: Read, posted: Post, title: str) -> None:
    """Only a state is told apart."""
    assert read("datadog", posted({"title": title}))[0].summary == title


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("disk {HOST.NAME}full", "disk full"),
        ("disk $HOSTNAME$ full {{ title }}", "disk full"),
        ("{EVENT.NAME}", ""),
        ("*UNKNOWN*", ""),
        ("$NAME", ""),
        ("%message", ""),
        ("cpu %95", "cpu %95"),
        ("costs $5", "costs $5"),
        ("{a}", "{a}"),
        ("a\x00b\u200b\u202ec\ud800", "abc"),
        ("🔥 a ✅", "a"),
        ("25 °C", "25 °C"),
        ("x" * 2000, "x" * 1000),
    ],
    ids=repr,
)
def test_a_text_is_one_clean_line(read: Read, posted: Post, written: str, told: str) -> None:
    """Leftover macros, control characters and pictures are no text."""
    (alert,) = read(
        "generic",
        posted({"summary": written, "host": "db1"})
        if told
        else posted({"summary": written, "host": "db1", "alert_id": "1"}),
    )

    assert alert.summary == (told or "db1")


@pytest.mark.parametrize("source", PRESETS)
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"42", {"foo": "bar"}, [1, {}]], ids=repr
)
def test_what_says_nothing_is_refused(read: Read, posted: Post, source: str, body: object) -> None:
    """Nothing that the rules look for is there."""
    with pytest.raises(AlertError, match=f"{source} sends"):
        read(source, posted(body))


def test_a_token_in_the_query_is_no_part_of_an_alert(read: Read, posted: Post) -> None:
    """It is the door's, and changing it makes no other alert."""
    (one,) = read("generic", posted(b"", text="disk", token="s3cret"))
    (two,) = read("generic", posted(b"", text="disk", token="0ther"))

    assert one == two


TOO_MANY = [{"text": "a"}] * 1001


def test_a_list_beyond_reason_is_refused(read: Read, posted: Post) -> None:
    """Nobody sends a thousand alerts by hand."""
    with pytest.raises(AlertError):
        read("generic", posted(TOO_MANY))


def test_every_preset_is_made_of_known_rules() -> None:
    """A name that is misspelt would be ignored for ever."""
    assert [rules(name).summary != "" for name in PRESETS] == [True] * len(PRESETS)


def hook(name: str, source: str, **fields: str) -> HookConfig:
    """Set up a hook with a map."""
    return HookConfig(
        name=name, source=source, sender="APITEST", consent=Consent.TRANSACTIONAL, map=fields
    )


def given(*hooks: HookConfig) -> dict[str, Callable[[Request], list[Alert]]]:
    """Return how each source of such a configuration reads."""
    relay = RelayConfig(database="sqlite://", hooks={one.name: one for one in hooks})
    found = {one.name: one for one in im_notify_sources(Config(relay=relay))}
    return {name: source.parse for name, source in found.items()}  # type: ignore[misc]


def test_a_map_makes_a_source_of_the_hooks_name(posted: Post) -> None:
    """Its rules come before those of the preset."""
    sources = given(hook("ups", "ups", summary="alarm.text + alarm.code", resolved="gone"))

    (alert,) = sources["ups"](posted({"alarm": {"text": "on battery", "code": 7}, "state": "gone"}))

    assert (alert.source, alert.summary, alert.state) == ("ups", "on battery 7", RESOLVED)


def test_a_map_changes_the_preset_that_the_hook_names(posted: Post) -> None:
    """What it does not mention stays, and the preset itself is as it was."""
    body = {"label": "Link", "title": "disk", "transition": "Recovered"}
    sources = given(hook("dc", "datadog", summary="label | title", object="'edge'"))

    (changed,), (kept,) = sources["dc"](posted(body)), sources["datadog"](posted(body))

    assert (changed.summary, changed.object, changed.state) == ("Link", "edge", RESOLVED)
    assert (kept.summary, kept.object) == ("disk", "")


def ready(*hooks: HookConfig) -> None:
    """Ask every source of such a configuration whether it could do its work."""
    relay = RelayConfig(database="sqlite://", hooks={one.name: one for one in hooks})
    for source in im_notify_sources(Config(relay=relay)):
        if isinstance(source, Ready):
            source.ready()


NATIVE = ("alertmanager", "grafana", "prtg", "uptimekuma", "zabbix")


def test_a_wrong_map_costs_its_own_hook_alone(posted: Post) -> None:
    """Asked before the start it names hook and what may stand there; other hooks are read."""
    hooks = hook("ups", "ups", sumary="a"), hook("lift", "lift", summary="a")
    sources = given(*hooks)

    with pytest.raises(ConfigError, match=r"\[hooks.ups\] map has no text rule 'sumary': use ob"):
        ready(*hooks)
    with pytest.raises(AlertError):
        sources["ups"](posted({"a": "x"}))
    assert [one.summary for one in sources["lift"](posted({"a": "x"}))] == ["x"]


@pytest.mark.parametrize("name", ["web", "same"])
@pytest.mark.parametrize("source", [*NATIVE, "nonesuch"])
def test_a_source_without_rules_takes_no_map(source: str, name: str) -> None:
    """It would be replaced in silence, and its payloads misread."""
    refused = hook(source if name == "same" and source != "nonesuch" else name, source, object="x")

    with pytest.raises(ConfigError) as raised:
        ready(refused)

    assert str(raised.value).startswith(f"[hooks.{refused.name}] source {source} takes no map")


@pytest.mark.parametrize("name", ["alertmanager", "generic", "datadog"])
def test_a_map_takes_no_source_from_another_hook(name: str) -> None:
    """A hook with a map hides the source of its own name, which is fine if nobody uses it."""
    changed = hook(name, "generic", object="x")
    ready(changed, hook("other", "prtg"))

    with pytest.raises(ConfigError, match=rf"\[hooks.{name}\] .* no source for \[hooks.other\]"):
        ready(changed, hook("other", name))


@pytest.mark.parametrize(("zone", "hour"), [("Europe/Istanbul", 3), ("UTC", 6)])
def test_times_without_a_zone_are_of_the_zone_that_texts_have(
    posted: Post, zone: str, hour: int
) -> None:
    """Else a text would show another time than the sender did; the machine's own plays no part."""
    relay = RelayConfig(
        database="sqlite://", zone=zone, hooks={"dc": hook("dc", "librenms", labels="rule")}
    )
    found = {one.name: one for one in im_notify_sources(Config(relay=relay))}
    request = posted({**SWITCH, "timestamp": "2026-11-21 06:30:00", "device": "sw1"})

    for name in ("librenms", "dc"):
        (alert,) = found[name].parse(request)

        assert isinstance(alert, Alert)
        assert alert.started_at is not None
        assert alert.started_at.astimezone(UTC).hour == hour


def test_without_a_relay_every_system_has_a_source() -> None:
    """The names are those of the addresses."""
    native = {"alertmanager", "grafana", "prtg", "uptimekuma", "zabbix"}

    assert {source.name for source in im_notify_sources(Config())} == native | set(PRESETS)


def test_a_rule_must_be_text() -> None:
    """TOML knows numbers, too."""
    with pytest.raises(ConfigError, match="'summary'"):
        rules("generic", {"summary": 7})


ISTANBUL = timezone(timedelta(hours=3))
HALF_PAST = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-21T03:30:00Z", HALF_PAST),
        ("2026-11-21T03:30:00.123456789Z", HALF_PAST.replace(microsecond=123456)),
        ("2026-11-21T03:30:00.000+0000", HALF_PAST),
        ("2026-11-21T06:30:00+03:00", HALF_PAST),
        ("2026-11-21 06:30:00", HALF_PAST),
        ("2026.11.21 06:30:00", HALF_PAST),
        ("21.11.2026 06:30", HALF_PAST),
        ("11/21/2026 6:30:00 AM", HALF_PAST),
        ("Sat, 21 Nov 2026 06:30:00", HALF_PAST),
        (HALF_PAST.timestamp(), HALF_PAST),
        (str(int(HALF_PAST.timestamp())), HALF_PAST),
        (int(HALF_PAST.timestamp()) * 1000, HALF_PAST),
        (int(HALF_PAST.timestamp()) * 1_000_000, HALF_PAST),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        (0, None),
        (-5, None),
        (float("nan"), None),
        (float("inf"), None),
        (1e300, None),
        ("yesterday", None),
        ("{EVENT.TIME}", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ("9" * 5000, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_time_has_a_zone_or_is_none(written: object, at: datetime | None) -> None:
    """Where it has none it is the sender's; a zero is no time."""
    assert moment(written, ISTANBUL) == at


def test_a_time_is_this_machines_where_nobody_says_otherwise() -> None:
    """It still has a zone."""
    found = moment("2026-11-21 06:30:00", None)

    assert found is not None
    assert found.tzinfo is not None
    assert found.replace(tzinfo=None) == datetime(2026, 11, 21, 6, 30)  # noqa: DTZ001  as written
