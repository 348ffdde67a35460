"""Turns a receipt into a report: all pages, and every recipient that was sent to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.errors import NotDueError, NotFoundError
from im_notify.models import OrderState, Status
from im_notify.reports import Delivery, Report, collect, reconcile

if TYPE_CHECKING:
    from im_notify.models import Receipt
    from im_notify_plugins.iletimerkezi.client import Client

SETTLING = timedelta(seconds=30)  #: how long a new order may be unknown to get-report
RE_READ = 2.0  #: seconds until an order that was just placed is asked for again


def report_of(client: Client, receipt: Receipt) -> Report:
    """Return where every recipient stands; one the provider leaves out is `missing`.

    A receipt that names no recipients gets the report's own rows. An order not due yet is
    `scheduled`; one that is not known yet just after sending is read once more.
    Raises QueryError.
    """
    try:
        report = collect(_pages(client, receipt))
    except NotDueError:
        waiting = tuple(Delivery(number, Status.SCHEDULED) for number in receipt.recipients)
        return Report(order_id=receipt.order_id, state=OrderState.SCHEDULED, deliveries=waiting)
    if not receipt.recipients:
        return report
    return replace(report, deliveries=reconcile(report.deliveries, receipt.recipients))


def _pages(client: Client, receipt: Receipt) -> list[Report]:
    try:
        return list(client.report_pages(receipt.order_id))
    except NotFoundError:
        if client.clock.now() - receipt.accepted_at > SETTLING:
            raise
    client.clock.sleep(RE_READ)
    return list(client.report_pages(receipt.order_id))
