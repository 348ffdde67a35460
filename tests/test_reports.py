from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import OrderState, Status, overall
from im_notify.reports import Counters, Delivery, Report, collect, merge, reconcile

NUMBERS = [str(5301234560 + one) for one in range(4)]
WORDS = st.sampled_from([Status.WAITING, Status.DELIVERED, Status.UNDELIVERED, Status.MISSING])


def report_of(*statuses: Status, state: OrderState = OrderState.COMPLETED) -> Report:
    """Make a report with one row a status."""
    rows = tuple(map(Delivery, NUMBERS, statuses))
    return Report(order_id="1", state=state, deliveries=rows)


REPORTS = st.builds(
    lambda statuses, state: report_of(*statuses, state=state),
    st.lists(WORDS, min_size=4, max_size=4),
    st.sampled_from(OrderState),
)


def statuses_of(report: Report) -> dict[str, Status]:
    """Map numbers to states."""
    return {row.number: row.status for row in report.deliveries}


@pytest.mark.parametrize(("state", "status"), list(product(OrderState, Status)))
def test_when_a_report_is_final(state: OrderState, status: Status) -> None:
    """The pipeline ended and nobody waits; a failed order is final whatever its rows say."""
    final = report_of(status, state=state).final

    waits = status in {Status.WAITING, Status.SCHEDULED}
    assert final == (state is OrderState.FAILED or (state is OrderState.COMPLETED and not waits))


@pytest.mark.parametrize(("state", "status"), list(product(OrderState, Status)))
def test_a_report_with_rows_has_their_status(state: OrderState, status: Status) -> None:
    """Only a scheduled order overrules them."""
    wanted = Status.SCHEDULED if state is OrderState.SCHEDULED else status

    assert report_of(status, state=state).status is wanted


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (OrderState.SCHEDULED, Status.SCHEDULED),
        (OrderState.SENDING, Status.WAITING),
        (OrderState.COMPLETED, Status.WAITING),
        (OrderState.FAILED, Status.UNDELIVERED),
    ],
)
def test_a_report_without_rows_and_sums_has_its_orders_status(
    state: OrderState, status: Status
) -> None:
    """A pipeline that ended proves no delivery."""
    assert Report(order_id="1", state=state).status is status


SUMS = {
    (3, 0, 0): Status.DELIVERED,
    (2, 1, 0): Status.UNDELIVERED,
    (0, 3, 0): Status.UNDELIVERED,
    (2, 0, 1): Status.WAITING,
    (1, 1, 1): Status.WAITING,
    (0, 0, 0): Status.WAITING,
}


@pytest.mark.parametrize(("sums", "status"), SUMS.items())
def test_sums_tell_where_an_order_stands(sums: tuple[int, int, int], status: Status) -> None:
    """114 with somebody undelivered is no success."""
    delivered, undelivered, waiting = sums
    counters = Counters(total=3, delivered=delivered, undelivered=undelivered, waiting=waiting)
    report = Report(order_id="1", state=OrderState.COMPLETED, counters=counters)

    assert report.status is status
    assert report.final == (status is not Status.WAITING)


@given(statuses=st.lists(WORDS, min_size=1, max_size=4))
def test_completed_is_not_delivered(statuses: list[Status]) -> None:
    """Success needs every recipient."""
    report = report_of(*statuses)

    assert (report.status is Status.DELIVERED) == (set(statuses) == {Status.DELIVERED})


@given(old=st.none() | REPORTS, new=REPORTS)
def test_merging_twice_is_merging_once(old: Report | None, new: Report) -> None:
    """The same report again changes nothing."""
    once = merge(old, new)

    assert merge(once, new) == once


@given(reports=st.lists(REPORTS, min_size=1, max_size=6), seed=st.randoms(use_true_random=False))
def test_the_order_of_news_does_not_matter_for_delivered(
    reports: list[Report], seed: object
) -> None:
    """Who was delivered in any report is delivered at the end, however they came in."""
    shuffled = list(reports)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    delivered = {
        row.number for one in reports for row in one.deliveries if row.status is Status.DELIVERED
    }

    for order in (reports, shuffled):
        known: Report | None = None
        for news in order:
            known = merge(known, news)
        assert known is not None
        ended = {number for number, one in statuses_of(known).items() if one is Status.DELIVERED}
        assert ended == delivered


@given(rows=st.lists(st.tuples(st.sampled_from([*NUMBERS, "5300000000"]), WORDS)))
def test_everyone_sent_to_has_one_row(rows: list[tuple[str, Status]]) -> None:
    """In their order; strangers are left out, who has no row is missing."""
    found = reconcile([Delivery(*row) for row in rows], NUMBERS)

    assert [row.number for row in found] == NUMBERS
    named = {number for number, _ in rows}
    for row in found:
        theirs = [status for number, status in rows if number == row.number]
        assert (row.status is Status.MISSING) if row.number not in named else row.status in theirs
        assert row.status is Status.DELIVERED or Status.DELIVERED not in theirs


@pytest.mark.parametrize("spelling", ["+90{}", "90{}", "0{}", "{}", "0090{}"])
def test_spellings_of_a_number_are_one(spelling: str) -> None:
    """The report may write it in any form."""
    row = Delivery(spelling.format(NUMBERS[0]), Status.DELIVERED)

    assert reconcile([row], NUMBERS[:1]) == (Delivery(NUMBERS[0], Status.DELIVERED),)


def test_missing_is_a_state_of_its_own() -> None:
    """It is neither delivered nor waited for, and it is seen."""
    rows = reconcile([Delivery(NUMBERS[0], Status.DELIVERED)], NUMBERS[:2])
    report = Report(order_id="1", state=OrderState.COMPLETED, deliveries=rows)

    assert (report.status, report.final) == (Status.MISSING, True)


def test_pages_are_joined() -> None:
    """All rows in their order; what stands beside them is the last page's."""
    first = report_of(Status.DELIVERED, Status.WAITING, state=OrderState.SENDING)
    last = Report(
        order_id="1",
        state=OrderState.COMPLETED,
        deliveries=(Delivery(NUMBERS[2], Status.DELIVERED),),
        price="3",
    )

    joined = collect([first, last])

    assert [row.number for row in joined.deliveries] == NUMBERS[:3]
    assert (joined.state, joined.price) == (OrderState.COMPLETED, "3")
    assert overall(row.status for row in joined.deliveries) is joined.status


def test_a_push_of_one_recipient_leaves_the_others() -> None:
    """News of one recipient change that one and drop nobody."""
    before = report_of(Status.WAITING, Status.WAITING)
    news = Report(
        order_id="1",
        state=OrderState.COMPLETED,
        deliveries=(Delivery(NUMBERS[1], Status.DELIVERED),),
    )

    after = merge(before, news)

    assert after.deliveries == report_of(Status.WAITING, Status.DELIVERED).deliveries
    assert not after.final
