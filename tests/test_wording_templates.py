from __future__ import annotations

import logging
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.errors import ConfigError
from im_notify.text import estimate
from im_notify.wording import Templates, Wording, read_templates, word

WORDING = Wording(zone=ZoneInfo("Europe/Istanbul"))
AT = datetime(2026, 11, 21, 3, 40, tzinfo=UTC)
DISK = Alert(
    source="probe",
    episode="db1/disk@1",
    state=AlertState.FIRING,
    severity=Severity.CRITICAL,
    object="db1.example.com",
    summary="/var diskı %95 dolu",
    started_at=AT - timedelta(minutes=8),
    labels={"runbook": "https://wiki.example.com/disk", "team": "db"},
)
OVER = replace(DISK, state=AlertState.RESOLVED)
WEBS = [replace(DISK, episode=f"web{n}@1", object=f"web{n}.example.com") for n in range(40)]


def templates(text: str) -> Templates:
    """Compile a template for the hook that the alerts come from."""
    return read_templates({"probe": text}, None, WORDING)


def said(text: str, *alerts: Alert) -> str:
    """Word alerts by a template."""
    return templates(text).word(alerts or [DISK], WORDING, at=AT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ word }} {{ first.object|short }} {{ id }}", "KRT db1 aedd"),
        ("{{ first.labels.team }}: {{ first.summary }}", "db: /var diski %95 dolu #aedd"),
        ("{{ state }}/{{ severity }} {{ language }}", "firing/critical tr #aedd"),
        ("{{ first.started_at|date('%d.%m %H:%M') }} {{ time }}", "21.11 06:32 06:32 8dk #aedd"),
        ("{{ source }} [{{ first.id }}]", "probe (aedd)"),
        ("a\n{% for one in alerts %}\n {{ one.word }}{% endfor %}", "a KRT #aedd"),
        ("see {{ first.labels.runbook }}", "see https://wiki.example.com/disk #aedd"),
        ("x{{ first.labels.runbook|plain }}{{ first.nothing.at.all }}", "x #aedd"),
    ],
)
def test_a_template_words_the_text(text: str, expected: str) -> None:
    """Every variable and our filters; the short id is added where it was not said."""
    assert said(text) == expected


def test_many_alerts_are_counted_and_listed() -> None:
    """`count` is of all, `more` of those beside the first; what does not fit is cut at a word."""
    text = "{{ count }} {{ first.object|short }} +{{ more }}"
    names = "{{ alerts|map(attribute='object')|join(', ') }}"

    assert said(text, *WEBS).startswith("40 web0 +39 #")
    assert estimate(said(names, *WEBS)).parts == 1
    assert re.search(r"example.com,\.{3} #[0-9a-f]{4}$", said(names, *WEBS))


@pytest.mark.parametrize("text", ["{{ first.object }}", "{{ first.object }} {{ id }}"])
def test_each_change_of_a_problem_has_a_text_of_its_own(text: str) -> None:
    """DOWN, UP, DOWN within ten minutes, though the template says neither state nor time."""
    again = replace(DISK, episode="db1/disk@2")

    texts = {said(text, one) for one in (DISK, OVER, again)}

    assert len(texts) == 3
    assert said(text, OVER).startswith("OK ")


def test_a_template_that_says_the_end_is_left_alone() -> None:
    """The word for the end is not said twice."""
    assert said("{{ word }} {{ first.object|short }}", OVER) == "OK db1 #aedd"


