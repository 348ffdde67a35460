"""Waits, for `confirm=`, until orders are reported or the time for it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import QueryError
from im_notify.polling import next_look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.models import Receipt
    from im_notify.protocols import Backend
    from im_notify.reports import Report
    from im_notify_plugins.apprise.budget import Budget

LAST_LOOK = 4.0  #: seconds kept for the last question and its answer


def confirm(
    backend: Backend, receipts: Sequence[Receipt], *, seconds: float, budget: Budget
) -> dict[Receipt, Report]:
    """Ask for each order until it is final or `seconds` are over; return the last reports.

    An order that was never answered for is missing from them.
    """
    begun = budget.monotonic()
    end = min(seconds, budget.left() - LAST_LOOK)
    reports: dict[Receipt, Report] = {}
    waiting = list(receipts)
    while waiting and budget.left():
        age = budget.monotonic() - begun
        look = next_look(age, end=end)
        if look is None:
            break
        budget.sleep(look - age)
        reports |= _ask(backend, waiting)
        waiting = [one for one in waiting if one not in reports or not reports[one].final]
    return reports


def _ask(backend: Backend, receipts: Sequence[Receipt]) -> dict[Receipt, Report]:
    found: dict[Receipt, Report] = {}
    for receipt in receipts:
        try:
            found[receipt] = backend.report(receipt)
        except QueryError:  # the next look may answer; the caller says what is still open
            continue
    return found
