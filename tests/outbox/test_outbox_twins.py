"""Orders that may be mistaken for one another, and that they are found without reading all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from im_notify.models import Status
from im_notify.outbox import outcomes, retention, twins

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from im_notify.outbox.claiming import Job
    from tests.outbox.conftest import Box

AROUND = 180.0
UNKNOWN = outcomes.End(status=Status.UNKNOWN, reason="not found")
REFUSED = outcomes.End(status=Status.REFUSED, reason="no")


def rivals(box: Box, job: Job) -> int:
    """Count the rivals of an order."""
    return len(box.database.read(lambda c: twins.rivals_of(c, job, around=AROUND)))


@pytest.mark.parametrize(
    ("text", "number", "end", "count"),
    [
        ("y", "5301234567", None, 1),
        ("y", "5301234567", UNKNOWN, 1),
        ("y", "5301234567", REFUSED, 0),
        ("x", "5301234567", None, 0),
        ("y", "5301234568", None, 0),
    ],
)
def test_a_rival_has_another_text_and_no_number(
    box: Box, *, text: str, number: str, end: outcomes.End | None, count: int
) -> None:
    """It is on its way, or it is unknown what became of it."""
    box.accept(text, number)
    other = box.claim()
    if end:
        box.do(outcomes.finish, other, end)
    box.accept("x")

    assert rivals(box, box.claim()) == count


def test_an_order_whose_number_is_known_is_no_rival(box: Box) -> None:
    """The provider's list has it under its number."""
    box.accept("y")
    box.place("41")
    box.accept("x")

    assert rivals(box, box.claim()) == 0


@pytest.mark.parametrize(("later", "count"), [(AROUND, 1), (AROUND + 1, 0)])
def test_a_rival_was_tried_at_about_the_same_time(box: Box, *, later: float, count: int) -> None:
    """What the provider lists has a time."""
    box.accept("y")
    box.claim()
    box.now += later
    box.accept("x")

    assert rivals(box, box.claim()) == count


def explained(connection: Connection, statement: str, values: Any) -> Any:
    """Return how SQLite would go about it."""
    return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()


@pytest.mark.parametrize(
    "look",
    [
        lambda c, job: twins.twin_of(c, job, since=0.0),
        lambda c, job: twins.rivals_of(c, job, around=AROUND),
        lambda c, _job: retention.forget(c, before=0.0, limit=100),
    ],
    ids=["twins", "rivals", "what is old"],
)
def test_it_is_found_by_an_index(box: Box, look: Callable[[Connection, Job], Any]) -> None:
    """No table is read from end to end, however much is stored."""
    box.accept("x")
    job = box.claim()
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    box.database.read(lambda c: look(c, job))
    event.remove(Engine, "before_cursor_execute", note)

    plans = [
        row.detail
        for statement, values in asked
        for row in box.database.read(partial(explained, statement=statement, values=values))
    ]
    assert plans
    assert [one for one in plans if one.startswith("SCAN")] == []
