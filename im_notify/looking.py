"""Reads where many orders stand with as few calls as the backend allows.

A list of orders gives the sums of some thirty orders a call. Where the sums leave no recipient
open they are the whole report; only the others are asked for one by one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from im_notify.errors import NotFoundError, QueryError
from im_notify.i18n import _
from im_notify.models import OrderState, Status
from im_notify.protocols import ListedOrders
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from im_notify.models import Receipt
    from im_notify.protocols import Backend
    from im_notify.reports import Order

MANY = 8  #: orders from which on the list is read first
ORDERS_A_CALL = 30  #: of a list; the provider's page
FAULT = 500  #: codes from here on are a fault of theirs that passes

_log = logging.getLogger(__name__)


def look(backend: Backend, receipts: Sequence[Receipt]) -> Iterator[tuple[Receipt, Report | None]]:
    """Yield what can be learned about these orders now, one by one and in their order.

    An order may have no report: a fault that passes is logged, so is an order that the backend
    does not know. Raises QueryError for a refusal that concerns them all.
    """
    listed = _listed(backend, receipts)
    for receipt in receipts:
        order = listed.get(receipt.order_id)
        report = order and from_sums(receipt, order)
        yield receipt, report or _asked(backend, receipt)


def _asked(backend: Backend, receipt: Receipt) -> Report | None:
    try:
        return backend.report(receipt)
    except QueryError as error:
        if _lasting(error) and not isinstance(error, NotFoundError):
            raise
        about = {"order_id": receipt.order_id}
        _log.warning(_("order %s has no report now: %s"), receipt.order_id, error, extra=about)
        return None


def _lasting(error: QueryError) -> bool:
    return error.code is not None and error.code < FAULT


def _listed(backend: Backend, receipts: Sequence[Receipt]) -> dict[str, Order]:
    if len(receipts) < MANY or not isinstance(backend, ListedOrders):
        return {}
    try:
        return _find(backend, receipts)
    except QueryError as error:
        if _lasting(error):
            raise
        _log.warning(_("the orders cannot be listed now: %s"), error)
        return {}


def _find(backend: ListedOrders, receipts: Sequence[Receipt]) -> dict[str, Order]:
    """Find orders in the list, as long as that takes fewer calls than asking for each.

    Only at the end of a page is it given up: the rest of a page costs nothing.
    """
    wanted = {receipt.order_id for receipt in receipts}
    starts = sorted(receipt.scheduled_for or receipt.accepted_at for receipt in receipts)
    found: dict[str, Order] = {}
    for read, order in enumerate(backend.orders(starts[0], starts[-1]), start=1):
        if order.order_id in wanted:
            found[order.order_id] = order
        missing = len(wanted) - len(found)
        pages, rest = divmod(read, ORDERS_A_CALL)
        if not missing or (not rest and pages > missing):
            break
    return found


def from_sums(receipt: Receipt, order: Order) -> Report | None:
    """Return the report that the sums alone tell, None where they leave a recipient open."""
    sums, size = order.counters, len(receipt.recipients)
    counted = {
        Status.DELIVERED: sums.delivered,
        Status.UNDELIVERED: sums.undelivered,
        Status.WAITING: sums.waiting,
    }
    of_all = [status for status, count in counted.items() if count == size == sums.total]
    if not of_all or order.state is OrderState.FAILED or receipt.scheduled_for:
        return None
    return Report(
        order_id=receipt.order_id,
        state=order.state,
        deliveries=tuple(Delivery(number, of_all[0]) for number in receipt.recipients),
        counters=sums,
        sender=order.sender,
        submitted_at=order.submitted_at,
        sent_at=order.sent_at,
    )
