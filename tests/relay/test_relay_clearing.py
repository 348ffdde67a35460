from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import update

from im_notify.errors import RejectedError
from im_notify.models import Status
from im_notify.outbox import claiming, outcomes, schema

if TYPE_CHECKING:
    from im_notify.outbox.entries import Accepted
    from tests.relay.conftest import Bench


def interrupted(bench: Bench, count: int, *, placed: int) -> list[Accepted]:
    """Return messages that were being sent when the process died, more than ten minutes ago."""
    accepted = [bench.accept(f"text {one}", f"530{one:07d}") for one in range(count)]
    now = bench.clock.now().timestamp()
    jobs = bench.database.write(lambda c: claiming.claim(c, now=now, limit=count)).result()
    for job in jobs[:placed]:
        bench.engine.backend.send(job.message)
    bench.clock.advance(700)
    bench.engine.recover()
    return accepted


def refusal(code: int) -> RejectedError:
    """Return what is raised where the provider refuses."""
    return RejectedError("refused", backend="test", code=code)


def asked(bench: Bench, path: str) -> int:
    """Return how often the provider was asked for something."""
    return sum(one.path.endswith(path) for one in bench.sandbox.requests)


def test_one_reading_of_the_list_finds_many(bench: Bench) -> None:
    """Each order that is not ours yet is asked for its recipients once."""
    accepted = interrupted(bench, 25, placed=20)

    bench.send()
    bench.clear()

    assert asked(bench, "get-reports/json") == 1
    assert asked(bench, "get-report/json") == 20
    states = [bench.stored(one).orders[0].state for one in accepted]
    assert states == ["placed"] * 20 + ["sought"] * 5


def test_looking_up_holds_up_nobody(bench: Bench) -> None:
    """What waits to be sent goes, however many orders are sought and however long that takes."""
    interrupted(bench, 40, placed=0)
    waiting = [bench.accept(f"new {number}") for number in range(20)]

    bench.send()

    assert asked(bench, "get-reports/json") == 0
    assert {bench.stored(one).orders[0].state for one in waiting} == {"placed"}


def test_a_list_that_cannot_be_had_proves_nothing(bench: Bench) -> None:
    """It is asked for more often than an order is looked up at most: then the order is found."""
    (accepted,) = interrupted(bench, 1, placed=1)
    bench.sandbox.fault("503", count=30, path="get-reports")

    bench.run(1800)

    assert asked(bench, "get-reports/json") == 31
    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


def test_it_ends_as_unknown_when_it_can_never_be_had(bench: Bench) -> None:
    """Once the message is of no use any more."""
    (accepted,) = interrupted(bench, 1, placed=1)
    bench.sandbox.fault("503", count=10_000, path="get-reports")

    bench.run(7200)

    assert bench.stored(accepted).status is Status.UNKNOWN


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repetition_leaves_no_code_of_a_refusal(bench: Bench, when: Any) -> None:
    """That the provider refused the repeat says that the first one counts."""
    accepted = bench.accept()
    bench.sandbox.fault("502", when=when)

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert bench.stored(accepted).orders[0].code is None


def test_nobody_looks_while_the_account_is_refused(bench: Bench) -> None:
    """It would be refused as well, and that says nothing about the order."""
    interrupted(bench, 1, placed=1)
    bench.send()
    bench.engine.sender.pause.begin(refusal(401), "APITEST")

    due = bench.clear()

    assert asked(bench, "get-reports/json") == 0
    assert due == pytest.approx(bench.clock.now().timestamp() + 60)


@pytest.mark.parametrize("code", [402, 450])
@pytest.mark.parametrize(("placed", "status"), [(1, Status.DELIVERED), (0, Status.UNKNOWN)])
def test_what_is_unclear_is_cleared_up_while_sending_stands_still(
    bench: Bench, code: int, placed: int, status: Status
) -> None:
    """Questions cost nothing: it is found, or given up at its time, and never sent meanwhile."""
    accepted = bench.accept()
    bench.sandbox.fault("reset", when="after" if placed else "before")
    bench.engine.send_due()
    bench.engine.settle()
    bench.engine.sender.pause.begin(refusal(code), "APITEST")
    bench.sandbox.fault("503", count=10_000, path="get-balance")

    bench.run(60 if placed else 900)

    assert bench.stored(accepted).status is status
    assert bench.engine.sender.pause.trouble
    assert asked(bench, "send-sms/json") == 1


