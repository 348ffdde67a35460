"""Finds orders again whose numbers got lost: by sender, size, time and recipients."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from im_notify.models import Receipt
from im_notify.protocols import ListedOrders
from im_notify.recipients import national

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from im_notify.outbox.claiming import Job
    from im_notify.protocols import Backend
    from im_notify.reports import Order

    Windows = dict[tuple[str, int], list[tuple[datetime, datetime]]]

REPEATED = 451  #: the provider's code for the same text to the same recipients
BAD_RECIPIENT = 452  #: its code for one of the recipients, it does not say which
GUARD = 600.0  #: seconds in which the provider refuses a repetition
LOT = 500  #: orders of a list that are looked at together
AROUND = 90.0  #: seconds; clocks differ, and an answer may have been waited for


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order of the provider's list that one of ours may be."""

    order_id: str
    sender: str
    at: datetime
    numbers: frozenset[str]

    def fits(self, job: Job) -> bool:
        """Say whether it may be the order that `job` placed."""
        first, last = _window(job, around(job))
        same = self.sender == job.message.sender and self.numbers == _numbers(job)
        return same and first <= self.at <= last

    def is_near(self, job: Job) -> bool:
        """Say whether its time is that of `job`, if the clock of this machine is right."""
        first, last = _window(job, AROUND)
        return first <= self.at <= last


def around(job: Job) -> float:
    """Return how many seconds from the attempts of `job` its order is looked for.

    An order that is surely there, or about to be given up as refused, is looked for as far as the
    provider's guard reaches once it was not found near: the clock of this machine may be wrong.
    """
    return GUARD if job.code is not None and job.lookups else AROUND


def candidates(
    backend: Backend,
    jobs: Sequence[Job],
    *,
    known: Callable[[Collection[str]], Collection[str]],
) -> list[Candidate]:
    """Return what the orders of `jobs` may be; the list is read once for all of them.

    `known` returns which of these numbers are those of orders that we know. Raises QueryError.
    """
    if not isinstance(backend, ListedOrders) or not jobs:
        return []
    return [
        Candidate(order.order_id, order.sender or "", at, _recipients(backend, order, at))
        for order, at in list(_strange(_listed(backend, jobs), known))
    ]


def _strange(
    listed: Iterator[tuple[Order, datetime]], known: Callable[[Collection[str]], Collection[str]]
) -> Iterator[tuple[Order, datetime]]:
    """Yield those that are not ours; a day's list may be long, and most of it is."""
    while lot := list(islice(listed, LOT)):
        ours = set(known([order.order_id for order, _at in lot]))
        yield from (one for one in lot if one[0].order_id not in ours)


def choose(found: Sequence[Candidate], job: Job, *, rivals: Sequence[float] | None) -> str | None:
    """Return the id of the order that `job` placed, None when it cannot be told.

    `rivals` is when other orders were first tried that the candidates may be: there must be just
    one more, or somebody who got nothing would count as told; they were placed in that order,
    however wrong the clock is. None says that the order was placed and is alone (the provider
    called it a repetition): then the candidate nearest in time counts.
    """
    if not found or (rivals is not None and len(rivals) != len(found) - 1):
        return None
    if rivals is not None:
        before = sum(at < job.first_at for at in rivals)
        return sorted(found, key=lambda one: one.at)[before].order_id
    first = datetime.fromtimestamp(job.first_at, UTC)
    return min(found, key=lambda one: abs(one.at - first)).order_id


def _listed(backend: ListedOrders, jobs: Iterable[Job]) -> Iterator[tuple[Order, datetime]]:
    windows: Windows = defaultdict(list)
    for job in jobs:
        window = _window(job, around(job))
        windows[job.message.sender, len(job.message.recipients)].append(window)
    edges = [edge for several in windows.values() for window in several for edge in window]
    for order in backend.orders(min(edges), max(edges)):
        kind = (order.sender or "", order.counters.total)
        at, several = order.submitted_at, windows.get(kind, ())
        if at and any(first <= at <= last for first, last in several):
            yield order, at


def _window(job: Job, seconds: float) -> tuple[datetime, datetime]:
    first, last = (datetime.fromtimestamp(at, UTC) for at in (job.first_at, job.last_at))
    return first - timedelta(seconds=seconds), last + timedelta(seconds=seconds)


def _recipients(backend: Backend, order: Order, at: datetime) -> frozenset[str]:
    receipt = Receipt(order_id=order.order_id, backend=backend.name, recipients=(), accepted_at=at)
    return frozenset(national(row.number) for row in backend.report(receipt).deliveries)


def _numbers(job: Job) -> frozenset[str]:
    return frozenset(national(number) for number in job.message.recipients)
