"""Finds an order again whose number got lost: by sender, size, time and recipients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from im_notify.models import Receipt
from im_notify.protocols import ListedOrders
from im_notify.recipients import national

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify.outbox.claiming import Job
    from im_notify.protocols import Backend
    from im_notify.reports import Order

AROUND = timedelta(seconds=90)  #: clocks differ, and an answer may have been waited for


def find_order(
    backend: Backend, job: Job, *, is_known: Callable[[str], bool], rivals: int | None
) -> str | None:
    """Return the id of the order that `job` placed, None when it cannot be told.

    `rivals` is how many other orders the candidates may be: there must be just one more, or
    somebody who got nothing would count as told. None says that the order was placed (the provider
    called it a repetition): then the candidate nearest in time counts. Raises QueryError.
    """
    if not isinstance(backend, ListedOrders):
        return None
    found = [
        order
        for order in _listed(backend, job)
        if not is_known(order.order_id) and _has_recipients(backend, order, job)
    ]
    if not found or rivals not in {None, len(found) - 1}:
        return None
    return min(found, key=lambda order: _distance(order, job)).order_id


def _listed(backend: ListedOrders, job: Job) -> Iterator[Order]:
    first = datetime.fromtimestamp(job.first_at, UTC) - AROUND
    last = datetime.fromtimestamp(job.last_at, UTC) + AROUND
    for order in backend.orders(first, last):
        fits = order.counters.total == len(job.message.recipients)
        at = order.submitted_at
        if fits and order.sender == job.message.sender and at and first <= at <= last:
            yield order


def _has_recipients(backend: Backend, order: Order, job: Job) -> bool:
    receipt = Receipt(
        order_id=order.order_id,
        backend=backend.name,
        recipients=(),
        accepted_at=datetime.fromtimestamp(job.first_at, UTC),
    )
    rows = {national(row.number) for row in backend.report(receipt).deliveries}
    return rows == {national(number) for number in job.message.recipients}


def _distance(order: Order, job: Job) -> float:
    at = order.submitted_at
    return abs(at.timestamp() - job.first_at) if at else 0.0
