"""A backend that is measured; it has just the abilities of the one inside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from im_notify.errors import BackendError
from im_notify.protocols import Cancelling, Checkable, ListedOrders, PagedReports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.models import Message, Receipt
    from im_notify.protocols import Backend
    from im_notify.relay.metering import Meter
    from im_notify.reports import Account, Order, Report

T = TypeVar("T")
OK = 200


class Metered:
    """Passes every call on and tells `meter` how long it took and what was answered.

    An ability is an attribute of its own, because `isinstance` looks for attributes.
    """

    def __init__(self, backend: Backend, meter: Meter, clock: Clock) -> None:
        """Measure `backend` by the monotonic `clock`."""
        self.name = backend.name
        self.max_recipients = backend.max_recipients
        self._backend = backend
        self._meter = meter
        self._clock = clock
        if isinstance(backend, PagedReports):
            self.report_pages = lambda order_id: self._report_pages(backend, order_id)
        if isinstance(backend, ListedOrders):
            self.orders = lambda since, until: self._orders(backend, since, until)
        if isinstance(backend, Cancelling):
            self.cancel = lambda order_id: self._cancel(backend, order_id)
        if isinstance(backend, Checkable):
            self.check = lambda: self._check(backend)

    def __getattr__(self, name: str) -> object:
        """Return whatever else the backend has."""
        return getattr(self._backend, name)

    def send(self, message: Message) -> Receipt:
        """Place one order. Raises as the backend does."""
        with self._timed("send"):
            return self._backend.send(message)

    def report(self, receipt: Receipt) -> Report:
        """Return where every recipient stands. Raises QueryError."""
        with self._timed("report"):
            return self._backend.report(receipt)

    def _report_pages(self, backend: PagedReports, order_id: str) -> Iterator[Report]:
        return self._each("report", backend.report_pages(order_id))

    def _orders(self, backend: ListedOrders, since: datetime, until: datetime) -> Iterator[Order]:
        """Read no further than who asks; what is told is the time of the pages together."""
        began, code = self._clock.monotonic(), None
        try:
            for order in backend.orders(since, until):
                code, given = OK, self._clock.monotonic()
                yield order
                began += self._clock.monotonic() - given
            code = OK
        except BackendError as error:
            code = _code(error)
            raise
        finally:
            self._meter.asked("orders", self._clock.monotonic() - began, code)

    def _cancel(self, backend: Cancelling, order_id: str) -> None:
        with self._timed("cancel"):
            backend.cancel(order_id)

    def _check(self, backend: Checkable) -> Account:
        with self._timed("check"):
            account = backend.check()
        self._meter.credit(account.messages_left)
        return account

    def _each(self, operation: str, pages: Iterator[T]) -> Iterator[T]:
        while True:
            with self._timed(operation):
                page = next(pages, None)
            if page is None:
                return
            yield page

    @contextmanager
    def _timed(self, operation: str) -> Iterator[None]:
        since, code = self._clock.monotonic(), None
        try:
            yield
            code = OK
        except BackendError as error:
            code = _code(error)
            raise
        finally:
            self._meter.asked(operation, self._clock.monotonic() - since, code)


def _code(error: BackendError) -> int | None:
    return error.code if error.code is not None else error.http_status
