"""Waits until something is on disk and says so; nothing else here answers 200 to a sender."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from im_notify.outbox.entries import Accepted
    from im_notify.server.services import Services

T = TypeVar("T")


async def stored(future: Future[T]) -> T:
    """Return what the store says once it is on disk.

    Shielded: a request that is cancelled must not cancel what others share a commit with.
    """
    return await asyncio.shield(asyncio.wrap_future(future))


def accepted(
    services: Services, door: str, found: Sequence[Accepted], *, since: float
) -> JSONResponse:
    """Write the ids, and how many of them were known before.

    Args:
        services: Where it is counted.
        door: The name of the hook or device.
        found: What the store said.
        since: When the request began, on the monotonic clock.
    """
    duplicates = sum(one.duplicate for one in found)
    seconds = services.clock.monotonic() - since
    services.metrics.accepted(door, len(found) - duplicates, seconds=seconds)
    return JSONResponse({"ids": [one.id for one in found], "duplicates": duplicates})
