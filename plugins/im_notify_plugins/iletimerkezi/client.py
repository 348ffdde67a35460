"""The provider's API, one method an endpoint; sends are never repeated, questions are."""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.errors import (
    BackendError,
    InvalidMessageError,
    NotFoundError,
    NotSentError,
    QueryError,
    UnknownOutcomeError,
)
from im_notify.i18n import _
from im_notify.models import OrderState
from im_notify_plugins.iletimerkezi import codes, getform, wire
from im_notify_plugins.iletimerkezi.wire import Answer, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from im_notify.clock import Clock
    from im_notify.models import Message
    from im_notify.reports import Account, Order, Report
    from im_notify_plugins.iletimerkezi.credentials import Credentials
    from im_notify_plugins.iletimerkezi.transport import Transport

NAME = "iletimerkezi"
SEEN = 10_000  #: orders of a list that are remembered, so that each is given once
TRIES = 4  #: of a question; together they take about 4 s
FIRST_PAUSE = 0.5  #: seconds, doubled at each try and spread by half
_JSON = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
_XML = {"Accept": "application/xml, text/xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Speaks to one account; holds no state, so any number of threads may share it."""

    credentials: Credentials
    transport: Transport
    clock: Clock
    base_url: str = getform.BASE_URL

    def send_json(self, message: Message) -> str:
        """Place an order by JSON and return its id. Raises SendError, InvalidMessageError."""
        refuse_past(message, self.clock)
        body = wire.send_body(message, self.credentials)
        return self._send("POST", "send-sms/json", body=body, read=wire.read_json)

    def send_get(self, message: Message) -> str:
        """Place an order by GET and return its id; there is no schedule on this way.

        The request carries the secrets in its URL, as the document wants it.
        Raises SendError, InvalidMessageError.
        """
        if message.send_at is not None:
            raise InvalidMessageError(_("a GET send cannot be scheduled: use json"), code=457)
        query = getform.query(wire.get_pairs(message, self.credentials))
        return self._send("GET", f"{getform.GET_PATH}?{query}", body=None, read=wire.read_xml)

    def _send(
        self, method: str, path: str, *, body: bytes | None, read: Callable[[bytes], Answer]
    ) -> str:
        from im_notify_plugins.iletimerkezi.transport import TransportError

        url, headers = self.base_url + path, _JSON if body else _XML
        try:
            reply = self.transport(method, url, body=body, headers=headers)
        except TransportError as error:
            kind = UnknownOutcomeError if error.sent else NotSentError
            raise kind(str(error), backend=NAME) from None
        return _placed(reply.status, reply.body, read=read, retry_after=reply.retry_after)

    def report_pages(self, order_id: str) -> Iterator[Report]:
        """Yield an order's report page by page, 1,000 recipients each. Raises QueryError.

        A page that is not full ends the report where the older answers give no total.
        """
        from im_notify_plugins.iletimerkezi import readings

        read, page = 0, 1
        while True:
            order = {"id": order_id, "page": str(page), "rowCount": str(wire.ROWS_A_PAGE)}
            answer = self._ask("get-report/json", order=order)
            try:
                report = readings.read_report(answer)
            except UnreadableError:
                raise _query_error(None, codes.OK) from None
            yield report
            read, page = read + len(report.deliveries), page + 1
            if not report.deliveries or _is_last(report, read):
                return

    def orders(self, start: date, end: date) -> Iterator[Order]:
        """Yield the orders of these days, both included, each once. Raises QueryError.

        The provider lists ten days at most, so longer ranges are asked in windows. An order that
        others push to the next page meanwhile is known again, as far back as `SEEN` orders.
        """
        seen: OrderedDict[str, None] = OrderedDict()
        for first, last in windows(start, end):
            for order in self._listed(first, last):
                if order.order_id not in seen:
                    seen[order.order_id] = None
                    yield order
                if len(seen) > SEEN:
                    seen.popitem(last=False)

    def _listed(self, first: date, last: date) -> Iterator[Order]:
        from im_notify_plugins.iletimerkezi import readings

        read, page = 0, 1
        while True:
            days = {"start": first.isoformat(), "end": last.isoformat(), "page": page}
            count, orders = readings.read_orders(self._ask("get-reports/json", filter=days))
            yield from orders
            read, page = read + len(orders), page + 1
            if not orders or (count is not None and read >= count):
                return

    def cancel(self, order_id: str) -> None:
        """Cancel a scheduled order. Raises NotFoundError when it is unknown or has left.

        Asked again after a lost answer, the provider does not know the order any more where the
        first time had cancelled it: then the report decides.
        """
        body = wire.request_body(self.credentials, order={"id": order_id})
        try:
            self._ask_once("cancel-order/json", body)
        except QueryError as error:
            if not _worth_repeating(error):
                raise
            self._cancel_again(order_id)

    def _cancel_again(self, order_id: str) -> None:
        try:
            self._ask("cancel-order/json", order={"id": order_id})
        except NotFoundError:
            if next(self.report_pages(order_id)).state is not OrderState.FAILED:
                raise

    def account(self) -> Account:
        """Ask for balance and senders; costs nothing. Raises QueryError."""
        from im_notify_plugins.iletimerkezi import readings

        return readings.read_account(self._ask("get-balance/json"), self._ask("get-sender/json"))

    def _ask(self, path: str, **content: object) -> Answer:
        body = wire.request_body(self.credentials, **content)
        for pause in _pauses():
            try:
                return self._ask_once(path, body)
            except QueryError as error:
                if not _worth_repeating(error):
                    raise
            self.clock.sleep(pause)
        return self._ask_once(path, body)

    def _ask_once(self, path: str, body: bytes) -> Answer:
        from im_notify_plugins.iletimerkezi.transport import TransportError

        try:
            reply = self.transport("POST", self.base_url + path, body=body, headers=_JSON)
        except TransportError as error:
            raise QueryError(str(error), backend=NAME) from None
        answer = _opened(reply.body, wire.read_json)
        if answer is None or answer.code != codes.OK:
            raise _query_error(answer, reply.status)
        return answer


def windows(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cut a range of days, both included, into ranges that get-reports takes."""
    while start <= end:
        last = min(end, start + timedelta(days=wire.DAYS_A_LIST - 1))
        yield start, last
        start = last + timedelta(days=1)


def refuse_past(message: Message, clock: Clock) -> None:
    """Refuse a send time that has gone by: the backend would send at once.

    Raises InvalidMessageError with the provider's 457.
    """
    if message.send_at is not None and message.send_at <= clock.now():
        shown = message.send_at.astimezone(wire.zone()).strftime("%Y-%m-%d %H:%M")
        text = _("the send time {time} has gone by (Europe/Istanbul)")
        raise InvalidMessageError(text.format(time=shown), code=457)


def _placed(
    status: int, body: bytes, *, read: Callable[[bytes], Answer], retry_after: float | None
) -> str:
    answer = _opened(body, read)
    if answer is not None and answer.code == codes.OK:
        return _id_of(answer, status)
    if answer is None and status == codes.OK:
        text = _("the answer is not the provider's: is something in between?")
        raise UnknownOutcomeError(text, backend=NAME, http_status=status)
    code = answer.code if answer else None
    raise codes.send_error(backend=NAME, code=code, http_status=status, retry_after=retry_after)


def _id_of(answer: Answer, status: int) -> str:
    try:
        return wire.order_id(answer)
    except UnreadableError:
        text = _("the order was taken but its number did not come back")
        raise UnknownOutcomeError(
            text, backend=NAME, code=answer.code, http_status=status
        ) from None


def _opened(body: bytes, read: Callable[[bytes], Answer]) -> Answer | None:
    try:
        return read(body)
    except UnreadableError:
        return None


def _query_error(answer: Answer | None, status: int) -> QueryError:
    if answer is None and status == codes.OK:
        text = _("the answer is not the provider's: is something in between?")
        return QueryError(text, backend=NAME, http_status=status)
    return codes.query_error(backend=NAME, code=answer.code if answer else None, http_status=status)


def _is_last(report: Report, read: int) -> bool:
    if report.counters is not None:
        return read >= report.counters.total
    return len(report.deliveries) < wire.ROWS_A_PAGE


def _pauses() -> Iterator[float]:
    for attempt in range(TRIES - 1):
        spread = 0.5 + random.random()  # noqa: S311  no secret depends on it
        yield FIRST_PAUSE * 2**attempt * spread


def _worth_repeating(error: BackendError) -> bool:
    """Say whether a question may succeed later: no answer, or a fault on their side."""
    number = error.http_status if error.code is None else error.code
    return number is None or number >= 500 or number in {codes.OK, codes.TOO_MANY}  # noqa: PLR2004
