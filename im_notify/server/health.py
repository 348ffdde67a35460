"""What a supervisor and a monitoring system ask: alive, ready, and the figures."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from im_notify.i18n import _
from im_notify.outbox.entries import OutboxError
from im_notify.server.metrics import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from im_notify.server.refusals import Refusals
    from im_notify.server.services import Services

_log = logging.getLogger(__name__)


class Health:
    """The doors that need no token: they tell numbers and nothing else."""

    def __init__(self, services: Services, refusals: Refusals) -> None:
        """Ask what `services` offers."""
        self._services = services
        self._refusals = refusals

    async def alive(self, _request: Request) -> Response:
        """Answer 200: the loop turns."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """Answer 200 when messages can be stored and are sent, 503 otherwise."""
        found = {
            "store": await asyncio.to_thread(_holds, self._services.writable),
            "sender": await asyncio.to_thread(_holds, self._services.sending),
        }
        return JSONResponse(found, status_code=200 if all(found.values()) else 503)

    async def metrics(self, _request: Request) -> Response:
        """Answer all figures in the text format of metrics."""
        self._refusals.settle()
        figures = await asyncio.to_thread(self._services.store.figures)
        text = self._services.metrics.text(figures)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


def _holds(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OutboxError as error:
        _log.error(_("not ready: %s"), error)
        return False
