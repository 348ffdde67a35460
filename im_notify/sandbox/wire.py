"""How an answer looks on the wire: JSON or XML, whole numbers or strings, rich or old reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from im_notify.sandbox.answers import (
    MESSAGES,
    Answer,
    Balance,
    NewOrder,
    OneReport,
    OrderList,
    Senders,
    Summary,
)
from im_notify.sandbox.rules import TURKEY, Json

if TYPE_CHECKING:
    from im_notify.sandbox.settings import Settings

JSON_TYPE = "application/json; charset=utf-8"
XML_TYPE = "text/xml; charset=UTF-8"

_TL_A_SMS = 0.158
_PRICE_TL = 0.0372


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: an HTTP status, a content type and the bytes."""

    status: int
    content_type: str
    body: bytes


def render(answer: Answer, settings: Settings, *, xml: bool) -> Reply:
    """Write an answer as the provider would."""
    tree = _envelope(answer, settings)
    return Reply(
        status=answer.code if settings.http_status == "mirrored" else 200,
        content_type=XML_TYPE if xml else JSON_TYPE,
        body=_xml(tree) if xml else _json({"response": tree}),
    )


def _envelope(answer: Answer, settings: Settings) -> dict[str, Json]:
    status: Json = {"code": _state(answer.code, settings), "message": MESSAGES[answer.code]}
    return {"status": status, **_payload(answer, settings)}


def _payload(answer: Answer, settings: Settings) -> dict[str, Json]:
    match answer.payload:
        case NewOrder() as order:
            return {"order": {"id": _order_id(order.id, settings)}}
        case OneReport() as report:
            return {"order": _report(report, settings)}
        case OrderList() as listed:
            orders: list[Json] = [_listed(order, settings) for order in listed.orders]
            return {"count": listed.count, "orders": orders}
        case Balance() as balance:
            return {"balance": _balance(balance, settings)}
        case Senders() as senders:
            return {"senders": {"sender": list(senders.names)}}
        case None:
            return {}


def _report(report: OneReport, settings: Settings) -> Json:
    old = settings.report_shape == "old"
    order = report.order
    rows: list[Json] = [
        {
            "number": int(number) if old else f"+90{number}",
            "status": _state(status, settings),
        }
        for number, status in report.rows
    ]
    state = _state(order.status, settings)
    if old:
        return {"id": order.id, "status": state, "message": rows}
    return {
        "id": _order_id(order.id, settings),
        "status": state,
        **_counters(order),
        "price": _price(order.price, settings),
        "message": rows,
    }


def _listed(order: Summary, settings: Settings) -> Json:
    """Write an order of get-reports, whose number is a whole number in every document."""
    return {"id": order.id, "status": _state(order.status, settings), **_counters(order)}


def _counters(order: Summary) -> dict[str, Json]:
    return {
        "total": order.total,
        "delivered": order.delivered,
        "undelivered": order.undelivered,
        "waiting": order.waiting,
        "submitAt": _time(order.submit_at),
        "sendAt": _time(order.send_at),
        "sender": order.sender,
    }


def _balance(balance: Balance, settings: Settings) -> Json:
    amount = round(balance.sms * _TL_A_SMS, 3)
    if settings.statuses == "string":
        return {"amount": f"{amount:.4f}", "sms": str(balance.sms)}
    return {"amount": amount, "sms": balance.sms}


def _price(credits_used: int, settings: Settings) -> Json:
    if settings.statuses == "integer":
        return credits_used
    return f"{credits_used * _PRICE_TL:.4f}".replace(".", ",")


def _order_id(order_id: int, settings: Settings) -> Json:
    return str(order_id) if settings.ids == "string" else order_id


def _state(code: int, settings: Settings) -> Json:
    return str(code) if settings.statuses == "string" else code


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, TURKEY).strftime("%Y-%m-%d %H:%M:%S")


def _json(tree: Json) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode()


def _xml(tree: dict[str, Json]) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_element("response", tree)}'.encode()


def _element(name: str, value: Json) -> str:
    if isinstance(value, list):
        return "".join(_element(name, entry) for entry in value)
    if isinstance(value, dict):
        inner = "".join(_element(child, entry) for child, entry in value.items())
        return f"<{name}>\n{inner}</{name}>\n"
    return f"<{name}>{escape(str(value))}</{name}>\n"
