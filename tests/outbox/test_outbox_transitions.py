from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.models import Status
from im_notify.outbox import claiming, outcomes
from im_notify.outbox.outcomes import Doubt, End
from im_notify.outbox.twins import known_of, twin_of

if TYPE_CHECKING:
    from im_notify.outbox.claiming import Job
    from tests.outbox.conftest import Box

NUMBERS = ("5301234567", "5301234568", "5301234569")

# what happens to an order that was claimed when it stood in the first column, and what it is then
TABLE = [
    ("queued", "placed", ["placed"], "waiting"),
    ("queued", "not sent", ["queued"], "waiting"),
    ("queued", "doubt", ["unclear"], "waiting"),
    ("queued", "refused", ["done"], "refused"),
    ("queued", "expired", ["done"], "expired"),
    ("queued", "divided", ["queued", "queued"], "waiting"),
    ("queued", "lost", ["unclear"], "waiting"),
    ("queued", "died", ["unclear"], "waiting"),
    ("unclear", "placed", ["placed"], "waiting"),
    ("unclear", "not sent", ["unclear"], "waiting"),
    ("unclear", "doubt", ["unclear"], "waiting"),
    ("unclear", "unknown", ["done"], "unknown"),
    ("unclear", "lost", ["unclear"], "waiting"),
    ("unclear", "died", ["unclear"], "waiting"),
]


def happen(box: Box, job: Job, what: str) -> None:
    """Let something become of a claimed order."""
    later = box.now + 10
    if what == "placed":
        box.do(outcomes.placed, job, "7", look_at=later)
    elif what == "not sent":
        box.do(outcomes.retry, job, due_at=later, reason="no route")
    elif what == "doubt":
        box.do(outcomes.unclear, job, Doubt(reason="reset", due_at=later, repeated=job.unclear))
    elif what == "divided":
        box.do(outcomes.divide, job)
    elif what == "lost":
        box.do(outcomes.lost, job)
    elif what == "died":
        assert box.do(claiming.recover) == 1
    else:
        box.do(outcomes.finish, job, End(status=Status(what), reason="so it is", code=400))


def claimed_from(box: Box, state: str) -> Job:
    """Take an order that was queued, or one that was sent before without an answer."""
    if state == "unclear":
        box.do(outcomes.unclear, box.claim(), Doubt(reason="timeout", due_at=box.now))
        box.now += 5
    return box.claim()


@pytest.mark.parametrize(("state", "what", "states", "status"), TABLE)
def test_an_order_goes_where_the_picture_says(
    box: Box, state: str, what: str, states: list[str], status: str
) -> None:
    """Every event in every state that it can happen in, and the message with it."""
    accepted = box.accept("x", *NUMBERS)
    job = claimed_from(box, state)

    happen(box, job, what)

    stored = box.stored(accepted)
    assert [one.state for one in stored.orders] == states
    assert stored.status == status
    assert sorted(row.number for row in stored.deliveries) == sorted(NUMBERS)
    assert {row.status for row in stored.deliveries} == {status}


@pytest.mark.parametrize("what", ["placed", "refused", "doubt", "not sent"])
def test_what_was_stored_is_not_lost_afterwards(box: Box, what: str) -> None:
    """An error after the outcome was stored takes nothing back."""
    accepted = box.accept()
    job = box.claim()
    happen(box, job, what)
    before = box.stored(accepted)

    happen(box, job, "lost")

    assert box.stored(accepted) == before


def test_an_order_that_is_under_way_is_not_claimed_again(box: Box) -> None:
    """Two workers cannot have the same one."""
    box.accept()
    box.claim()

    assert box.do(claiming.claim, limit=10) == []


def test_an_unclear_order_keeps_the_time_of_its_first_attempt(box: Box) -> None:
    """The ten minutes of the provider count from there, whatever was tried since."""
    box.accept()
    began = box.now
    job = claimed_from(box, "unclear")
    happen(box, job, "not sent")
    box.now += 60
    job = box.claim()
    happen(box, job, "died")

    job = box.claim()

    assert (job.first_at, job.unclear, job.attempts) == (began, True, 3)


def test_an_order_that_was_surely_not_sent_starts_anew(box: Box) -> None:
    """Only the next attempt can be repeated."""
    box.accept()
    happen(box, box.claim(), "not sent")
    box.now += 60

    assert box.claim().first_at == box.now


def test_only_what_was_under_way_is_taken_over(box: Box) -> None:
    """A start after a clean end finds nothing unclear."""
    box.accept("a")
    box.place()
    box.accept("b")

    assert box.do(claiming.recover) == 0


def test_halves_of_an_order_are_due_at_once(box: Box) -> None:
    """Nobody waits for the one who is wrong."""
    box.accept("x", *NUMBERS)
    happen(box, box.claim(), "divided")

    jobs = box.do(claiming.claim, limit=10)

    assert [job.message.recipients for job in jobs] == [NUMBERS[:2], NUMBERS[2:]]
    assert {job.message.text for job in jobs} == {"x"}


@pytest.mark.parametrize(
    ("text", "numbers", "found"),
    [
        ("x", ("5301234567", "5301234568"), True),
        ("x", ("5301234568", "5301234567"), True),
        ("x", ("5301234567",), False),
        ("y", ("5301234567", "5301234568"), False),
    ],
)
def test_a_twin_has_text_and_recipients(
    box: Box, text: str, numbers: tuple[str, ...], *, found: bool
) -> None:
    """In whatever order; the provider compares them so."""
    box.accept("x", "5301234567", "5301234568")
    box.place("41")
    box.accept(text, *numbers)
    job = box.claim()

    twin = box.database.read(lambda c: twin_of(c, job, since=box.now - 600))

    assert (twin is not None and twin.order_id == "41") is found


def test_only_an_order_of_ours_is_known(box: Box) -> None:
    """By the number that the provider gave it."""
    box.accept()
    box.place("41")

    many = [str(number) for number in range(2000)]

    assert box.database.read(lambda c: known_of(c, many)) == {"41"}
    assert box.database.read(lambda c: known_of(c, [])) == set()
