"""Reads the provider's reports, lists and balances, in every shape that its documents show.

Ids, states and counts come as strings or as integers; the older reports lack the sums.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from im_notify.models import OrderState, Status
from im_notify.recipients import national
from im_notify.reports import Account, Counters, Delivery, Order, Report
from im_notify_plugins.iletimerkezi.wire import mapping, order_id, zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify_plugins.iletimerkezi.wire import Answer

_ORDER_STATES = {
    113: OrderState.SENDING,
    114: OrderState.COMPLETED,
    115: OrderState.FAILED,
}
_STATUSES: dict[object, Status] = {
    110: Status.WAITING,
    111: Status.DELIVERED,
    112: Status.UNDELIVERED,
    "accepted": Status.WAITING,
    "delivered": Status.DELIVERED,
    "undelivered": Status.UNDELIVERED,
}


def read_report(answer: Answer) -> Report:
    """Read one page of get-report, in the older shape or the richer one."""
    order = mapping(answer.content.get("order"))
    state = _ORDER_STATES.get(_number(order.get("status")) or 0, OrderState.SENDING)
    return Report(
        order_id=order_id(answer),
        state=state,
        deliveries=_deliveries(order.get("message"), failed=state is OrderState.FAILED),
        counters=_counters(order),
        sender=_text(order.get("sender")),
        price=_text(order.get("price")),
        submitted_at=_time(order.get("submitAt")),
        sent_at=_time(order.get("sendAt")),
    )


def read_orders(answer: Answer) -> tuple[int | None, list[Order]]:
    """Read one page of get-reports: how many orders the range has, if said, and the page's."""
    orders = [mapping(one) for one in _listed(answer.content.get("orders"))]
    return _number(answer.content.get("count")), [_order(one) for one in orders]


def read_account(balance: Answer, senders: Answer) -> Account:
    """Read get-balance and get-sender; what the amounts mean depends on the account."""
    amounts = mapping(balance.content.get("balance"))
    names = _listed(mapping(senders.content.get("senders")).get("sender"))
    return Account(
        balance=_text(amounts.get("amount")) or "?",
        messages_left=_text(amounts.get("sms")) or "?",
        senders=tuple(str(name) for name in names),
    )


def status_of(value: object) -> Status:
    """Map a number of the poll or a word of the push; what is not known yet counts as waiting."""
    key = _number(value)
    word = str(value).strip().lower()
    return _STATUSES.get(word if key is None else key, Status.WAITING)


def _deliveries(rows: object, *, failed: bool) -> tuple[Delivery, ...]:
    """Read the rows of a page, a thousand at a time; what is no row is passed over."""
    found = []
    for row in _listed(rows):
        try:
            number, status = row["number"], row["status"]  # type: ignore[index]  # or TypeError
            found.append(Delivery(national(number), _STATUSES.get(status) or status_of(status)))
        except (TypeError, KeyError):
            continue
    if failed:
        found = [_ended(row) for row in found]
    return tuple(found)


def _ended(row: Delivery) -> Delivery:
    """Return a row of an order that failed as a whole: nobody waits any more."""
    return Delivery(row.number, Status.UNDELIVERED) if row.status is Status.WAITING else row


def _order(order: Mapping[str, object]) -> Order:
    return Order(
        order_id=str(order.get("id")),
        state=_ORDER_STATES.get(_number(order.get("status")) or 0, OrderState.SENDING),
        counters=_counters(order) or Counters(total=0, delivered=0, undelivered=0, waiting=0),
        sender=_text(order.get("sender")),
        submitted_at=_time(order.get("submitAt")),
        sent_at=_time(order.get("sendAt")),
    )


def _counters(order: Mapping[str, object]) -> Counters | None:
    total = _number(order.get("total"))
    if total is None:
        return None
    return Counters(
        total=total,
        delivered=_number(order.get("delivered")) or 0,
        undelivered=_number(order.get("undelivered")) or 0,
        waiting=_number(order.get("waiting")) or 0,
    )


def _listed(value: object) -> list[object]:
    """Return a list, also where one element was not wrapped in one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=zone())
    except ValueError:
        return None