@pytest.mark.parametrize(
    "text",
    ["{{ first.summary < 3 }}", "{{ first.labels.no < 3 }}", "{{ first.started_at|date('%9Y') }}"],
)
def test_an_alert_is_told_though_its_template_fails(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Our own words are sent; the log names hook and line, and nothing of the alert."""
    with caplog.at_level(logging.WARNING):
        found = said(f"\n{text}")

    assert found == word([DISK], WORDING, at=AT)
    assert "probe failed in line 2" in caplog.text
    assert "dolu" not in caplog.text


@pytest.mark.parametrize("text", ["{{ first.labels.no }}", "{% if more %}x{% endif %}", "-- !"])
def test_a_template_that_says_nothing_does_not_silence_an_alert(text: str) -> None:
    """Our own words are sent then, too."""
    assert said(text) == word([DISK], WORDING, at=AT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ severty }}", "did you mean severity?"),
        ("{{ frobnicate }}", "there are: alerts, first"),
        ("{% if %}", "line 2"),
        ("{{ first", "line 2"),
        ("{{ first|frobnicate }}", "frobnicate"),
        ("{{ 'x' * 9 }}", "* is not allowed"),
        ("{{ 9 ** 9 }}", "** is not allowed"),
        ("{{ '%99d' % 1 }}", "% is not allowed"),
        ("{{ first.object.upper() }}", "( ) is not allowed"),
        ("{% for x in range(9) %}{% endfor %}", "not allowed"),
        ("{% set x = 1 %}", "set is not allowed"),
        ("{% macro x() %}{% endmacro %}", "macro is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{% import 'x' as y %}", "import is not allowed"),
        ("{% for x in alerts recursive %}{% endfor %}", "nested"),
        ("{% for x in alerts %}" * 3 + "{% endfor %}" * 3, "nested"),
        ("{{ " + "-" * 300 + "1 }}", "nested"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "more than"),
        ("{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}", "nested"),
    ],
)
def test_a_template_that_could_go_wrong_is_refused_at_start(text: str, expected: str) -> None:
    """Mistakes, and what could take all memory or time; hook and line are named."""
    with pytest.raises(ConfigError) as caught:
        templates(f"\n{text}")

    assert "[hooks.probe] template" in str(caught.value)
    assert expected in str(caught.value)


def test_what_hides_behind_a_value_cannot_be_reached() -> None:
    """The sandbox gives nothing for what a program could misuse."""
    assert said("x{{ first.__class__.__mro__ }}{{ first.object.__class__ }}") == "x #aedd"


def test_a_hook_has_its_own_template_and_the_others_share_one() -> None:
    """Alerts of several hooks in one text are worded by the common one."""
    found = read_templates({"probe": "own", "plain": None}, "common", WORDING)
    other = replace(DISK, source="other")

    assert found.word([DISK], WORDING, at=AT).startswith("own ")
    assert found.word([other], WORDING, at=AT).startswith("common ")
    assert found.word([DISK, other], WORDING, at=AT).startswith("common ")
    assert Templates().word([DISK], WORDING, at=AT) == word([DISK], WORDING, at=AT)


def test_nothing_makes_much_out_of_little() -> None:
    """The worst that can be written ends soon and fits; a text is made while others wait."""
    grow = "{{ first.summary" + "|replace('', first.summary)" * 10 + " }}"
    loops = "{% for x in alerts %}{% for y in alerts %}{{ y.summary }}{% endfor %}{% endfor %}"
    silent = loops.replace("{{ y.summary }}", "")
    long = [replace(one, summary="word " * 10_000) for one in WEBS] * 10
    began = time.process_time()

    texts = [said(text, *long) for text in (grow, loops, silent)]

    assert all(estimate(text).parts == 1 for text in texts)
    assert time.process_time() - began < 2


@given(
    text=st.sampled_from(
        ["{{ word }} {{ first.object }} {{ first.summary }}", "{{ alerts[0].labels.a }}", "ş{{id}}"]
    ),
    summary=st.text(max_size=300),
    name=st.text(max_size=80),
    cheap=st.booleans(),
    parts=st.integers(1, 3),
)
def test_a_text_always_fits(text: str, summary: str, name: str, *, cheap: bool, parts: int) -> None:
    """Whatever an alert holds, its text has one line, an id and no more than its parts."""
    wording = replace(WORDING, transliterate=cheap, parts=parts)
    alert = replace(DISK, object=name, summary=summary, labels={"a": summary})
    made = read_templates({}, text, wording)

    found = made.word([alert], wording, at=AT)

    assert found == " ".join(found.split())
    assert "aedd" in found
    assert estimate(found).parts <= parts
