"""`/hook/NAME[/CONTACT]`: alerts of a monitoring system, parsed by the source of the hook."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from im_notify.alerts import Alert
from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify.outbox.entries import Route as Way
from im_notify.protocols import Request as Payload
from im_notify.server.answers import accepted, count, stored
from im_notify.server.auth import admit, query_of
from im_notify.server.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.protocols import Source
    from im_notify.relay_config import HookConfig
    from im_notify.reports import Report
    from im_notify.server.people import People
    from im_notify.server.services import Services

LARGE = 65_536  #: bytes; what is larger is parsed beside the loop


class Hooks:
    """The door for alerts."""

    def __init__(self, services: Services, people: People) -> None:
        """Look hooks up in the configuration of `services`."""
        self._services = services
        self._people = people
        self._ways: dict[tuple[str, str | None], Way] = {}  # by names of the configuration

    async def answer(self, request: Request) -> Response:
        """Store what changed and answer with its ids."""
        services, since = self._services, self._services.clock.monotonic()
        hook = services.relay.hooks.get(request.path_params["hook"])
        if hook is None:
            raise RefusedError(404, "unknown", _("there is no such hook"))
        body = await admit(request, hook, services)
        way = self._known_way(hook, request.path_params.get("contact"))
        alerts = await _alerts(self._source(hook), request, body, door=hook.name)
        found = await stored(services, services.store.accept_alerts(alerts, way)) if alerts else []
        count(services, hook.name, found, since=since)
        return accepted(found)

    def _source(self, hook: HookConfig) -> Source:
        source = self._services.source(hook)
        if source is None:
            raise RefusedError(404, "unknown", _("the source of this hook is not installed"))
        return source

    def _known_way(self, hook: HookConfig, contact: str | None) -> Way:
        if contact and not self._people.knows(contact):
            return self._way(hook, contact)
        found = self._ways.get((hook.name, contact))
        return found or self._ways.setdefault((hook.name, contact), self._way(hook, contact))

    def _way(self, hook: HookConfig, contact: str | None) -> Way:
        if contact and not hook.raw_numbers and not self._people.knows(contact):
            raise RefusedError(404, "unknown", _("there is no such contact or group"))
        chosen = self._people.choose([contact] if contact else hook.to, raw=hook.raw_numbers)
        return Way(
            contact=chosen.contact,
            recipients=chosen.numbers,
            sender=hook.sender,
            consent=hook.consent,
            lifetime=hook.lifetime,
            ladder=chosen.ladder,
            write_back=hook.write_back,
        )


def payload(request: Request, body: bytes) -> Payload:
    """Hand a request to a source, without what only proves who sent it."""
    query = {name: value for name, value in query_of(request).items() if name != "token"}
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    return Payload(method=request.method, query=query, headers=headers, body=body)


async def parse(source: Source, request: Payload) -> list[Alert | Report]:
    """Return all that a source reads. Raises AlertError for what no parser can read either."""
    try:
        if len(request.body) > LARGE:
            return await asyncio.to_thread(_listed, source, request)
        return _listed(source, request)
    except (RecursionError, UnicodeError):
        raise AlertError(_("this is nested too deeply, or is not text")) from None


async def _alerts(source: Source, request: Request, body: bytes, *, door: str) -> list[Alert]:
    """Read the alerts; two servers of one kind count their events alike, so the door is named."""
    found = await parse(source, payload(request, body))
    alerts = [one for one in found if isinstance(one, Alert)]
    return [one if one.source == door else replace(one, source=door) for one in alerts]


def _listed(source: Source, request: Payload) -> list[Alert | Report]:
    found: Iterable[Alert | Report] = source.parse(request)
    return list(found)
