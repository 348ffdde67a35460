from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.alerts import Alert, AlertState, Severity, alert_from, alert_object
from im_notify.errors import AlertError

NAMES = st.text(min_size=1)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=3))])
TIMES = st.none() | st.datetimes(timezones=ZONES, min_value=datetime(1980, 1, 1))  # noqa: DTZ001
ALERTS = st.builds(
    Alert,
    source=NAMES,
    episode=NAMES,
    state=st.sampled_from(AlertState),
    severity=st.sampled_from(Severity),
    object=st.text(),
    summary=st.text(),
    started_at=TIMES,
    labels=st.dictionaries(st.text(), st.text()),
    group=st.text(),
    once=st.booleans(),
)


@given(ALERTS)
def test_an_alert_comes_back_from_json(alert: Alert) -> None:
    """Every field, also the zone of its time."""
    written = json.dumps(alert_object(alert))

    assert alert_from(json.loads(written)) == alert


def test_source_episode_and_state_are_enough() -> None:
    """The rest has the values of an alert that says nothing of it."""
    said = {"source": "x", "episode": "1", "state": "firing"}

    alert = alert_from(said)

    assert alert == Alert(source="x", episode="1", state=AlertState.FIRING)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": ""},
        {"source": None},
        {"episode": 7},
        {"state": "blue"},
        {"state": None},
        {"severity": "blue"},
        {"started_at": "yesterday"},
        {"started_at": "2026-11-21T06:32:00"},
        {"labels": ["a"]},
        {"labels": {"a": 1}},
        {"summary": {"a": 1}},
    ],
    ids=str,
)
def test_what_is_no_alert_is_refused(changes: dict[str, object]) -> None:
    """Also a time without a zone, which could be anybody's; nothing of it is repeated."""
    said = {"source": "x", "episode": "1", "state": "firing", **changes}

    with pytest.raises(AlertError, match="a field is missing or wrong"):
        alert_from(said)


@pytest.mark.parametrize("said", [None, [], "x", 7], ids=repr)
def test_only_an_object_is_an_alert(said: object) -> None:
    """Not a list of one, nor a text that holds it."""
    with pytest.raises(AlertError):
        alert_from(said)
