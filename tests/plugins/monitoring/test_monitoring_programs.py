from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.alerts import Alert, AlertState, Severity, alert_from, alert_object
from im_notify.errors import AlertError, InvalidMessageError
from im_notify_plugins.monitoring.command import SOURCES, alert_command
from im_notify_plugins.monitoring.programs.call import Call
from im_notify_plugins.monitoring.programs.every import caller, programs

if TYPE_CHECKING:
    from collections.abc import Mapping

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "payloads"
FIRING, RESOLVED, ACKNOWLEDGED = AlertState.FIRING, AlertState.RESOLVED, AlertState.ACKNOWLEDGED
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
DB1 = "db1.example.com"
TEST_ALARM = "test alarm: new value this is a test alarm to verify notifications work"

# who called, episode, state, severity, object, summary
EXPECTED = {
    "nagios-4.4.6-service-problem": (
        "nagios",
        f"{DB1}!Disk /var",
        FIRING,
        CRITICAL,
        DB1,
        "Disk /var: DISK KRİTİK - /var %95 dolu (5 GB boş) 'x' $HOME",
    ),
    "nagios-4.4.6-service-acknowledgement": (
        "nagios",
        f"{DB1}!Disk /var",
        ACKNOWLEDGED,
        CRITICAL,
        DB1,
        "Disk /var: DISK KRİTİK - /var %95 dolu (5 GB boş) 'x' $HOME",
    ),
    "nagios-4.4.6-service-recovery": (
        "nagios",
        f"{DB1}!Disk /var",
        RESOLVED,
        INFO,
        DB1,
        "Disk /var: /var %60 dolu",
    ),
    "nagios-4.4.6-host-problem": (
        "nagios",
        DB1,
        FIRING,
        CRITICAL,
        DB1,
        "PING KRİTİK - 100% paket kaybı",
    ),
    "nagios-4.4.6-host-recovery": ("nagios", DB1, RESOLVED, WARNING, DB1, "PING OK"),
    "icinga2-2.13-service-problem": (
        "icinga",
        f"{DB1}!disk-var",
        FIRING,
        CRITICAL,
        DB1,
        "Disk /var: DISK KRİTİK - /var %95 dolu 'x' $HOME",
    ),
    "icinga2-2.13-service-acknowledgement": (
        "icinga",
        f"{DB1}!disk-var",
        ACKNOWLEDGED,
        CRITICAL,
        DB1,
        "Disk /var: DISK KRİTİK - /var %95 dolu 'x' $HOME",
    ),
    "icinga2-2.13-service-recovery": (
        "icinga",
        f"{DB1}!disk-var",
        RESOLVED,
        INFO,
        DB1,
        "Disk /var: DISK OK",
    ),
    "icinga2-2.13-host-problem": ("icinga", DB1, FIRING, CRITICAL, DB1, "PING KRİTİK"),
    "synthetic-checkmk-service-env": (
        "checkmk",
        "db1!Filesystem /var",
        FIRING,
        CRITICAL,
        "db1",
        "Filesystem /var: 95% used (5 GB free)(!!)",
    ),
    "monit-5.33-fail": (
        "monit",
        "vm!probe!existence",
        FIRING,
        CRITICAL,
        "vm",
        "probe: file doesn't exist",
    ),
    "monit-5.33-recovered": (
        "monit",
        "vm!probe!existence",
        RESOLVED,
        CRITICAL,
        "vm",
        "probe: file exists",
    ),
    "netdata-1.37-custom_sender-critical": (
        "netdata",
        "vm!test.chart!test_alarm",
        FIRING,
        CRITICAL,
        "vm",
        TEST_ALARM,
    ),
    "netdata-1.37-custom_sender-clear": (
        "netdata",
        "vm!test.chart!test_alarm",
        RESOLVED,
        INFO,
        "vm",
        TEST_ALARM,
    ),
    "synthetic-sensu-stdin": (
        "sensu",
        "default!db1!disk-var",
        FIRING,
        CRITICAL,
        "db1",
        "disk-var: DISK CRITICAL /var %95",
    ),
}


def captured(name: str) -> Call:
    """Return the call that a program made: its environment, its words or its standard input."""
    kept: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    typed = kept.get("stdin") or json.dumps(kept.get("stdin_json"))
    return Call(
        key="key",
        environ=kept.get("env", {}),
        words=[f"{key}={value}" for key, value in parse_qsl(kept.get("body", ""))],
        stdin=lambda: typed,
        flags={"bulk": ""} if "bulk" in name else {},
    )


