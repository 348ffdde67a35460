"""An order once it is placed, and what is true of it at a given moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.sandbox.answers import OneReport, Summary

if TYPE_CHECKING:
    from collections import Counter

    from im_notify.sandbox.rules import Channel, Draft
    from im_notify.sandbox.settings import Fate

SENDING, FINISHED, CANCELLED = 113, 114, 115
WAITING, DELIVERED, UNDELIVERED = 110, 111, 112

_FINAL: dict[Fate, int] = {
    "delivered": DELIVERED,
    "undelivered": UNDELIVERED,
    "blacklisted": UNDELIVERED,
    "waiting": WAITING,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """One text of an order as the ledger keeps it; an order of several texts has several.

    Attributes:
        order_id: The order's number in digits.
        sender: The sender as it was sent.
        text: The text as it was sent.
        numbers: Recipients, bare ten digits, in the order sent, repeats kept.
        iys: "0" or "1".
        iys_list: "BIREYSEL" or "TACIR" with iys "1", else None.
        channel: "json" or "get".
        placed_at: Seconds since the epoch.
        send_at: The time it is scheduled for, or None when it was sent at once.
        cancelled: Whether cancel-order stopped it.
    """

    order_id: str
    sender: str
    text: str
    numbers: tuple[str, ...]
    iys: str
    iys_list: str | None
    channel: Channel
    placed_at: float
    send_at: float | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A placed order: `fates` has one entry a message, `final_at` is when those come true."""

    id: int
    first_message_id: int
    draft: Draft
    placed_at: float
    send_at: float | None
    final_at: float
    price: int
    numbers: tuple[str, ...]
    fates: tuple[Fate, ...]
    tally: Counter[Fate]
    rows: tuple[tuple[str, int], ...]
    cancelled: bool = False

    @property
    def starts_at(self) -> float:
        """When the order is handed to the carrier."""
        return self.placed_at if self.send_at is None else self.send_at


def final_rows(numbers: tuple[str, ...], fates: tuple[Fate, ...]) -> tuple[tuple[str, int], ...]:
    """Pair each number that ever shows in a report with its last status."""
    pairs = zip(numbers, fates, strict=True)
    return tuple((number, _FINAL[fate]) for number, fate in pairs if fate != "missing")


def ledger_of(order: Order) -> tuple[Placed, ...]:
    """Write an order as ledger entries, one a text."""
    draft = order.draft
    return tuple(
        Placed(
            order_id=str(order.id),
            sender=draft.sender,
            text=message.text,
            numbers=message.numbers,
            iys=draft.iys,
            iys_list=draft.iys_list,
            channel=draft.channel,
            placed_at=order.placed_at,
            send_at=order.send_at,
            cancelled=order.cancelled,
        )
        for message in draft.messages
    )


def summarize(order: Order, now: float) -> Summary:
    """Count an order as it stands; a recipient missing from the report is in `total` only."""
    delivered, undelivered, waiting = _count(order, now)
    return Summary(
        id=order.id,
        status=_order_status(order, now),
        total=len(order.fates),
        delivered=delivered,
        undelivered=undelivered,
        waiting=waiting,
        submit_at=order.placed_at,
        send_at=order.starts_at,
        sender=order.draft.sender,
        price=order.price,
    )


def report(order: Order, now: float, *, page: int, row_count: int) -> OneReport:
    """Cut one page out of an order's report; a page past the end is empty."""
    rows = order.rows[(page - 1) * row_count : page * row_count]
    if order.cancelled:
        rows = tuple((number, UNDELIVERED) for number, _ in rows)
    elif now < order.final_at:
        rows = _unfinished(order, start=(page - 1) * row_count, rows=rows)
    return OneReport(order=summarize(order, now), rows=rows)


def _count(order: Order, now: float) -> tuple[int, int, int]:
    shown, tally = len(order.rows), order.tally
    if order.cancelled:
        return 0, shown, 0
    if now < order.final_at:
        return 0, tally["blacklisted"], shown - tally["blacklisted"]
    return tally["delivered"], tally["undelivered"] + tally["blacklisted"], tally["waiting"]


def _order_status(order: Order, now: float) -> int:
    if order.cancelled:
        return CANCELLED
    return SENDING if now < order.final_at else FINISHED


def _unfinished(
    order: Order, *, start: int, rows: tuple[tuple[str, int], ...]
) -> tuple[tuple[str, int], ...]:
    shown = [fate for fate in order.fates if fate != "missing"][start : start + len(rows)]
    return tuple(
        (number, UNDELIVERED if fate == "blacklisted" else WAITING)
        for (number, _), fate in zip(rows, shown, strict=True)
    )
