from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, insert

from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.figures import Figures, Outline, measure, outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.outbox.conftest import Box


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

    assert found == Outline("test", Status.WAITING, box.now)
    assert box.database.read(lambda c: outline(c, "nobody")) is None


def test_no_figure_looks_at_what_ended(box: Box) -> None:
    """Every step of every statement searches an index: the cost does not grow with the outbox."""
    box.accept("a")

    plans = box.database.read(lambda c: list(_plans(c, box.now)))

    assert len(plans) >= 5
    assert [one for one in plans if one.startswith("SCAN")] == []


def _plans(connection: Connection, now: float) -> Iterator[str]:
    asked: list[tuple[str, Any]] = []

    def note(*told: Any) -> None:
        asked.append(told[2:4])

    event.listen(connection, "before_cursor_execute", note)
    measure(connection, now=now)
    for statement, parameters in asked.copy():  # explaining is asking, too
        explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        yield from (str(row.detail) for row in explained)
