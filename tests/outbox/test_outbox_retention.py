from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select

from im_notify.models import OrderState, Status
from im_notify.outbox import outcomes, reporting, retention, schema, telling
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Rung
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Table

    from im_notify.alerts import Alert
    from im_notify.outbox.entries import Accepted
    from tests.outbox.conftest import Box

DAY = 86_400.0
KEEP = 2 * DAY
NUMBER = "5301234567"


def forget(box: Box, limit: int = 100) -> int:
    """Forget what ended more than two days ago."""
    before = box.now - KEEP
    return box.database.write(lambda c: retention.forget(c, before=before, limit=limit)).result()


def delivered(order_id: str, *numbers: str) -> Report:
    """Return a report that these have it."""
    rows = tuple(Delivery(one, Status.DELIVERED) for one in numbers)
    return Report(order_id=order_id, state=OrderState.COMPLETED, deliveries=rows)


def tell_all(box: Box) -> None:
    """Let the plugins have heard everything."""
    found = box.database.read(lambda c: telling.pending(c, 10_000))
    box.database.write(lambda c: telling.told(c, [one.pk for one in found])).result()


def ended(box: Box, accepted: Accepted) -> float | None:
    """Return when a message ended."""
    at = select(schema.messages.c.ended_at).where(schema.messages.c.id == accepted.id)
    found: float | None = box.database.read(lambda c: c.scalar(at))
    return found


