"""Puts reports together: pages into one, rows beside the recipients that were sent to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from im_notify.models import Delivery, Status
from im_notify.recipients import national

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from im_notify.models import Report


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
    """Return what is known after `new` came in; a recipient's state never goes back."""
    if old is None:
        return new
    before = {delivery.number: delivery.status for delivery in old.deliveries}
    deliveries = [
        Delivery(row.number, before[row.number].then(row.status)) if row.number in before else row
        for row in new.deliveries
    ]
    return replace(new, deliveries=tuple(deliveries))
