from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from im_notify.outbox.entries import Rung

if TYPE_CHECKING:
    from tests.outbox.conftest import Box


def test_a_key_names_one_message(box: Box) -> None:
    """The second time it is the message that is there, even with another text."""
    first = box.accept("one", key="a")
    again = box.accept("two", key="a")
    other = box.accept("one", key="b")

    assert (again.id, again.duplicate) == (first.id, True)
    assert (other.duplicate, other.id == first.id) == (False, False)


def test_a_duplicate_tells_how_far_the_message_is(box: Box) -> None:
    """Whoever tries again learns that it was delivered."""
    box.deliver(box.accept(key="a"))

    assert box.accept(key="a").status == "delivered"


def test_threads_with_one_key_make_one_message(box: Box) -> None:
    """Sixteen at once: one is new, all have its id."""
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _n: box.accept(key="a"), range(16)))

    assert len({one.id for one in found}) == 1
    assert sum(not one.duplicate for one in found) == 1


def test_without_a_key_equal_messages_are_two(box: Box) -> None:
    """Nobody said that they are the same."""
    assert box.accept("x").id != box.accept("x").id


def test_what_is_scheduled_waits_for_its_time(box: Box, at: Any) -> None:
    """It is not due before, and its lifetime starts then."""
    accepted = box.accept(send_at=at(box.now + 600), lifetime=60.0)

    assert box.stored(accepted).expires_at == at(box.now + 660)
    box.now += 601
    assert box.claim().message_id == accepted.id


def test_a_ladder_counts_from_the_acceptance(box: Box) -> None:
    """Its rungs are stored with the message."""
    from im_notify.outbox.rungs import next_rung

    box.accept(ladder=(Rung(90.0, "oncall/1"), Rung(180.0, "oncall/2")))

    assert box.database.read(next_rung) == box.now + 90
