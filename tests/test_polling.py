from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.polling import END, LONGEST, SETTLE, next_look

JITTER = st.floats(0, 1)


def looks(jitter: float, end: float = END) -> list[float]:
    """List the ages at which an order is asked for when nothing changes."""
    found: list[float] = []
    following = next_look(0.0, jitter=jitter, end=end)
    while following is not None:
        found.append(following)
        following = next_look(following, jitter=jitter, end=end)
    return found


@pytest.mark.parametrize("age", [-math.inf, -60, 0, 1, 2.999])
def test_nothing_is_asked_in_the_first_seconds(age: float) -> None:
    """No report can be there yet; a scheduled order has a negative age until its time."""
    assert next_look(age) == SETTLE == 3.0


@pytest.mark.parametrize("age", [END, END + 1, math.inf, math.nan])
def test_nothing_is_asked_after_the_end(age: float) -> None:
    """Two days unless told otherwise."""
    assert next_look(age) is None


def test_the_plan_is_as_described() -> None:
    """The first looks, and a little over a hundred in two days."""
    plan = looks(0.5)

    assert plan[:4] == [3.0, 4.5, 6.75, 10.125]
    assert plan[-1] == END
    assert 100 <= len(plan) <= 130


@given(jitter=JITTER)
def test_gaps_grow_up_to_half_an_hour(jitter: float) -> None:
    """Each is at least as long as the one before, a little more than half an hour at most."""
    plan = looks(jitter)
    gaps = [after - before for before, after in pairwise(plan)][:-1]  # the last is cut at the end

    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(gaps))
    assert max(gaps) <= LONGEST * 1.1 + 1e-6


@given(age=st.floats(3, END - 1), jitter=JITTER)
def test_jitter_moves_a_gap_by_a_fifth_at_most(age: float, jitter: float) -> None:
    """Between nine and eleven tenths of the middle one, and never backwards."""
    middle, moved = next_look(age, jitter=0.5, end=1e9), next_look(age, jitter=jitter, end=1e9)

    assert middle is not None
    assert moved is not None
    assert 0.9 - 1e-6 <= (moved - age) / (middle - age) <= 1.1 + 1e-6
    assert moved > age


@given(end=st.floats(3, 1e7), jitter=JITTER)
def test_the_end_is_looked_at_and_nothing_after_it(end: float, jitter: float) -> None:
    """However the end is configured, it is the last look."""
    plan = looks(jitter, end)

    assert plan[-1] == (max(SETTLE, end))
    assert all(age <= max(end, SETTLE) for age in plan)
