"""Waits until something is on disk and says so; nothing else here answers 200 to a sender."""

from __future__ import annotations

import asyncio
from collections import deque
from json import JSONEncoder
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from im_notify.outbox.entries import Accepted
    from im_notify.server.services import Services

T = TypeVar("T")
_JSON = JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one for each answer


class _Tray:
    """What threads have finished for one loop and it has not looked at."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._came: deque[tuple[Future[Any], asyncio.Future[Any]]] = deque()
        self._called = False

    def put(self, done: Future[Any], waiting: asyncio.Future[Any]) -> None:
        self._came.append((done, waiting))
        if not self._called and not self._loop.is_closed():
            self._called = True
            self._loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._called = False  # before looking: what comes from now on calls again
        while self._came:
            done, waiting = self._came.popleft()
            if waiting.cancelled():
                continue
            if error := done.exception():
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())


class Arrivals:
    """Brings what a thread finished to the loop that waits, all that came together at once.

    Each call into a loop wakes it through a socket; a commit that many requests share needs one.
    """

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self._trays: WeakKeyDictionary[asyncio.AbstractEventLoop, _Tray] = WeakKeyDictionary()

    async def of(self, future: Future[T]) -> T:
        """Return the result of a future that another thread resolves.

        A request that is cancelled meanwhile leaves it alone: others share a commit with it.
        """
        loop = asyncio.get_running_loop()
        tray = self._trays.get(loop) or self._trays.setdefault(loop, _Tray(loop))
        waiting: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(lambda done: tray.put(done, waiting))
        return await waiting


async def stored(services: Services, future: Future[T]) -> T:
    """Return what the store says once it is on disk."""
    return await services.arrivals.of(future)


def accepted(found: Sequence[Accepted]) -> Response:
    """Write the ids, and how many of them were known before."""
    said = {"ids": [one.id for one in found], "duplicates": _duplicates(found)}
    return Response(_JSON.encode(said), media_type="application/json")


def count(services: Services, source: str, found: Sequence[Accepted], *, since: float) -> None:
    """Note in the metrics what was accepted.

    Args:
        services: Where it is counted.
        source: The name of the hook or device, or of the program that handed it over.
        found: What the store said.
        since: When the request began, on the monotonic clock.
    """
    seconds = services.clock.monotonic() - since
    services.metrics.accepted(source, len(found) - _duplicates(found), seconds=seconds)


def _duplicates(found: Sequence[Accepted]) -> int:
    return sum(one.duplicate for one in found)
