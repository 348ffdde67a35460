from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.outbox.entries import AlertPlan
from im_notify.outbox.episodes import accept_alerts
from im_notify.outbox.rungs import next_rung
from im_notify.wording import Wording, short_id, word

if TYPE_CHECKING:
    from tests.outbox.conftest import Box

MINUTE, HOUR = 60.0, 3600.0


def test_an_ha_pair_makes_one_message(box: Box, new_alert: Any) -> None:
    """Two members tell the same at once, on two threads: one is new, one is a duplicate."""
    together = Barrier(2)

    def tell(_member: int) -> Any:
        together.wait(10)
        return box.alert(new_alert("cpu"), new_alert("disk"))

    with ThreadPoolExecutor(2) as pool:
        (first,), (second,) = pool.map(tell, range(2))

    assert first.id == second.id
    assert {first.duplicate, second.duplicate} == {True, False}
    assert len(box.worded) == 1


def test_a_retry_makes_no_second_message(box: Box, new_alert: Any) -> None:
    """The answer got lost; the second answer has the same id."""
    (first,) = box.alert(new_alert())
    (again,) = box.alert(new_alert())

    assert (again.id, again.duplicate) == (first.id, True)


def test_the_same_alert_twice_in_one_request_counts_once(box: Box, new_alert: Any) -> None:
    """It is worded once; of two states the last one said counts."""
    box.alert(new_alert("cpu"), new_alert("cpu"), new_alert("disk"))
    box.alert(new_alert("net", "resolved"), new_alert("net", "firing"))

    assert box.texts() == [["firing cpu@1", "firing disk@1"], ["firing net@1"]]


@pytest.mark.parametrize(("later", "texts"), [(4 * HOUR - 1, 1), (4 * HOUR, 2)])
def test_a_problem_that_lasts_is_repeated_after_its_time(
    box: Box, new_alert: Any, later: float, texts: int
) -> None:
    """Not before; and as the same problem, since when it was first told."""
    box.alert(new_alert())
    box.now += later

    box.alert(new_alert())

    assert box.texts() == [["firing cpu@1"]] * texts
    assert len({one.started_at for (one,) in box.worded}) == 1


def test_a_problem_that_gets_worse_is_told_again_once(box: Box, new_alert: Any) -> None:
    """A warning that becomes critical is news; that it is one again, or swings, is none."""
    for severity in ("warning", "critical", "warning", "critical", "info"):
        box.alert(new_alert(severity=Severity(severity)))
    box.alert(new_alert("cpu", "resolved", severity=Severity.INFO))
    box.alert(new_alert(severity=Severity.WARNING))
    box.alert(new_alert(severity=Severity.CRITICAL))

    told = [(one.episode, one.severity.value) for (one,) in box.worded if one.state == "firing"]
    first, second = told[:2], told[2:]
    assert first == [("cpu@1", "warning"), ("cpu@1", "critical")]
    assert second == [("cpu@2", "warning"), ("cpu@2", "critical")]


def test_only_what_changed_in_a_group_is_worded(box: Box, new_alert: Any) -> None:
    """A third alert joins two that are known."""
    box.alert(new_alert("a"), new_alert("b"))
    box.alert(new_alert("a"), new_alert("b"), new_alert("c"))

    assert box.texts()[1:] == [["firing c@1"]]


@pytest.mark.parametrize(
    ("policy", "delivered", "texts"),
    [
        ("delivered", True, 2),
        ("delivered", False, 1),
        ("always", True, 2),
        ("always", False, 2),
        ("never", True, 1),
        ("never", False, 1),
    ],
)
def test_the_end_of_a_problem_is_texted_as_configured(
    box: Box, new_alert: Any, *, policy: str, delivered: bool, texts: int
) -> None:
    """`delivered`: only to whom the problem was told; either way the change is remembered."""
    (accepted,) = box.alert(new_alert(), recovery=policy)
    if delivered:
        box.deliver(accepted)

    box.alert(new_alert(state="resolved"), recovery=policy)
    box.alert(new_alert(state="resolved"), recovery=policy)

    assert len(box.worded) == texts
    assert "resolved" in box.timeline(accepted)


def test_when_all_are_resolved_one_text_says_so(box: Box, new_alert: Any) -> None:
    """A group ends in one message."""
    box.deliver(*box.alert(new_alert("a"), new_alert("b")))

    box.alert(new_alert("a", "resolved"), new_alert("b", "resolved"))

    assert box.texts()[1:] == [["resolved a@1", "resolved b@1"]]


