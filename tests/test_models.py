from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import Status, overall

STATUSES = st.sampled_from(Status)
OPEN = {Status.SCHEDULED, Status.WAITING, Status.MISSING, Status.UNKNOWN}


def wanted(old: Status, news: Status) -> Status:
    """Say what is known after news: delivered stays, what is final yields only to final."""
    if old is Status.DELIVERED or (old not in OPEN and news in OPEN):
        return old
    return news


@pytest.mark.parametrize(("old", "news"), list(product(Status, Status)))
def test_every_change_of_status(old: Status, news: Status) -> None:
    """The whole table of what may follow what."""
    assert old.then(news) is wanted(old, news)


@pytest.mark.parametrize("status", Status)
def test_what_may_still_change_is_not_final(status: Status) -> None:
    """Scheduled, waiting, missing and unknown are open, the rest is final."""
    assert status.final == (status not in OPEN)


@given(news=st.lists(STATUSES), old=STATUSES)
def test_delivered_is_never_taken_back(news: list[Status], old: Status) -> None:
    """Once it came in, in whatever order, it stays."""
    known = old
    for status in [*news, Status.DELIVERED, *reversed(news)]:
        known = known.then(status)

    assert known is Status.DELIVERED


@given(old=STATUSES, news=STATUSES)
def test_hearing_it_twice_changes_nothing(old: Status, news: Status) -> None:
    """The same news again is no news."""
    assert old.then(news).then(news) is old.then(news)


WORST = [
    Status.UNKNOWN,
    Status.REFUSED,
    Status.UNSENT,
    Status.SCHEDULED,
    Status.WAITING,
    Status.MISSING,
    Status.UNDELIVERED,
    Status.EXPIRED,
    Status.CANCELLED,
    Status.DELIVERED,
]


@pytest.mark.parametrize(("one", "other"), list(product(Status, Status)))
def test_the_worse_of_two_stands_for_both(one: Status, other: Status) -> None:
    """What needs a person comes first, delivered last."""
    assert overall([one, other]) is min(one, other, key=WORST.index)


@given(statuses=st.lists(STATUSES, min_size=1))
def test_an_order_is_delivered_only_when_all_are(statuses: list[Status]) -> None:
    """One recipient who did not get it is enough."""
    assert (overall(statuses) is Status.DELIVERED) == (set(statuses) == {Status.DELIVERED})
