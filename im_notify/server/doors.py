"""Puts doors behind the edge, with nothing of Starlette's own between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from im_notify.server.edge import Edge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from im_notify.server.refusals import Refusals
    from im_notify.server.services import Services

    Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class _Door:
    """Answers one address; what it raises goes to the edge as it is."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)


def door(path: str, answer: Answer, *, methods: Sequence[str] = ("GET",)) -> Route:
    """Return the route of an address; methods that it does not name are refused."""
    return Route(path, _Door(answer), methods=list(methods))


def behind_edge(routes: Sequence[Route], services: Services, refusals: Refusals) -> Starlette:
    """Return the application.

    The layers that Starlette puts around routes would answer what the edge answers, and they
    cost a sixth of a request.
    """
    app = Starlette(routes=routes)
    app.middleware_stack = Edge(app.router, services=services, refusals=refusals)
    app.router.redirect_slashes = False  # a redirect would repeat the query, and with it a token
    return app
