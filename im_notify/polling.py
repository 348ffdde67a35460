"""When to ask for the report of an order: a pure function of its age."""

from __future__ import annotations

import math

SETTLE = 3.0  #: seconds in which no report can be there yet (provider document, pitfalls)
GROWTH = 0.5  #: the gap after a question is this part of the order's age
LONGEST = 1800.0  #: seconds between two questions at most
END = 48 * 3600.0  #: seconds after which nothing new is expected


def next_look(age: float, *, jitter: float = 0.5, end: float = END) -> float | None:
    """Return at which age, in seconds, an order is to be asked for next; None after the end.

    Nothing in the first 3 s, then at growing gaps, at 3, 4.5, 7, 10, 15, 23 s … and every half
    hour in the long run: some 110 questions in two days. `jitter` (0 to 1, drawn by the caller
    for each question) moves a gap by up to a tenth, so that many callers do not ask in step.
    The age of a scheduled order starts at its time.
    """
    if age < SETTLE:
        return SETTLE
    if age >= end or math.isnan(age):
        return None
    gap = min(LONGEST, max(1.0, age * GROWTH)) * (0.9 + 0.2 * jitter)
    return min(end, age + gap)
