"""The sandbox as one object: an account, its HTTP server, its clock and its faults."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Self

from im_notify.sandbox.calls import ROOT, answers_in_xml, call
from im_notify.sandbox.control import CONTROL, control
from im_notify.sandbox.faults import Faults, Outcome, check_fault, hurt
from im_notify.sandbox.provider import Provider
from im_notify.sandbox.push import Pusher
from im_notify.sandbox.server import Arrived, Server
from im_notify.sandbox.settings import Settings
from im_notify.sandbox.wire import Reply, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from im_notify.sandbox.orders import Order, Placed

_SEEN_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A request to the provider that arrived whole, answered or not.

    Attributes:
        method: The HTTP method.
        path: The path without its query.
        body: The bytes of the body.
        headers: The header fields, spelt as they came.
        at: Seconds since the epoch by the sandbox's clock.
    """

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    at: float


class Sandbox:
    """A running imitation of the provider on loopback, until closed."""

    def __init__(
        self,
        settings: Settings | None = None,
        port: int = 0,
        *,
        clock: Callable[[], float] | None = None,
        placed: Callable[[Order], None] | None = None,
    ) -> None:
        """Start at once.

        Args:
            settings: Account and variant; the example account by default.
            port: Where to listen on 127.0.0.1; 0 takes a free port.
            clock: Tells seconds since the epoch; the real time by default. `advance` moves
                the sandbox's time ahead of it.
            placed: Called with each new order, in the thread of its request.
        """
        self.settings = settings if settings is not None else Settings()
        self._clock = clock if clock is not None else time.time
        self._offset = 0.0
        self._lock = Lock()
        self._seen: deque[Seen] = deque(maxlen=_SEEN_KEPT)
        self._faults = Faults()
        self._tell = placed
        self._provider = Provider(self.settings, self.now, self._on_placed)
        url = self.settings.webhook_url
        self._pusher = Pusher(url, self.now, self._provider.order) if url else None
        self._closed = False
        self._server = Server(port, self._answer)
        self._server.start()

    def __enter__(self) -> Self:
        """Return the running sandbox."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @property
    def base_url(self) -> str:
        """The address that takes the place of the provider's, with a slash at its end."""
        return f"http://127.0.0.1:{self._server.port}{ROOT}"

    @property
    def ledger(self) -> list[Placed]:
        """A copy of everything placed, oldest first, one entry a text."""
        return self._provider.ledger

    @property
    def requests(self) -> list[Seen]:
        """A copy of the latest requests that arrived whole, oldest first, without control."""
        with self._lock:
            return list(self._seen)

    def now(self) -> float:
        """Tell the sandbox's time in seconds since the epoch."""
        return self._clock() + self._offset

    def phone(self, number: str) -> list[str]:
        """List the texts a phone has received by now; its number's last ten digits count."""
        return self._provider.phone("".join(filter(str.isdigit, number))[-10:])

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward, on top of whatever its clock does."""
        with self._lock:
            self._offset += seconds

    def fault(
        self, kind: str, *, when: str = "before", count: int = 1, path: str = "send-sms"
    ) -> None:
        """Hurt the next `count` requests whose path contains `path`.

        Args:
            kind: reset, hang, 500, 502, 503, 504, empty, junk, truncated, latin or bomb.
            when: `before` reads the request and does nothing; `after` does the work first.
            count: How many requests.
            path: A part of the path, so that reads can be hurt as well.

        Raises:
            ValueError: The kind or the moment is unknown.
        """
        self._faults.add(check_fault(kind=kind, when=when, count=count, path=path))

    def reset(self) -> None:
        """Forget orders, requests and faults, and put the clock back."""
        self._faults.clear()
        if self._pusher is not None:
            self._pusher.clear()
        with self._lock:
            self._seen.clear()
            self._offset = 0.0
        self._provider.reset()

    def close(self) -> None:
        """Stop listening and cut every connection; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._server.close()
        if self._pusher is not None:
            self._pusher.close()

    def _on_placed(self, order: Order) -> None:
        if self._pusher is not None:
            self._pusher.add(order)
        if self._tell is not None:
            self._tell(order)

    def _answer(self, arrived: Arrived) -> Outcome:
        path = arrived.target.partition("?")[0]
        if path.startswith(CONTROL):
            return Outcome(control(self, arrived))
        self._remember(arrived, path)
        fault = self._faults.take(path)
        if fault is None:
            return Outcome(self._work(arrived, path))
        return hurt(
            fault,
            xml=answers_in_xml(path),
            settings=self.settings,
            work=lambda: self._work(arrived, path),
        )

    def _work(self, arrived: Arrived, path: str) -> Reply:
        answer = call(
            self._provider, method=arrived.method, target=arrived.target, body=arrived.body
        )
        return render(answer, self.settings, xml=answers_in_xml(path))

    def _remember(self, arrived: Arrived, path: str) -> None:
        seen = Seen(arrived.method, path, arrived.body, dict(arrived.headers), self.now())
        with self._lock:
            self._seen.append(seen)
