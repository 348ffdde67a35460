"""The address of every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from im_notify.server.device import Device
from im_notify.server.edge import Edge
from im_notify.server.errors import not_routed
from im_notify.server.health import Health
from im_notify.server.hooks import Hooks
from im_notify.server.messages import Messages
from im_notify.server.people import People
from im_notify.server.push import Push

if TYPE_CHECKING:
    from im_notify.server.services import Services

BOTH = ["GET", "POST"]


def build(services: Services) -> Starlette:
    """Return the application; it keeps no connection and starts nothing."""
    app = Starlette(
        routes=_routes(services, People(services.config, services.relay)),
        middleware=[Middleware(Edge, services=services)],
        exception_handlers={HTTPException: not_routed},
    )
    app.router.redirect_slashes = False  # a redirect would repeat the query, and with it a token
    return app


def _routes(services: Services, people: People) -> list[Route]:
    hooks, messages = Hooks(services, people), Messages(services, people)
    device, health = Device(services, people), Health(services)
    return [
        Route("/hook/{hook}", hooks.answer, methods=BOTH),
        Route("/hook/{hook}/{contact}", hooks.answer, methods=BOTH),
        Route("/v1/send-sms/get/", device.answer, methods=BOTH),
        Route("/v1/send-sms/get", device.answer, methods=BOTH),
        Route("/s", device.answer, methods=BOTH),
        Route("/messages", messages.post, methods=["POST"]),
        Route("/v1/messages/{id}", messages.get),
        Route("/push/{secret}", Push(services).answer, methods=["POST"]),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
    ]