def told(call: Call, source: str | None = None) -> list[Alert]:
    """Read a call as the program that made it."""
    return caller(call, source).read(call)


def nagios(**macros: str) -> Call:
    """Return a call of Nagios about the disk of db1, changed where told."""
    said = {"HOSTNAME": "db1", "SERVICEDESC": "disk", "SERVICESTATE": "CRITICAL", **macros}
    return Call(key="key", environ={f"NAGIOS_{name}": value for name, value in said.items()})


@pytest.mark.parametrize("name", EXPECTED)
def test_a_captured_call_is_read(name: str) -> None:
    """Who called is seen without being told, except where only standard input would show it."""
    source, *expected = EXPECTED[name]

    (alert,) = told(captured(name), "sensu" if source == "sensu" else None)

    found = [alert.episode, alert.state, alert.severity, alert.object, alert.summary]
    assert alert.source == source
    assert found == expected
    assert alert.labels["host"] == alert.object
    assert not alert.once
    assert alert_from(alert_object(alert)) == alert


def test_a_service_stands_in_the_labels_as_its_system_knows_it() -> None:
    """Not as it is shown: whoever writes back needs the name."""
    (alert,) = told(captured("icinga2-2.13-service-problem"))

    assert alert.labels["service"] == "disk-var"
    assert alert.labels["state"] == "CRITICAL"


def test_a_bulk_is_several_alerts() -> None:
    """Each context is one; what is said of all is no alert."""
    alerts = told(captured("synthetic-checkmk-bulk-stdin"))

    assert [one.episode for one in alerts] == ["db1!Filesystem /var", "web3"]
    assert [one.state for one in alerts] == [FIRING, FIRING]


def test_an_empty_bulk_is_no_notification() -> None:
    """Nothing on standard input is an error, not silence."""
    with pytest.raises(AlertError, match="standard input"):
        told(Call(key="key", flags={"bulk": ""}))


def test_options_stand_in_for_macros_that_are_not_exported() -> None:
    """Nagios without `enable_environment_macros`; a macro that is not replaced is empty."""
    flags = {
        "type": "PROBLEM",
        "host": "db1",
        "service": "$SERVICEDESC$",
        "state": "DOWN",
        "output": "PING CRITICAL - no answer",
    }

    (alert,) = told(Call(key="key", flags=flags), "nagios")

    assert (alert.episode, alert.summary) == ("db1", "no answer")
    assert "service" not in alert.labels


@pytest.mark.parametrize(
    "kind", ["DOWNTIMESTART", "DOWNTIMEEND", "DOWNTIMECANCELLED", "ALERTHANDLER (OK)", "x"]
)
def test_what_is_planned_is_not_texted(kind: str) -> None:
    """A downtime, and kinds that nobody knows, are no alert and no error."""
    assert told(nagios(NOTIFICATIONTYPE=kind)) == []


def test_flapping_is_a_problem_of_its_own() -> None:
    """It begins and ends beside the problem of the service."""
    (problem,) = told(nagios(NOTIFICATIONTYPE="PROBLEM"))
    (start,) = told(nagios(NOTIFICATIONTYPE="FLAPPINGSTART"))
    (stop,) = told(nagios(NOTIFICATIONTYPE="FLAPPINGSTOP"))

    assert (start.state, start.severity, start.summary) == (FIRING, INFO, "disk: flapping")
    assert (stop.state, stop.episode) == (RESOLVED, start.episode)
    assert problem.episode != start.episode


def test_a_custom_notification_is_told_each_time() -> None:
    """A person asked for it, with a comment: it is an event, whatever was told before."""
    call = nagios(NOTIFICATIONTYPE="CUSTOM", NOTIFICATIONCOMMENT="toplantı 10'da")

    (alert,) = told(call)

    assert alert.once
    assert alert.episode.endswith(call.key)
    assert alert.summary == "disk: toplantı 10'da"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("DISK CRITICAL - /var 95%", "/var 95%"),
        ("CRITICAL: /var 95%", "/var 95%"),
        ("OK - fine", "fine"),
        ("DISK CRITICAL", "DISK CRITICAL"),
        ("DISK CRITICAL - ", "DISK CRITICAL -"),
        ("connect to address 10.0.0.5: refused", "connect to address 10.0.0.5: refused"),
    ],
)
def test_the_state_is_not_said_twice(output: str, expected: str) -> None:
    """The text begins with it already, so the plugin's own word for it is left out."""
    (alert,) = told(nagios(NOTIFICATIONTYPE="PROBLEM", SERVICEOUTPUT=output))

    assert alert.summary == f"disk: {expected}"