@pytest.mark.parametrize("state", ["resolved", "acknowledged"])
def test_the_end_of_a_problem_that_nobody_heard_of_is_silent(
    box: Box, new_alert: Any, state: str
) -> None:
    """The relay was new, or the problem came in before it: nothing is known, nothing is said."""
    assert box.alert(new_alert(state=state), recovery="always") == []
    assert box.worded == []


def test_down_up_down_within_a_minute_is_three_texts(box: Box, new_alert: Any, at: Any) -> None:
    """Distinct in id where they are two problems; the end has the id of its problem."""
    wording = Wording(language="en", zone=ZoneInfo("Europe/Istanbul"))
    for state in ("firing", "resolved", "firing"):
        box.alert(new_alert(state=state, object="db1", summary="down"), recovery="always")
        box.now += 5

    moment = at(box.now)
    texts = {word(alerts, wording, at=moment) for alerts in box.worded}
    ids = [short_id(alerts[0], moment) for alerts in box.worded]

    assert box.texts() == [["firing cpu@1"], ["resolved cpu@1"], ["firing cpu@2"]]
    assert len(texts) == 3
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("between", [[], ["acknowledged"]])
def test_the_end_knows_since_when(box: Box, new_alert: Any, at: Any, between: list[str]) -> None:
    """A source that does not say when it began: since it was told, an acknowledgement or not."""
    began = at(box.now)
    for state in ("firing", *between, "resolved"):
        box.alert(new_alert(state=state), recovery="always")
        box.now += 7 * MINUTE

    assert [alerts[0].started_at for alerts in box.worded] == [began, began]


def test_what_the_source_says_of_its_start_stays(box: Box, new_alert: Any, at: Any) -> None:
    """It knows better than we do."""
    began = at(box.now - HOUR)
    box.alert(new_alert(started_at=began))

    assert box.worded[0][0].started_at == began


def test_an_acknowledgement_is_no_text_and_stops_the_ladder(box: Box, new_alert: Any) -> None:
    """Somebody takes care: nobody else is woken; the end is told to whom the start was."""
    (accepted,) = box.alert(new_alert())
    _with_ladder(box, accepted.id)

    (known,) = box.alert(new_alert(state="acknowledged"), recovery="always")

    assert (known.id, known.duplicate) == (accepted.id, True)
    assert box.database.read(next_rung) is None
    assert len(box.worded) == 1


def test_a_ladder_goes_on_while_one_of_its_problems_does(box: Box, new_alert: Any) -> None:
    """Two alerts in one text: the first that ends does not silence the other."""
    (accepted,) = box.alert(new_alert("a"), new_alert("b"))
    _with_ladder(box, accepted.id)

    box.alert(new_alert("a", "resolved"))
    assert box.database.read(next_rung) is not None
    box.alert(new_alert("b", "resolved"))

    assert box.database.read(next_rung) is None


def test_two_audiences_hear_of_one_problem(box: Box, new_alert: Any) -> None:
    """What one contact was told is news to another."""
    (first,) = box.alert(new_alert(), audience="db")
    (second,) = box.alert(new_alert(), audience="web")
    (again,) = box.alert(new_alert(), audience="web")

    assert first.id != second.id == again.id


def _with_ladder(box: Box, message_id: str) -> None:
    from sqlalchemy import insert

    from im_notify.outbox import schema

    row = {"message_id": message_id, "position": 1, "target": "a/1", "state": "waiting"}
    row |= {"due_at": box.now}
    box.database.write(lambda c: c.execute(insert(schema.rungs), row)).result()


@pytest.mark.parametrize("field", ["source", "episode", "summary", "object", "group"])
def test_half_a_character_keeps_nothing_from_being_stored(
    box: Box, new_entry: Any, field: str
) -> None:
    """JSON can hold one; the alert is told, and its repetition is known."""
    said: dict[str, Any] = {"source": "test", "episode": "cpu", field: "a\ud83d"}
    one = Alert(state=AlertState.FIRING, **said)
    now = box.now
    entry = replace(new_entry(), write_back=("back",), origin=(one,))
    plan = AlertPlan(entry=lambda _alerts, _at: entry)

    first, again = (
        box.database.write(lambda c: accept_alerts(c, [one], plan, now=now)).result()
        for _time in range(2)
    )

    assert [found.duplicate for found in (*first, *again)] == [False, True]