def _size(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def pages(box: Box) -> int:
    """Return how large the file is."""
    return box.database.read(lambda c: int(c.exec_driver_sql("PRAGMA page_count").scalar_one()))


def counts(box: Box) -> dict[str, int]:
    """Count the rows of every table that has some, but for the version."""
    tables = [one for one in schema.metadata.sorted_tables if one is not schema.versions]
    found = {one.name: box.database.read(partial(_size, table=one)) for one in tables}
    return {name: count for name, count in found.items() if count}


def test_a_message_ends_when_nobody_waits_any_more(box: Box) -> None:
    """A refused part of it is no end; what comes late changes no time."""
    accepted = box.accept("x", NUMBER, "5301234568")
    job = box.claim()
    box.do(outcomes.divide, job)
    refused = box.claim()
    box.do(outcomes.finish, refused, outcomes.End(status=Status.REFUSED, reason="no"))
    early = ended(box, accepted)
    box.place("41")
    box.now += 60

    box.do(reporting.look_later, "41", look_at=None)
    first = ended(box, accepted)
    box.now += 60
    box.do(reporting.pushed, delivered("41", NUMBER, "5301234568"))

    assert early is None
    assert first == box.now - 60
    assert ended(box, accepted) == first


def test_what_ended_long_ago_goes_with_all_that_hangs_on_it(
    box: Box, new_alert: Callable[..., Alert]
) -> None:
    """Nothing is left of messages and of problems that ended."""
    box.alert(new_alert())
    box.accept("x", NUMBER, ladder=(Rung(90.0, "a/1"),))
    for order_id in ("1", "2"):
        box.place(order_id)
        box.do(reporting.pushed, delivered(order_id, NUMBER))
    box.alert(new_alert(state="resolved"), recovery="never")
    tell_all(box)
    box.now += KEEP + 1

    gone = [forget(box) for _pass in range(2)]

    assert gone == [3, 0]
    assert counts(box) == {}


def hang(table: Any, **values: Any) -> Callable[[Box, Accepted], None]:
    """Return what hangs a row on a message."""

    def add(box: Box, accepted: Accepted) -> None:
        row = {"message_id": accepted.id, "due_at": box.now, "state": "waiting"} | values
        names = {column.name for column in table.c}
        row = {name: value for name, value in row.items() if name in names}
        box.database.write(lambda c: c.execute(insert(table), row) and None).result()

    return add


HELD = {
    "id": "h1",
    "audience": "",
    "source": "",
    "episode": "",
    "reason": "",
    "alert": "{}",
    "route": "{}",
    "at": 0.0,
}
OPEN = {
    "a telling": hang(schema.tellings, at=0.0, report="{}"),
    "a step of the ladder": hang(schema.rungs, position=1, target="a/1"),
    "a step that is being tried": hang(schema.rungs, position=1, target="a/1", state="trying"),
    "a write-back": hang(schema.write_backs, target="x"),
    "a held alert": hang(schema.held, **HELD, state="held"),
}


@pytest.mark.parametrize("left", OPEN.values(), ids=OPEN)
def test_a_message_about_which_something_is_to_be_done_stays(
    box: Box, left: Callable[[Box, Accepted], None]
) -> None:
    """However old it is."""
    accepted = box.accept()
    box.deliver(accepted)
    tell_all(box)
    left(box, accepted)
    box.now += 100 * KEEP

    assert forget(box) == 0
    assert box.stored(accepted).status is Status.DELIVERED


def test_what_ended_a_moment_ago_or_not_at_all_stays(box: Box) -> None:
    """Its age is that of its end."""
    old = box.accept()
    box.now += 3 * KEEP
    young = box.accept()
    box.deliver(old)
    tell_all(box)

    assert forget(box) == 0
    assert [box.stored(one).status for one in (old, young)] == ["delivered", "waiting"]


def test_it_is_forgotten_in_batches(box: Box) -> None:
    """Whoever wants to write waits for one of them only."""
    accepted = [box.accept(str(number)) for number in range(5)]
    box.deliver(*accepted)
    tell_all(box)
    box.now += KEEP + 1

    assert [forget(box, limit=2) for _pass in range(4)] == [2, 2, 1, 0]


def test_the_end_of_a_problem_is_told_though_its_message_is_gone(
    box: Box, new_alert: Callable[..., Alert]
) -> None:
    """It lasted for longer than messages are kept."""
    box.deliver(*box.alert(new_alert()))
    tell_all(box)
    box.now += KEEP + 1
    gone = forget(box)

    box.alert(new_alert(state="resolved"))

    assert gone == 1
    assert box.texts() == [["firing cpu@1"], ["resolved cpu@1"]]


def test_a_problem_without_an_end_is_forgotten_at_last(
    box: Box, new_alert: Callable[..., Alert]
) -> None:
    """Events that have no recovery must not gather for ever."""
    box.deliver(*box.alert(new_alert(once=True)))
    tell_all(box)
    box.now += KEEP + retention.UNHEARD + 1

    assert [forget(box) for _pass in range(2)] == [2, 0]
    assert counts(box) == {}


def test_a_store_with_a_constant_inflow_does_not_grow(
    box: Box, new_alert: Callable[..., Alert]
) -> None:
    """Four days fill it; after twelve it is as large."""
    sizes = []
    for day in range(12):
        for number in range(40):
            box.now += DAY / 40
            (accepted,) = box.alert(new_alert(f"{day}/{number}"), recovery="never")
            box.deliver(accepted)
            box.alert(new_alert(f"{day}/{number}", state="resolved"), recovery="never")
        tell_all(box)
        while forget(box, limit=10):
            pass
        while box.database.write(retention.give_back).result():
            pass
        sizes.append(pages(box))

    assert sizes[-1] <= sizes[3] + 5
    assert counts(box)["messages"] == counts(box)["episodes"] == 81  # of two days


def test_the_file_shrinks_when_much_is_forgotten(box: Box) -> None:
    """The pages go back a few at a time."""
    box.deliver(*[box.accept("x" * 3000 + str(number)) for number in range(300)])
    tell_all(box)
    before = pages(box)
    box.now += KEEP + 1
    while forget(box):
        pass

    passes = 1
    while box.database.write(retention.give_back).result():
        passes += 1

    after = pages(box)
    assert after < before / 2
    assert passes == -(-(before - after) // retention.PAGES)


def test_a_file_that_began_without_it_only_uses_its_room_again(tmp_path: Path) -> None:
    """SQLite cannot give pages of such a file back, short of writing all of it anew."""
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as old:
        old.execute("CREATE TABLE anything (x)")
    database = Database(f"sqlite:///{tmp_path}/outbox.db")

    freed = database.write(retention.give_back).result()
    database.close()

    assert freed is False