@pytest.mark.parametrize("state", ["UNREACHABLE", "UNKNOWN", "WARNING"])
def test_what_is_not_critical_warns(state: str) -> None:
    """Also states that have no word of their own here."""
    (alert,) = told(nagios(NOTIFICATIONTYPE="PROBLEM", SERVICESTATE=state))

    assert alert.severity is WARNING


def test_a_call_without_a_host_is_an_error() -> None:
    """It says who called and what to look at."""
    with pytest.raises(AlertError, match="nagios"):
        told(Call(key="key"), "nagios")


# event and description when it fails, and when it is well again (names of monit's event.c)
MONIT = [
    ("Connection failed", "failed [db1]:5432 refused", "Connection succeeded", "[db1]:5432 ok"),
    (
        "Resource limit matched",
        "cpu usage of 99% matches resource limit [cpu > 90%]",
        "Resource limit succeeded",
        "cpu usage check succeeded [current = 3%]",
    ),
    ("Link down", "link is down", "Link up", "link is up"),
    ("Timeout", "service restarted 3 times", "Timeout recovery", "service is back"),
    ("Speed failed", "10 Mb/s", "Speed ok", "1000 Mb/s"),
    ("Invalid type", "not a file", "Type succeeded", "a file"),
    ("Data access error", "cannot read", "Data access succeeded", "can read"),
]


@pytest.mark.parametrize(("failed", "why", "well", "how"), MONIT, ids=lambda one: one)
def test_a_test_of_monit_ends_what_it_began(failed: str, why: str, well: str, how: str) -> None:
    """The two names of an event lead to one problem."""
    (first,) = told(monit(failed, why))
    (second,) = told(monit(well, how))

    assert (first.state, second.state) == (FIRING, RESOLVED)
    assert first.episode == second.episode


@pytest.mark.parametrize(
    ("event", "one", "other"),
    [
        ("Resource limit matched", "cpu usage of 99% matches", "mem usage of 99% matches"),
        ("Connection failed", "failed [db1]:5432", "failed [db1]:22"),
    ],
)
def test_two_tests_of_a_service_are_two_problems(event: str, one: str, other: str) -> None:
    """The second must not hide behind the first."""
    (first,), (second,) = told(monit(event, one)), told(monit(event, other))

    assert first.episode != second.episode


def test_what_monit_does_itself_is_an_event() -> None:
    """Monit started, or was told to do something: nothing that ends."""
    (alert,) = told(monit("Monit instance changed", "Monit 5.33 started"))

    assert (alert.once, alert.severity) == (True, INFO)


def monit(event: str, description: str) -> Call:
    """Return a call of monit."""
    said = {"EVENT": event, "DESCRIPTION": description, "SERVICE": "pg", "HOST": "db1"}
    return Call(key="key", environ={f"MONIT_{name}": value for name, value in said.items()})


@pytest.mark.parametrize(
    ("status", "expected"),
    [("WARNING", [FIRING]), ("REMOVED", [RESOLVED]), ("UNDEFINED", []), ("UNINITIALIZED", [])],
)
def test_netdata_in_the_environment(status: str, expected: list[AlertState]) -> None:
    """Its variables may be exported instead; a status that says nothing is nothing."""
    call = Call(key="key", environ={"host": "vm", "alarm": "ram", "status": status})

    assert [one.state for one in told(call, "netdata")] == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"check": {"metadata": {"name": "x"}, "status": 0}}, [RESOLVED]),
        ({"check": {"metadata": {"name": "x"}, "status": 1}}, [FIRING]),
        ({"check": {"metadata": {"name": "x"}, "status": 2, "is_silenced": True}}, []),
        ({"metrics": {"points": []}}, []),
    ],
)
def test_sensu_says_more_than_problems(
    event: dict[str, object], expected: list[AlertState]
) -> None:
    """Status 0 is the end; what is silenced, and metrics alone, are nothing."""
    entity = {"metadata": {"name": "db1"}}
    call = Call(key="key", stdin=lambda: json.dumps({"entity": entity, **event}))

    assert [one.state for one in told(call, "sensu")] == expected


@pytest.mark.parametrize("typed", ["", "no", "[]", "{}", "[" * 100_000], ids=range(5))
def test_standard_input_that_is_no_event(typed: str) -> None:
    """Said in a line, without repeating it."""
    with pytest.raises(AlertError, match="standard input"):
        told(Call(key="key", stdin=lambda: typed), "sensu")


