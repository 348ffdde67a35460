"""`POST /alerts` over the Unix socket: alerts that programs on this machine hand over.

It asks for no token: who may write to the socket, its owner and group, may use it. It is an
application of its own, so that no other door leads here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from im_notify.errors import InvalidMessageError
from im_notify.handing.batch import read as read_batch
from im_notify.handing.calling import PATH
from im_notify.i18n import _
from im_notify.outbox.entries import Route as Way
from im_notify.server.answers import accepted, count, stored
from im_notify.server.bodies import read
from im_notify.server.doors import behind_edge, door
from im_notify.server.errors import RefusedError
from im_notify.server.people import People, RecipientError
from im_notify.server.refusals import Refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.alerts import Alert
    from im_notify.handing.batch import Batch
    from im_notify.outbox.entries import Accepted
    from im_notify.server.services import Services

    AcceptOnce: TypeAlias = Callable[[str, Sequence[Alert], Way], Future[list[Accepted]]]


class Counter:
    """Takes batches, whichever way they come."""

    def __init__(self, services: Services, accept_once: AcceptOnce) -> None:
        """Send in the name of the account; `accept_once` keeps alerts under the key of a batch."""
        self._services = services
        self._relay = services.relay
        self._people = People(services.config, services.relay)
        self._accept_once = accept_once

    def take(self, batch: Batch) -> Future[list[Accepted]]:
        """Keep a batch. Raises InvalidMessageError for one that nobody can be told of."""
        return self._kept(batch, self._way(batch, batch.to))

    def take_somehow(self, batch: Batch) -> Future[list[Accepted]]:
        """Keep a batch, for the default contacts where those that it names are unknown."""
        try:
            way = self._way(batch, batch.to)
        except RecipientError:
            way = self._way(batch, ())
        return self._kept(batch, way)

    def _kept(self, batch: Batch, way: Way) -> Future[list[Accepted]]:
        """Count the messages under the name that they have everywhere else."""
        source, since = batch.alerts[0].source, self._services.clock.monotonic()
        future = self._accept_once(batch.key, batch.alerts, way)

        def note(done: Future[list[Accepted]]) -> None:
            if not done.cancelled() and done.exception() is None:
                count(self._services, source, done.result(), since=since)

        future.add_done_callback(note)
        return future

    def _way(self, batch: Batch, to: Sequence[str]) -> Way:
        provider, relay = self._services.config.provider, self._relay
        if not provider.sender or provider.consent is None:
            raise InvalidMessageError(_("[provider] has no sender or no iys"), code=459)
        chosen = self._people.choose(list(to or relay.to), raw=False)
        return Way(
            contact=chosen.contact,
            recipients=chosen.numbers,
            sender=provider.sender,
            consent=provider.consent,
            lifetime=relay.lifetime,
            ladder=chosen.ladder,
            write_back=self._write_back(batch),
        )

    def _write_back(self, batch: Batch) -> tuple[str, ...]:
        """Name what is told how it ended: the places that are called like the alerts' source."""
        sources = {one.source for one in batch.alerts}
        return tuple(sorted(sources & self._relay.write_back.keys()))


def build_local(
    services: Services, counter: Counter, *, catch_up: Callable[[], object]
) -> Starlette:
    """Return the application of the socket.

    `catch_up` takes what waits in the spool; it is called before each request, so that the end of
    a problem cannot overtake its beginning.
    """

    async def answer(request: Request) -> Response:
        body = await read(request, services)
        await asyncio.to_thread(catch_up)
        found = await stored(services, _taken(counter, body))
        return accepted(found)

    refusals = Refusals(services.clock, services.metrics.refused)  # no thread shares it
    return behind_edge([door(PATH, answer, methods=["POST"])], services, refusals)


def _taken(counter: Counter, body: bytes) -> Future[list[Accepted]]:
    try:
        return counter.take(read_batch(body))
    except InvalidMessageError as error:  # of names and settings, so that it can be told in full
        raise RefusedError(422, "message", str(error)) from None
