from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from im_notify.models import OrderState, Status
from im_notify.outbox import claiming, reporting, steering, telling, writing_back
from im_notify.outbox.entries import Rung
from im_notify.outbox.rungs import next_rung
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from tests.outbox.conftest import Box

ONE, TWO = "5301234567", "5301234568"


def report(**statuses: str) -> Report:
    """Return a report: `one` and `two` are the recipients."""
    names = {"one": ONE, "two": TWO}
    rows = tuple(Delivery(names[name], Status(status)) for name, status in statuses.items())
    return Report(order_id="41", state=OrderState.SENDING, deliveries=rows)


def states(box: Box, accepted: object) -> dict[str, str]:
    """Return where the recipients stand."""
    stored = box.stored(accepted)  # type: ignore[arg-type]  # what `accept` gave
    return {row.number: row.status for row in stored.deliveries}


def to_tell(box: Box) -> list[tuple[str | None, list[str]]]:
    """Return what the report hook is to be told: the message, and where its recipients stand."""
    found = box.database.read(lambda c: telling.pending(c, 100))
    return [
        (one.message.key if one.message else None, [row.status for row in one.report.deliveries])
        for one in found
    ]


def test_a_push_is_told_with_all_recipients(box: Box) -> None:
    """It names one of two; the other stands as before."""
    accepted = box.accept("x", ONE, TWO)
    box.place("41")

    ours = box.do(reporting.pushed, report(one="delivered"))

    assert ours is True
    assert to_tell(box) == [(accepted.id, ["delivered", "waiting"])]


def test_a_push_before_the_poll_leaves_nothing_to_tell(box: Box) -> None:
    """The report that is asked for says the same: no change."""
    box.accept("x", ONE)
    box.place("41")
    box.do(reporting.pushed, report(one="delivered"))

    box.do(reporting.reported, report(one="delivered"), look_at=None)

    assert len(to_tell(box)) == 1
    assert box.do(reporting.outstanding, limit=10) == []


def test_the_same_push_twice_is_one_change(box: Box) -> None:
    """The provider repeats what was not answered in time."""
    box.accept("x", ONE, TWO)
    box.place("41")

    for _time in range(2):
        box.do(reporting.pushed, report(one="delivered"))

    assert len(to_tell(box)) == 1


@pytest.mark.parametrize("late", ["waiting", "undelivered"])
def test_delivered_is_never_taken_back(box: Box, late: str) -> None:
    """Pushes overtake each other."""
    accepted = box.accept("x", ONE, TWO)
    box.place("41")
    box.do(reporting.pushed, report(one="delivered"))

    box.do(reporting.pushed, report(one=late))

    assert len(to_tell(box)) == 1
    assert states(box, accepted)[ONE] == "delivered"


def test_a_push_for_an_order_of_others_is_refused(box: Box) -> None:
    """The account may be used elsewhere, too."""
    assert box.do(reporting.pushed, report(one="delivered")) is False
    assert to_tell(box) == []


def test_a_push_that_comes_after_the_end_still_counts(box: Box) -> None:
    """The order was given up as unknown; then the phone was switched on."""
    accepted = box.accept("x", ONE)
    box.place("41")
    box.do(reporting.look_later, "41", look_at=None)

    box.do(reporting.pushed, report(one="waiting"))
    box.do(reporting.pushed, report(one="delivered"))

    assert to_tell(box) == [(accepted.id, ["unknown"]), (accepted.id, ["delivered"])]
    assert box.stored(accepted).status is Status.DELIVERED
    assert box.stored(accepted).orders[0].state == "done"


def test_who_has_no_row_yet_is_not_missing(box: Box) -> None:
    """The order is still being worked on: nobody is told anything, and nothing is written back."""
    accepted = box.accept("x", ONE, write_back=("zabbix",))
    box.place("41")

    box.do(reporting.reported, report(one="missing"), look_at=box.now + 5)

    assert to_tell(box) == []
    assert (box.stored(accepted).status, states(box, accepted)) == (
        Status.WAITING,
        {ONE: "waiting"},
    )
    assert box.database.read(writing_back.next_due) is None


