"""`/push/SECRET`: the provider tells a change; the address is all that proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify.reports import Report
from im_notify.server.answers import stored
from im_notify.server.auth import matches, no_token
from im_notify.server.bodies import read
from im_notify.server.errors import RefusedError
from im_notify.server.hooks import parse, payload

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.protocols import Request as Payload
    from im_notify.server.services import Services


class Push:
    """The door for reports."""

    def __init__(self, services: Services) -> None:
        """Ask the sources of `services` what a push means."""
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answer 200 once it is noted, also when it is about an order that is not ours."""
        secret = self._services.relay.push_secret
        given = str(request.path_params["secret"]).encode("utf-8", "surrogatepass")
        if not secret or not matches(secret, [given]):
            raise no_token()
        body = await read(request, self._services)
        reports = await self._reports(payload(request, body))
        store = self._services.store
        known = [await stored(self._services, store.push(report)) for report in reports]
        return JSONResponse({"reports": len(known), "known": sum(known)})

    async def _reports(self, request: Payload) -> list[Report]:
        """Take the word of the first source that understands it."""
        for source in self._services.pushes:
            try:
                found = await parse(source, request)
            except AlertError:
                continue
            if reports := [one for one in found if isinstance(one, Report)]:
                return reports
        raise RefusedError(422, "payload", _("this is not a delivery push"))
