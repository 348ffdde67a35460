"""What is known about an order, and how reports are put together.

Numbers of recipients are national and bare (`5301234567`) for Türkiye, `+` and digits elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.models import OrderState, Status, overall
from im_notify.recipients import national

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a message stands for one recipient."""

    number: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How many recipients of an order are where, as the backend counts them."""

    total: int
    delivered: int
    undelivered: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known about an order: per recipient, and as the backend sums it up.

    `price` is the backend's own figure, unit unknown. `counters` and the times are None where
    the backend leaves them out. A page of a longer report is a Report too.
    """

    order_id: str
    state: OrderState
    deliveries: tuple[Delivery, ...] = ()
    counters: Counters | None = None
    sender: str | None = None
    price: str | None = None
    submitted_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def status(self) -> Status:
        """Take all recipients together: delivered only when every one is."""
        if self.state is OrderState.SCHEDULED:
            return Status.SCHEDULED
        return overall(self._statuses())

    @property
    def final(self) -> bool:
        """Say whether asking again is of no use: the pipeline ended and nobody waits."""
        if self.state is OrderState.FAILED:
            return True
        waits = self._statuses() & {Status.WAITING, Status.SCHEDULED}
        return self.state is OrderState.COMPLETED and not waits

    def _statuses(self) -> set[Status]:
        if self.deliveries:
            return {delivery.status for delivery in self.deliveries}
        return _counted(self.counters) if self.counters else {_STATUS_OF_STATE[self.state]}


_STATUS_OF_STATE = {
    OrderState.SCHEDULED: Status.SCHEDULED,
    OrderState.SENDING: Status.WAITING,
    OrderState.COMPLETED: Status.WAITING,
    OrderState.FAILED: Status.UNDELIVERED,
}


def _counted(counters: Counters) -> set[Status]:
    by_status = {
        Status.DELIVERED: counters.delivered,
        Status.UNDELIVERED: counters.undelivered,
        Status.WAITING: counters.waiting,
    }
    return {status for status, count in by_status.items() if count} or {Status.WAITING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One line of a backend's list of orders: sums only, no recipients."""

    order_id: str
    state: OrderState
    counters: Counters
    sender: str | None = None
    submitted_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a backend says about our account; the unit of `balance` is the backend's own."""

    balance: str
    messages_left: str
    senders: tuple[str, ...]


def collect(pages: Sequence[Report]) -> Report:
    """Join the pages of one report; what stands beside the rows is the last page's."""
    rows = tuple(delivery for page in pages for delivery in page.deliveries)
    return replace(pages[-1], deliveries=rows)


def reconcile(rows: Iterable[Delivery], recipients: Iterable[str]) -> tuple[Delivery, ...]:
    """Return one delivery for each recipient, in their order; who has no row is `missing`.

    Numbers are compared by their national form. Rows for numbers that were never sent to are
    left out; of two rows for one number the better one counts.
    """
    found: dict[str, Status] = {}
    for row in rows:
        number = national(row.number)
        known = found.get(number)
        found[number] = row.status if known is None else known.then(row.status)
    return tuple(
        Delivery(number, found.get(national(number), Status.MISSING)) for number in recipients
    )


def merge(old: Report | None, new: Report) -> Report:
    """Return what is known after `new` came in; a recipient's state never goes back.

    Recipients that `new` does not name stay as they were: a push tells of one at a time.
    """
    if old is None:
        return new
    known = {row.number: row.status for row in old.deliveries}
    for row in new.deliveries:
        before = known.get(row.number)
        known[row.number] = row.status if before is None else before.then(row.status)
    return replace(new, deliveries=tuple(Delivery(*row) for row in known.items()))
