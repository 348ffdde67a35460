"""Doors that can be changed while people stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from im_notify.serving.assembly import Relay


class Switch:
    """An application whose next request is answered by the relay that it follows.

    Connections stay open, and a request that began is ended by the relay it began with.
    """

    def __init__(self, make: Callable[[Relay], ASGIApp], relay: Relay) -> None:
        """Start with the doors that `make` makes for `relay`."""
        self._make = make
        self._app = make(relay)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def follow(self, relay: Relay) -> None:
        """Use the doors of another relay."""
        self._app = self._make(relay)
