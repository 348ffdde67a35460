"""The JSON that scripts read: one shape for what was sent and for what was reported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from im_notify.recipients import international

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from im_notify.outbox.entries import Stored
    from im_notify.outbox.listing import Listed, ListedAlert
    from im_notify.reports import Delivery, Order, Report
    from im_notify.sending import Outcome


def order_object(outcome: Outcome, report: Report | None) -> dict[str, object]:
    """Return one element of `orders`: `order_id`, `state`, `recipients` and, if any, `error`."""
    rows = [(row.number, row.status) for row in report.deliveries] if report else []
    rows = rows or [(number, outcome.status) for number in outcome.message.recipients]
    found: dict[str, object] = {
        "order_id": outcome.receipt.order_id if outcome.receipt else None,
        "state": report.status if report else outcome.status,
        "recipients": [{"number": international(one), "state": status} for one, status in rows],
    }
    if outcome.error:
        found["error"] = {"code": outcome.error.code, "text": str(outcome.error)}
    return found


def row_object(delivery: Delivery) -> dict[str, str]:
    """Return one element of `recipients`."""
    return {"number": international(delivery.number), "state": delivery.status}


def stored_object(stored: Stored) -> dict[str, object]:
    """Return a message of the outbox; numbers are international, times ISO 8601 with offset."""
    return {
        "id": stored.id,
        "state": stored.status,
        "source": stored.source,
        "contact": stored.contact,
        "created_at": stored.created_at.isoformat(),
        "expires_at": stored.expires_at.isoformat(),
        "recipients": [row_object(row) for row in stored.deliveries],
        "orders": [
            {"order_id": one.order_id, "state": one.state, "recipients": one.recipients}
            for one in stored.orders
        ],
        "timeline": [
            {"at": event.at.isoformat(), "what": event.what, "detail": event.detail}
            for event in stored.timeline
        ],
    }


def listed_object(listed: Listed, *, numbers: bool, text: bool) -> dict[str, object]:
    """Return one element of `messages`; `recipients` is how many unless `numbers` are wanted."""
    rows = [row_object(row) for row in listed.deliveries]
    found: dict[str, object] = {
        "id": listed.id,
        "state": listed.status,
        "source": listed.source,
        "contact": listed.contact,
        "created_at": listed.created_at.isoformat(),
        "ended_at": listed.ended_at.isoformat() if listed.ended_at else None,
        "recipients": rows if numbers else len(rows),
    }
    return found | {"text": listed.text} if text else found


def listed_alert_object(listed: ListedAlert, *, text: bool) -> dict[str, object]:
    """Return one element of `held`."""
    found: dict[str, object] = {
        "id": listed.id,
        "state": listed.state,
        "reason": listed.reason,
        "source": listed.source,
        "contact": listed.contact,
        "at": listed.at.isoformat(),
        "message_id": listed.message_id,
    }
    return found | {"summary": listed.summary} if text else found


def listed_order(order: Order) -> dict[str, object]:
    """Return one element of the list of past orders; times are ISO 8601 with their offset."""
    return {
        "order_id": order.order_id,
        "state": order.state,
        "sender": order.sender,
        "submitted_at": order.submitted_at.isoformat() if order.submitted_at else None,
        "sent_at": order.sent_at.isoformat() if order.sent_at else None,
        "total": order.counters.total,
        "delivered": order.counters.delivered,
        "undelivered": order.counters.undelivered,
        "waiting": order.counters.waiting,
    }


def array(elements: Iterable[dict[str, object]] | Iterable[dict[str, str]]) -> Iterator[str]:
    """Yield the text of a JSON array piece by piece, so that a long one is never held."""
    opening = "["
    for element in elements:
        yield opening + json.dumps(element, ensure_ascii=False)
        opening = ", "
    yield "[]" if opening == "[" else "]"
