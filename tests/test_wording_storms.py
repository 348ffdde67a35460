from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.text import Encoding, estimate
from im_notify.wording import Wording, word_storm

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def alert(name: str, **told: Any) -> Alert:
    """Make an alert about `name`."""
    values: dict[str, Any] = {"state": AlertState.FIRING, "object": name, "summary": "down"} | told
    return Alert(source="test", episode=name, **values)


def worded(*alerts: Alert, language: str = "en", count: int = 214, seconds: float = 300.0) -> str:
    """Return a notice without its id."""
    wording = Wording(language=language, zone=ZoneInfo("Europe/Istanbul"))
    within = timedelta(seconds=seconds)
    text = word_storm(alerts, wording, at=AT, count=count, within=within)
    assert text[-5] == "#"
    return text[:-6]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("tr", "FIRTINA: 214 alarm 5 dk, özet modu (1 kritik): db1,web1,web2 +211 12:00"),
        ("en", "STORM: 214 alerts in 5 min, digest mode (1 critical): db1,web1,web2 +211 12:00"),
    ],
)
def test_a_notice_says_how_much_how_fast_and_who(language: str, text: str) -> None:
    """The worst come first; the rest is counted."""
    alerts = [alert("web1"), alert("web2"), alert("db1.example.com", severity=Severity.CRITICAL)]

    assert worded(*alerts, alert("web3"), language=language) == text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 min"), (61, "2 min"), (59 * 60, "59 min"), (3600, "1h"), (8000, "2h14min")],
)
def test_a_notice_says_its_time_in_minutes(seconds: float, said: str) -> None:
    """Rounded up, and never none."""
    assert worded(alert("a"), seconds=seconds).startswith(f"STORM: 214 alerts in {said}, ")


def test_one_alert_has_no_rest() -> None:
    """A limit of one."""
    assert worded(alert("a"), count=1) == "STORM: 1 alert in 5 min, digest mode: a 12:00"


def test_two_notices_differ() -> None:
    """The provider swallows what it has seen within ten minutes."""
    wording = Wording(language="en", zone=UTC)
    texts = {
        word_storm([alert(name)], wording, at=AT + later, count=9, within=timedelta(minutes=1))
        for name in ("a", "b")
        for later in (timedelta(0), timedelta(seconds=1))
    }

    assert len(texts) == 4


@given(
    names=st.lists(st.text(max_size=200), min_size=1, max_size=5),
    count=st.integers(1, 10**6),
    seconds=st.floats(0, 1e6),
    language=st.sampled_from(["tr", "en"]),
)
def test_a_notice_is_one_part_of_gsm(
    names: list[str], count: int, seconds: float, language: str
) -> None:
    """Whatever the alerts are called."""
    text = worded(*map(alert, names), language=language, count=count, seconds=seconds)

    assert (estimate(text).parts, estimate(text).encoding) == (1, Encoding.GSM)