@pytest.mark.parametrize("end", ["complete", "given up"])
def test_who_is_missing_ends_with_the_order(box: Box, end: str) -> None:
    """Not before: the other may still get it, and what is missing may still be named."""
    accepted = box.accept("x", ONE, TWO, write_back=("zabbix",))
    box.place("41")
    part = replace(report(one="waiting", two="missing"), state=OrderState.COMPLETED)
    box.do(reporting.reported, part, look_at=box.now + 5)
    box.do(reporting.pushed, report(one="delivered"))
    before = (box.stored(accepted).status, box.database.read(writing_back.next_due))

    if end == "complete":
        whole = replace(report(one="delivered", two="missing"), state=OrderState.COMPLETED)
        box.do(reporting.reported, whole, look_at=None)
    else:
        box.do(reporting.look_later, "41", look_at=None)

    assert before == (Status.WAITING, None)
    assert box.stored(accepted).status is Status.MISSING
    assert box.database.read(writing_back.next_due) == box.now
    assert to_tell(box)[-1] == (accepted.id, ["delivered", "missing"])


def test_who_still_waits_at_the_end_is_unknown(box: Box) -> None:
    """It is told, and the message says it."""
    accepted = box.accept("x", ONE, TWO)
    box.place("41")

    last = report(one="delivered", two="waiting")
    box.do(reporting.reported, last, look_at=None)

    assert to_tell(box) == [(accepted.id, ["delivered", "unknown"])]
    assert box.stored(accepted).status is Status.UNKNOWN


def test_a_report_that_cannot_be_had_is_asked_for_later(box: Box) -> None:
    """Nothing changes meanwhile."""
    box.accept("x", ONE)
    box.place("41")

    box.do(reporting.look_later, "41", look_at=box.now + 60)

    assert to_tell(box) == []
    box.now += 59
    assert box.do(reporting.outstanding, limit=10) == []
    box.now += 1
    (receipt,) = box.do(reporting.outstanding, limit=10)
    assert (receipt.order_id, receipt.recipients) == ("41", (ONE,))


def test_two_messages_of_one_order_are_both_told(box: Box) -> None:
    """The second only repeated the first; each has its own story."""
    first, second = box.accept("x", ONE), box.accept("x", ONE)
    box.place("41")
    box.place("41")

    box.do(reporting.reported, report(one="delivered"), look_at=None)

    assert [message_id for message_id, _statuses in to_tell(box)] == [first.id, second.id]


def test_delivery_to_all_ends_the_ladder(box: Box) -> None:
    """Not before everybody has it."""
    box.accept("x", ONE, TWO, ladder=(Rung(90.0, "a/1"),))
    box.place("41")

    box.do(reporting.pushed, report(one="delivered"))
    assert box.database.read(next_rung) is not None
    box.do(reporting.pushed, report(two="delivered"))

    assert box.database.read(next_rung) is None


@pytest.mark.parametrize(
    ("numbers", "orders"), [((ONE,), ["done"]), ((ONE, TWO), ["done", "queued"])]
)
def test_who_had_it_after_all_is_not_sent_to_again(
    box: Box, numbers: tuple[str, ...], orders: list[str]
) -> None:
    """The push for the first order comes while the retry waits for its time."""
    accepted = box.accept("x", *numbers)
    box.place("41")
    box.do(reporting.look_later, "41", look_at=None)
    box.do(steering.retry, accepted.id, lifetime=3600.0, force=True)

    box.do(reporting.pushed, report(one="delivered"))

    assert states(box, accepted)[ONE] == "delivered"
    assert [order.state for order in box.stored(accepted).orders] == orders
    box.now += 3600
    claimed = box.database.write(lambda c: claiming.claim(c, now=box.now, limit=9)).result()
    assert [job.message.recipients for job in claimed] == [numbers[1:]] * (len(numbers) - 1)
    assert to_tell(box)[-1] == (accepted.id, ["delivered"])


def test_what_was_sent_again_already_waits_for_its_own_report(box: Box) -> None:
    """The first order arrived, too; nothing is undone."""
    accepted = box.accept("x", ONE)
    box.place("41")
    box.do(reporting.look_later, "41", look_at=None)
    box.do(steering.retry, accepted.id, lifetime=3600.0, force=True)
    box.now += 3600
    box.place("42")

    box.do(reporting.pushed, report(one="delivered"))

    assert states(box, accepted) == {ONE: "waiting"}
