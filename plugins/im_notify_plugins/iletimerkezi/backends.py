"""The two ways to send: JSON for programs, GET for what can only call a URL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.errors import NotDueError, NotFoundError
from im_notify.models import Delivery, OrderState, Receipt, Report, Status
from im_notify.reports import collect, reconcile
from im_notify_plugins.iletimerkezi.wire import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from im_notify.models import Account, Message, Order
    from im_notify_plugins.iletimerkezi.client import Client
    from im_notify_plugins.iletimerkezi.limiter import RateLimiter

SETTLING = timedelta(seconds=30)  #: how long a new order may be unknown to get-report
RE_READ = 2.0  #: seconds until an order that was just placed is asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderBackend:
    """One way to the account; `place` is the client's method that sends.

    The client is opened when it is first needed: a command that does not send needs no
    credentials.
    """

    name: str
    max_recipients: int
    client: Callable[[], Client]
    limiter: RateLimiter
    place: Callable[[Client, Message], str]

    def send(self, message: Message) -> Receipt:
        """Place one order; waits for the account's rate first. Raises SendError."""
        client = self.client()
        self.limiter.acquire(len(message.recipients))
        order_id = self.place(client, message)
        return Receipt(
            order_id=order_id,
            backend=self.name,
            recipients=message.recipients,
            accepted_at=client.clock.now(),
            scheduled_for=message.send_at,
        )

    def report(self, receipt: Receipt) -> Report:
        """Return where every recipient stands; one the provider leaves out is `missing`.

        A receipt that names no recipients gets the report's own rows. An order not due yet is
        `scheduled`; one that is not known yet just after sending is
        read once more. Raises QueryError.
        """
        try:
            pages = self._pages(receipt)
        except NotDueError:
            deliveries = [Delivery(number, Status.SCHEDULED) for number in receipt.recipients]
            return Report(
                order_id=receipt.order_id,
                state=OrderState.SCHEDULED,
                deliveries=tuple(deliveries),
            )
        report = collect(pages)
        if not receipt.recipients:
            return report
        return replace(report, deliveries=reconcile(report.deliveries, receipt.recipients))

    def _pages(self, receipt: Receipt) -> list[Report]:
        client = self.client()
        try:
            return list(client.report_pages(receipt.order_id))
        except NotFoundError:
            if client.clock.now() - receipt.accepted_at > SETTLING:
                raise
        client.clock.sleep(RE_READ)
        return list(client.report_pages(receipt.order_id))

    def report_pages(self, order_id: str) -> Iterator[Report]:
        """Yield a report page by page, holding one at a time. Raises QueryError."""
        return self.client().report_pages(order_id)

    def orders(self, since: datetime, until: datetime) -> Iterator[Order]:
        """Yield the orders of these days, as the provider's zone has them. Raises QueryError."""
        days = [moment.astimezone(zone()).date() for moment in (since, until)]
        return self.client().orders(*days)

    def cancel(self, order_id: str) -> None:
        """Cancel a scheduled order. Raises NotFoundError when it is unknown or has left."""
        self.client().cancel(order_id)

    def check(self) -> Account:
        """Ask for balance and senders. Raises QueryError."""
        return self.client().account()