@pytest.mark.parametrize("more", [[], ["", "http://127.0.0.1/hook", "10", "3"], ["10", "3"]])
def test_wazuh_moves_its_words(tmp_path: Path, more: list[str]) -> None:
    """Whatever stands behind it, the first word is the file with the alert."""
    kept = json.loads((PAYLOADS / "synthetic-wazuh4-argv.json").read_text("utf-8"))
    path = tmp_path / "custom-imnotify-1.alert"
    path.write_text(json.dumps(kept["alert_file_json"]), "utf-8")

    (alert,) = told(Call(key="key", words=[str(path), *more]))

    assert (alert.source, alert.episode) == ("wazuh", "1795231967.1234")
    assert (alert.object, alert.severity, alert.once) == ("db1", WARNING, True)
    assert alert.labels["host"] == "db1"


def test_wazuh_without_its_file() -> None:
    """The path is named."""
    with pytest.raises(AlertError, match=r"/nowhere/1\.alert"):
        told(Call(key="key", words=["/nowhere/1.alert"]))


def test_an_alert_in_options() -> None:
    """What cron and scripts use; labels go with it."""
    flags = {"summary": "backup failed", "object": "db1", "severity": "critical", "host": "db1"}

    (alert,) = told(Call(key="key", flags=flags, labels={"site": "ank"}))

    assert (alert.episode, alert.once, alert.state) == ("key", True, FIRING)
    assert (alert.object, alert.summary, alert.severity) == ("db1", "backup failed", CRITICAL)
    assert alert.labels == {"host": "db1", "site": "ank"}


def test_an_episode_in_options_can_end() -> None:
    """With a name for the problem it is told once, and so is its end."""
    flags = {"summary": "x", "episode": "db1/disk", "state": "resolved"}

    (alert,) = told(Call(key="key", flags=flags))

    assert (alert.episode, alert.once, alert.state) == ("db1/disk", False, RESOLVED)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"summary": "x", "state": "resolved"}, "--episode"),
        ({"summary": "x", "state": "blue"}, "--state"),
        ({"summary": "x", "severity": "blue"}, "--severity"),
        ({"summary": "$NOTHING$"}, "--summary"),
        ({}, "--source"),
    ],
)
def test_options_that_cannot_be_meant(flags: Mapping[str, str], said: str) -> None:
    """The option to change is named."""
    with pytest.raises(InvalidMessageError, match=said):
        told(Call(key="key", flags=flags))


def test_options_win_over_the_environment() -> None:
    """A script that Nagios runs may tell something of its own."""
    call = captured("nagios-4.4.6-host-problem")

    program = caller(Call(key="key", environ=call.environ, flags={"summary": "x"}), None)

    assert program.name == "options"


def test_every_program_can_be_named() -> None:
    """`--source` offers exactly those that there are."""
    parser = argparse.ArgumentParser()
    alert_command().configure(parser)

    assert {one.name for one in programs()} == set(SOURCES)
    assert parser.parse_args(["--source", "nagios"]).source == "nagios"


ANYTHING = st.text() | st.sampled_from(["", "PROBLEM", "$X$", "{EVENT.ID}", "\ud800", "OK"])
VARIABLES = [
    f"{prefix}{name}"
    for prefix, names in {
        "NAGIOS_": "NOTIFICATIONTYPE HOSTNAME SERVICEDESC SERVICESTATE HOSTOUTPUT",
        "ICINGA_": "NOTIFICATIONTYPE HOSTNAME SERVICENAME SERVICESTATE HOSTOUTPUT",
        "NOTIFY_": "WHAT NOTIFICATIONTYPE HOSTNAME SERVICEDESC SERVICEOUTPUT",
        "MONIT_": "EVENT SERVICE HOST DESCRIPTION",
    }.items()
    for name in names.split()
]


@given(st.dictionaries(st.sampled_from(VARIABLES), ANYTHING), st.text())
def test_whatever_the_environment_holds(environ: dict[str, str], typed: str) -> None:
    """Alerts that can be handed over as JSON, or an error of ours."""
    call = Call(key="key", environ=environ, stdin=lambda: typed, words=[typed])

    for program in programs():
        try:
            alerts = program.read(call)
        except (AlertError, InvalidMessageError):
            continue
        for alert in alerts:
            assert alert_from(json.loads(json.dumps(alert_object(alert)))) == alert
