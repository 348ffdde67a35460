"""The two ways to send: JSON for programs, GET for what can only call a URL."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import NotSentError
from im_notify.i18n import _
from im_notify.models import Receipt
from im_notify_plugins.iletimerkezi.client import NAME
from im_notify_plugins.iletimerkezi.wire import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.models import Message
    from im_notify.reports import Account, Order, Report
    from im_notify_plugins.iletimerkezi.client import Client
    from im_notify_plugins.iletimerkezi.limiter import RateLimiter


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
        self._await_turn(message, client.clock)
        order_id = self.place(client, message)
        return Receipt(
            order_id=order_id,
            backend=self.name,
            recipients=message.recipients,
            accepted_at=client.clock.now(),
            scheduled_for=message.send_at,
        )

    def _await_turn(self, message: Message, clock: Clock) -> None:
        """Wait for the rate; by neither clock may the message's time be over then."""
        began, left = clock.monotonic(), _left(message, clock)
        self.limiter.acquire(len(message.recipients))
        if clock.monotonic() - began >= left or _left(message, clock) <= 0:
            text = _("its turn came too late: other orders used up the account's rate")
            raise NotSentError(text, backend=NAME)

    def ready(self) -> None:
        """Open the account. Raises ConfigError without credentials."""
        self.client()

    def report(self, receipt: Receipt) -> Report:
        """Return where every recipient stands (`reporting.report_of`). Raises QueryError."""
        from im_notify_plugins.iletimerkezi.reporting import report_of

        return report_of(self.client(), receipt)

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


def _left(message: Message, clock: Clock) -> float:
    """Return for how many seconds the message may still leave."""
    if message.leave_by is None:
        return math.inf
    return (message.leave_by - clock.now()).total_seconds()
