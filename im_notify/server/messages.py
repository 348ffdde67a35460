"""`/messages`: the own JSON API, and what became of a message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from im_notify.i18n import _
from im_notify.jsonout import stored_object
from im_notify.server.answers import accepted, count, stored
from im_notify.server.auth import check_token
from im_notify.server.bodies import read
from im_notify.server.errors import RefusedError
from im_notify.server.orders import SOURCE, read_all

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.server.people import People
    from im_notify.server.services import Services


class Messages:
    """The door for programs; both of its calls want the token of the API."""

    def __init__(self, services: Services, people: People) -> None:
        """Send in the name of the account."""
        self._services = services
        self._people = people

    async def post(self, request: Request) -> Response:
        """Store all messages of the body or, when one is wrong, none."""
        services, since = self._services, self._services.clock.monotonic()
        check_token(request, services.relay.api_token)
        body = await read(request, services)
        key = request.headers.get("idempotency-key")
        entries = read_all(body, key, services, self._people)
        found = await stored(services, services.store.accept(entries))
        count(services, SOURCE, found, since=since)
        return accepted(found)

    async def get(self, request: Request) -> Response:
        """Answer state, recipients and timeline of one message."""
        check_token(request, self._services.relay.api_token)
        message_id: str = request.path_params["id"]
        found = await asyncio.to_thread(self._services.store.message, message_id)
        if found is None:
            raise RefusedError(404, "unknown", _("there is no such message"))
        return JSONResponse(stored_object(found))
