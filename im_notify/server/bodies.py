"""Reads a body as long as it is small and fast enough."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from im_notify.i18n import _
from im_notify.server.errors import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from im_notify.server.services import Services


async def read(request: Request, services: Services) -> bytes:
    """Return the body. Raises RefusedError, 413 at the first byte too many, 408 when it takes long.

    What the client says of the length is believed when it is too much, never when it is little.
    """
    limit = services.relay.max_body
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > limit:
        raise _too_large()
    try:
        async with asyncio.timeout(services.limits.body_seconds):
            return await _all(request, limit)
    except TimeoutError:
        raise RefusedError(408, "slow", _("the body did not come in time")) from None


async def _all(request: Request, limit: int) -> bytes:
    body = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _too_large() -> RefusedError:
    return RefusedError(413, "size", _("the body is too large"))
