"""The provider's state and calls, without HTTP: orders, balance and the guard against repeats."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.sandbox.answers import (
    Answer,
    Balance,
    NewOrder,
    OrderList,
    RefusedError,
    Senders,
)
from im_notify.sandbox.orders import Order, Placed, final_rows, ledger_of, report, summarize
from im_notify.sandbox.parts import count_parts
from im_notify.sandbox.rules import (
    Channel,
    Draft,
    Json,
    read_draft,
    read_object,
    read_order_id,
    read_page,
    read_range,
    read_row_count,
)
from im_notify.sandbox.settings import Settings, fates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REPEAT_SECONDS = 600
_FIRST_ORDER = 312_891_000
_FIRST_MESSAGE = 1_599_558_518

_Repeat = tuple[str, frozenset[str]]


class Provider:
    """One account; every method may be called from any thread."""

    def __init__(
        self, settings: Settings, now: Callable[[], float], placed: Callable[[Order], None]
    ) -> None:
        """Start an empty account.

        Args:
            settings: Account and variant.
            now: Seconds since the epoch.
            placed: Told each new order after it is stored, outside the lock.
        """
        self._settings = settings
        self._now = now
        self._placed = placed
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all orders and restore the balance; order numbers start again."""
        with self._lock:
            self._orders: dict[int, Order] = {}
            self._ledger: list[Placed] = []
            self._repeats: OrderedDict[_Repeat, float] = OrderedDict()
            self._balance = self._settings.balance
            self._next_message = _FIRST_MESSAGE

    @property
    def ledger(self) -> list[Placed]:
        """A copy of everything placed, oldest first."""
        with self._lock:
            return list(self._ledger)

    def order(self, order_id: int) -> Order | None:
        """Look an order up as it is now."""
        with self._lock:
            return self._orders.get(order_id)

    def phone(self, number: str) -> list[str]:
        """List the texts that a phone has received by now, oldest first."""
        now = self._now()
        with self._lock:
            orders = list(self._orders.values())
        arrived = [order for order in orders if not order.cancelled and now >= order.final_at]
        if fates((number,), self._settings) != ("delivered",):
            return []
        return [
            message.text
            for order in arrived
            for message in order.draft.messages
            for _ in range(message.numbers.count(number))
        ]

    def authenticate(self, key: Json, secret: Json) -> None:
        """Refuse with 401 unless both are the account's and API access is on."""
        settings = self._settings
        if not settings.api_access or (key, secret) != (settings.key, settings.hash):
            raise RefusedError(401)

    def send(self, request: Mapping[str, Json], channel: Channel) -> Answer:
        """Place an order, at once or for later."""
        draft = read_draft(read_object(request.get("order")), channel, self._settings)
        order = self._place(draft)
        self._placed(order)
        return Answer(payload=NewOrder(id=order.id))

    def report(self, request: Mapping[str, Json]) -> Answer:
        """Answer get-report; 456 while a scheduled order is not due."""
        asked = read_object(request.get("order"))
        order = self._find(asked.get("id"))
        page = read_page(asked.get("page"))
        row_count = read_row_count(asked.get("rowCount"), self._settings.row_limit)
        now = self._now()
        if not order.cancelled and now < order.starts_at:
            raise RefusedError(456)
        return Answer(payload=report(order, now, page=page, row_count=row_count))

    def reports(self, request: Mapping[str, Json]) -> Answer:
        """Answer get-reports, oldest first; a page outside `filter` is ignored without a word."""
        asked = read_object(request.get("filter"))
        first, end = read_range(asked.get("start"), asked.get("end"))
        page = read_page(asked.get("page"))
        now, size = self._now(), self._settings.list_page
        with self._lock:
            orders = list(self._orders.values())
        found = [order for order in orders if first <= order.placed_at < end]
        shown = tuple(summarize(order, now) for order in found[(page - 1) * size : page * size])
        return Answer(payload=OrderList(count=len(found), orders=shown))

    def cancel(self, request: Mapping[str, Json]) -> Answer:
        """Cancel an order that is scheduled and not due, and give its credits back."""
        order_id = self._find(read_object(request.get("order")).get("id")).id
        with self._lock:
            order = self._orders[order_id]
            if order.cancelled or self._now() >= order.starts_at:
                raise RefusedError(455)
            self._orders[order_id] = replace(order, cancelled=True)
            self._balance += order.price
            for index, entry in enumerate(self._ledger):
                if entry.order_id == str(order_id):
                    self._ledger[index] = replace(entry, cancelled=True)
        return Answer()

    def balance(self, _: Mapping[str, Json]) -> Answer:
        """Answer get-balance."""
        with self._lock:
            return Answer(payload=Balance(sms=self._balance))

    def senders(self, _: Mapping[str, Json]) -> Answer:
        """Answer get-sender."""
        return Answer(payload=Senders(names=self._settings.senders))

    def _find(self, order_id: Json) -> Order:
        order = self.order(read_order_id(order_id))
        if order is None:
            raise RefusedError(455)
        return order

    def _place(self, draft: Draft) -> Order:
        repeats = {(message.text, frozenset(message.numbers)) for message in draft.messages}
        price = sum(count_parts(text.text) * len(text.numbers) for text in draft.messages)
        with self._lock:
            now = self._now()
            self._refuse_repeat(repeats, now)
            if price > self._balance:
                raise RefusedError(402)
            order = self._build(draft, now=now, price=price)
            self._store(order)
            self._repeats.update(dict.fromkeys(repeats, now))
        return order

    def _refuse_repeat(self, repeats: set[_Repeat], now: float) -> None:
        """Scheduled and cancelled orders count, the sender does not: nothing says otherwise."""
        while self._repeats and now - next(iter(self._repeats.values())) >= REPEAT_SECONDS:
            self._repeats.popitem(last=False)
        if not self._repeats.keys().isdisjoint(repeats):
            raise RefusedError(451)

    def _build(self, draft: Draft, *, now: float, price: int) -> Order:
        numbers = tuple(number for message in draft.messages for number in message.numbers)
        ends = fates(numbers, self._settings)
        send_at = draft.send_at if draft.send_at is not None and draft.send_at > now else None
        return Order(
            id=_FIRST_ORDER + len(self._orders) + 1,
            first_message_id=self._next_message,
            draft=draft,
            placed_at=now,
            send_at=send_at,
            final_at=(send_at or now) + self._settings.delivery_seconds,
            price=price,
            numbers=numbers,
            fates=ends,
            tally=Counter(ends),
            rows=final_rows(numbers, ends),
        )

    def _store(self, order: Order) -> None:
        self._orders[order.id] = order
        self._ledger.extend(ledger_of(order))
        self._balance -= order.price
        self._next_message += len(order.numbers)
