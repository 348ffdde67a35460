from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert

from im_notify.models import OrderState, Status
from im_notify.outbox import overdue, reporting, schema
from im_notify.outbox.database import Database
from im_notify.outbox.figures import Figures, Outline, measure, outline
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.outbox.conftest import Box

LOOK = 3.0  #: seconds after an order is placed, when its report is due first


def figures(box: Box, later: float = 0.0) -> Figures:
    """Measure the box, `later` seconds from now."""
    return box.database.read(lambda c: measure(c, now=box.now + later))


def test_an_empty_outbox_has_nothing_that_waits(box: Box) -> None:
    """Every state is there, with nothing in it."""
    none = {"queued": 0, "sending": 0, "unclear": 0, "sought": 0, "placed": 0}

    assert figures(box, 1000) == Figures(states=none, held={}, oldest=0.0, late=0.0)


def test_what_waits_is_counted_and_timed(box: Box) -> None:
    """The oldest that is not sent, and the report that is overdue for longest."""
    box.accept("a")
    box.place()
    box.now += 30
    box.accept("b")
    box.now += 20
    box.accept("c")

    found = figures(box, 10)

    assert found.states == {"queued": 2, "sending": 0, "unclear": 0, "sought": 0, "placed": 1}
    assert found.oldest == 30
    assert found.late > 0


def test_what_is_scheduled_does_not_wait(box: Box) -> None:
    """Until its time comes, and then since its time."""
    at = datetime.fromtimestamp(box.now + 3600, UTC)
    box.accept("later", send_at=at)

    assert figures(box, 1800).oldest == 0.0
    assert figures(box, 3610).oldest == 10.0


def test_held_alerts_are_counted_by_reason(box: Box) -> None:
    """Only those that are held now."""
    row = {
        "audience": "oncall",
        "source": "a",
        "episode": "e",
        "alert": "{}",
        "route": "{}",
        "at": box.now,
        "due_at": box.now,
    }
    rows = [
        row | {"id": "1", "state": "held", "reason": "gather"},
        row | {"id": "2", "state": "held", "reason": "gather"},
        row | {"id": "3", "state": "dropped", "reason": "daily cap"},
    ]
    box.database.write(lambda c: c.execute(insert(schema.held), rows)).result()

    assert figures(box).held == {"gather": 2}


def test_a_message_in_outline(box: Box) -> None:
    """Door, state, and since when it may be sent."""
    accepted = box.accept("a")

    found = box.database.read(lambda c: outline(c, accepted.id))

    assert found == Outline("test", Status.WAITING, box.now, ended=False)
    assert box.database.read(lambda c: outline(c, "nobody")) is None


def test_no_figure_looks_at_what_ended(box: Box) -> None:
    """Every step of every statement searches an index: the cost does not grow with the outbox."""
    box.accept("a")

    plans = box.database.read(lambda c: list(_plans(c, box.now)))

    assert len(plans) >= 5
    assert [one for one in plans if one.startswith("SCAN")] == []


def test_a_report_that_cannot_be_read_is_late_however_often_it_is_put_off(
    box: Box, tmp_path: Path
) -> None:
    """Since it was due; a restart forgets nothing of that, and its coming ends it."""
    box.accept("a")
    box.place("41")
    for _question in range(10):
        box.now += 60
        box.do(reporting.look_later, "41", look_at=box.now + 60)

    late = figures(box).late
    again = Database(f"sqlite:///{tmp_path}/outbox.db")
    after_restart = again.read(lambda c: measure(c, now=box.now)).late
    again.close()
    box.do(reporting.reported, report("41"), look_at=box.now + 900)

    assert late == after_restart == 600 - LOOK
    assert [figures(box, 900).late, figures(box, 910).late] == [0, 10]


def test_what_was_read_proves_that_reports_can_be_read(box: Box) -> None:
    """Of one order the provider says nothing, of another it does: nothing is late from then on."""
    box.accept("a")
    box.accept("b")
    box.place("41")
    box.place("42")
    box.now += 60
    box.do(reporting.look_later, "41", look_at=box.now + 3600)
    before = figures(box, 1000).late
    box.now += 1000
    box.do(reporting.reported, report("42"), look_at=box.now + 3600)
    box.do(overdue.heard)

    assert before == 1060 - LOOK
    assert figures(box, 20).late == 20


@pytest.mark.parametrize("how", ["pushed", "given up"])
def test_what_ended_is_owed_no_report(box: Box, how: str) -> None:
    """The next order, whose report is not due yet, does not take that over."""
    box.accept("a")
    box.place("41")
    box.do(reporting.look_later, "41", look_at=box.now + 3600)
    if how == "pushed":
        box.do(reporting.pushed, report("41", Status.DELIVERED))
    else:
        box.do(reporting.look_later, "41", look_at=None)
    box.now += 3000
    box.accept("b")
    box.place("42")

    assert figures(box).late == 0


def test_a_push_does_not_hide_that_nothing_can_be_asked(box: Box) -> None:
    """It tells of one of two; the report of both is still owed."""
    box.accept("a", "5301234567", "5301234568")
    box.place("41")
    box.do(reporting.look_later, "41", look_at=box.now + 3600)
    box.now += 700

    box.do(reporting.pushed, report("41", Status.DELIVERED))

    assert figures(box).late == 700 - LOOK


def report(order_id: str, status: Status = Status.WAITING) -> Report:
    """Return a report of one recipient."""
    rows = (Delivery("5301234567", status),)
    return Report(order_id=order_id, state=OrderState.SENDING, deliveries=rows)


def _plans(connection: Connection, now: float) -> Iterator[str]:
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append(told[2:4])

    event.listen(connection, "before_cursor_execute", note)
    measure(connection, now=now)
    overdue.heard(connection, now=now)
    for statement, parameters in asked.copy():  # explaining is asking, too
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        yield from (str(row.detail) for row in explained)
