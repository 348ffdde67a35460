"""The provider's wire formats, both ways; its odd spellings live here and nowhere else.

Written from the provider documents of send-sms (GET and JSON), get-report, get-reports,
cancel-order, get-balance and get-sender. Ids, codes and counts come as strings or as integers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from im_notify.models import Account, Counters, Delivery, Order, OrderState, Report, Status
from im_notify.recipients import national

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from im_notify.models import Message
    from im_notify_plugins.iletimerkezi.credentials import Credentials

BASE_URL = "https://api.iletimerkezi.com/v1/"
GET_PATH = "send-sms/get/"
ROWS_A_PAGE = 1000  #: get-report: default and maximum of rowCount
DAYS_A_LIST = 10  #: get-reports: longest range, in calendar days
TIME_FORMAT = "%d/%m/%Y %H:%M"  #: seconds would make the backend send at once

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


class UnreadableError(ValueError):
    """The body is not what the documents say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of every answer: its code, and what stands beside it."""

    code: int
    content: Mapping[str, object]


def zone() -> tzinfo:
    """Return the provider's zone; its times carry none."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Istanbul")


def iys_pairs(message: Message) -> list[tuple[str, str]]:
    """Return the consent flags: iys is always said, the list only where it is asked."""
    if message.consent.commercial:
        return [("iys", "1"), ("iysList", message.consent.value)]
    return [("iys", "0")]


def get_pairs(message: Message, credentials: Credentials) -> list[tuple[str, str]]:
    """Return the parameters of a GET send in the document's order."""
    return [
        ("key", credentials.key.reveal()),
        ("hash", credentials.hash.reveal()),
        ("text", message.text),
        ("receipents", ",".join(message.recipients)),
        ("sender", message.sender),
        *iys_pairs(message),
    ]


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """Percent-encode as RFC 3986 section 2 wants it: a space is %20, commas stay."""
    return "&".join(f"{name}={quote(value, safe=',')}" for name, value in pairs)


def send_body(message: Message, credentials: Credentials) -> bytes:
    """Return the JSON of a send; the same message gives the same bytes."""
    order: dict[str, object] = {"sender": message.sender, **dict(iys_pairs(message))}
    if message.send_at is not None:
        order["sendDateTime"] = message.send_at.astimezone(zone()).strftime(TIME_FORMAT)
    order["message"] = {
        "text": message.text,
        "receipents": {"number": list(message.recipients)},
    }
    return request_body(credentials, order=order)


def request_body(credentials: Credentials, **content: object) -> bytes:
    """Return the JSON envelope of any request."""
    login = {"key": credentials.key.reveal(), "hash": credentials.hash.reveal()}
    envelope = {"request": {"authentication": login, **content}}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def read_json(body: bytes) -> Answer:
    """Open the envelope of a JSON answer. Raises UnreadableError."""
    try:
        content = json.loads(body)["response"]
        return Answer(int(content["status"]["code"]), content)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableError("not the provider's JSON") from error


def read_xml(body: bytes) -> Answer:
    """Open the envelope of a GET answer, which is XML. Raises UnreadableError."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=True)
        order = {"id": root.findtext("order/id") or ""}
        return Answer(int(root.findtext("status/code") or ""), {"order": order})
    except (ValueError, LookupError, ParseError, DefusedXmlException) as error:
        raise UnreadableError("not the provider's XML") from error


def order_id(answer: Answer) -> str:
    """Return the id of the order that was placed, as text. Raises UnreadableError."""
    found = str(_mapping(answer.content.get("order")).get("id") or "").strip()
    if not found.isdecimal():
        raise UnreadableError("an order without an id")
    return found


def read_report(answer: Answer) -> Report:
    """Read one page of get-report, in the older shape or the richer one."""
    order = _mapping(answer.content.get("order"))
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


def read_orders(answer: Answer) -> tuple[int, list[Order]]:
    """Read one page of get-reports: how many orders the range has, and those of the page."""
    orders = [_mapping(one) for one in _listed(answer.content.get("orders"))]
    return _number(answer.content.get("count")) or 0, [_order(one) for one in orders]


def read_account(balance: Answer, senders: Answer) -> Account:
    """Read get-balance and get-sender; what the amounts mean depends on the account."""
    amounts = _mapping(balance.content.get("balance"))
    names = _listed(_mapping(senders.content.get("senders")).get("sender"))
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
    known = _STATUSES if not failed else {**_STATUSES, 110: Status.UNDELIVERED}
    found = []
    for row in _listed(rows):
        if isinstance(row, dict) and isinstance(number := row.get("number"), str | int):
            status = row.get("status")
            found.append(Delivery(national(number), known.get(status) or status_of(status)))
    return tuple(found)


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


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


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