def test_it_may_still_be_sent_as_long_as_the_guard_holds(bench: Bench) -> None:
    """The account is topped up after five minutes, more look-ups than one that may not wait has."""
    accepted = bench.accept()
    bench.sandbox.fault("reset", when="before")
    bench.engine.send_due()
    bench.engine.settle()
    bench.engine.sender.pause.begin(refusal(402), "APITEST")
    bench.sandbox.fault("503", count=10_000, path="get-balance")
    bench.run(330)
    meanwhile = bench.stored(accepted).status

    bench.engine.sender.pause.probing = True
    bench.run(200)

    assert meanwhile is Status.WAITING
    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


@pytest.mark.parametrize("ahead", [-500, -120, 80, 120, 500])
def test_a_repetition_is_found_by_a_clock_that_is_wrong(bench: Bench, ahead: float) -> None:
    """The provider said that the order is there, so one that is a few minutes off must be it."""
    bench.clock.ahead = ahead
    accepted = bench.accept()
    bench.sandbox.fault("reset", when="after")

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert bench.stored(accepted).orders[0].order_id == bench.sandbox.ledger[0].order_id


@pytest.mark.parametrize("ahead", [-500, -120, 120, 500])
@pytest.mark.parametrize("gap", [0, 5, 60])
def test_a_clock_that_is_wrong_gives_no_order_to_another_message(
    bench: Bench, ahead: float, gap: float
) -> None:
    """Two texts to one phone, both repetitions: no guess is made, the list tells no texts."""
    bench.clock.ahead = ahead
    bench.sandbox.fault("503", count=30, path="get-reports")  # so that both are sought together
    accepted = {}
    for text in ("one", "two"):
        accepted[text] = bench.accept(text)
        bench.sandbox.fault("reset", when="after")
        bench.run(gap)

    bench.run(1800)

    placed = {one.text: one.order_id for one in bench.sandbox.ledger}
    found = {text: bench.stored(one).orders[0].order_id for text, one in accepted.items()}
    assert len(bench.sandbox.ledger) == 2
    assert all(found[text] in {None, placed[text]} for text in found)


def test_an_order_of_somebody_else_is_not_taken_for_a_repetition(bench: Bench) -> None:
    """It is minutes away, and an order of our own said the same."""
    message = bench.accept("somebody else's")
    bench.run(10)
    bench.database.write(
        lambda c: c.execute(update(schema.orders).values(order_id="not ours"))
    ).result()
    bench.clock.advance(200)
    first = bench.accept()
    bench.run(10)
    again = bench.accept()
    bench.sandbox.fault("reset", when="before")

    bench.run(60)

    assert bench.stored(again).orders[0].order_id == bench.stored(first).orders[0].order_id
    assert bench.stored(message).orders[0].order_id == "not ours"


class Late:
    """A provider whose list is read just before what it tells is stored here."""

    def __init__(self, bench: Bench, job: Any) -> None:
        """Let `job` be stored as placed once the recipients of its order were asked for."""
        self.name, self.max_recipients = "late", 10
        self._backend = cast("Any", bench.engine.backend)
        self._bench, self._job = bench, job
        self.send, self.orders = self._backend.send, self._backend.orders

    def report(self, receipt: Any) -> Any:
        """Answer, and let the sender of the order hear of it at last."""
        found = self._backend.report(receipt)
        now = self._bench.clock.now().timestamp()
        placed = partial(
            outcomes.placed, job=self._job, order_id=receipt.order_id, now=now, look_at=now
        )
        self._bench.database.write(placed).result()
        return found


def test_an_order_that_was_stored_since_it_was_listed_is_nobody_elses(bench: Bench) -> None:
    """Two texts to one phone: one is sought, the other's answer comes while the list is read."""
    sought = bench.accept("one")
    now = bench.clock.now().timestamp()
    bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.recover()
    bench.database.write(
        lambda c: c.execute(update(schema.orders).values(state="sought", repeats=1))
    ).result()
    bench.accept("two")
    (job,) = bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.backend.send(job.message)
    bench.engine.backend = Late(bench, job)

    bench.clear()

    assert bench.stored(sought).orders[0].order_id is None
    assert len(bench.sandbox.ledger) == 1
