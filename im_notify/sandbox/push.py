"""The delivery push: tells a webhook each change of each message when the clock reaches it."""

from __future__ import annotations

import heapq
import http.client
import json
from dataclasses import dataclass
from itertools import count
from threading import Condition, Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify.sandbox.orders import Order
    from im_notify.sandbox.settings import Fate

Word = Literal["accepted", "delivered", "undelivered"]
Stage = Literal["start", "end"]

_WORDS: dict[tuple[Fate, Stage], Word] = {
    ("delivered", "start"): "accepted",
    ("undelivered", "start"): "accepted",
    ("waiting", "start"): "accepted",
    ("blacklisted", "start"): "undelivered",
    ("delivered", "end"): "delivered",
    ("undelivered", "end"): "undelivered",
}
_POLL_SECONDS = 0.02
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Push:
    """One message's change, with the fields of the provider's webhook."""

    id: int
    packet_id: int
    status: Word
    to: str
    body: str


class Pusher:
    """Posts changes from a thread that starts with the first order; a failed post is dropped."""

    def __init__(
        self, url: str, now: Callable[[], float], find: Callable[[int], Order | None]
    ) -> None:
        """Remember where to post; `find` tells whether an order has been cancelled since."""
        self._url = url
        self._now = now
        self._find = find
        self._changed = Condition()
        self._due: list[tuple[float, int, int, Stage]] = []
        self._turn = count()
        self._thread: Thread | None = None
        self._closed = False

    def add(self, order: Order) -> None:
        """Plan the changes of a new order."""
        with self._changed:
            for at, stage in _stages(order):
                heapq.heappush(self._due, (at, next(self._turn), order.id, stage))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="sandbox-push", daemon=True)
                self._thread.start()
            self._changed.notify()

    def clear(self) -> None:
        """Forget all that is planned."""
        with self._changed:
            self._due.clear()

    def close(self) -> None:
        """Stop after the post under way."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(0.1)

    def _run(self) -> None:
        while (due := self._wait()) is not None:
            order = self._find(due[0])
            if order is not None and not order.cancelled:
                self._post_all(changes(order, due[1]))

    def _wait(self) -> tuple[int, Stage] | None:
        """Wait for the next change; the clock may jump, so it is looked at again and again."""
        with self._changed:
            while not self._closed:
                if self._due and self._due[0][0] <= self._now():
                    _, _, order_id, stage = heapq.heappop(self._due)
                    return order_id, stage
                self._changed.wait(_POLL_SECONDS if self._due else None)
        return None

    def _post_all(self, pushes: Iterator[Push]) -> None:
        for push in pushes:
            if self._closed:
                return
            try:
                _post(self._url, push)
            except (OSError, http.client.HTTPException):
                continue


def changes(order: Order, stage: Stage) -> Iterator[Push]:
    """List what the webhook is told when an order starts, or when it ends."""
    texts = (message.text for message in order.draft.messages for _ in message.numbers)
    rows = zip(order.numbers, order.fates, texts, strict=True)
    for index, (number, fate, text) in enumerate(rows):
        word = _WORDS.get((fate, stage))
        if word is not None:
            yield Push(
                id=order.first_message_id + index,
                packet_id=order.id,
                status=word,
                to=f"+90{number}",
                body=text,
            )


def _stages(order: Order) -> tuple[tuple[float, Stage], tuple[float, Stage]]:
    return (order.starts_at, "start"), (order.final_at, "end")


def _post(url: str, push: Push) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    fields = {name: getattr(push, name) for name in Push.__slots__}
    body = json.dumps({"report": fields}, ensure_ascii=False).encode()
    try:
        connection.request("POST", target, body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    finally:
        connection.close()
