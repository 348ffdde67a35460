"""The address of every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.server.device import Device
from im_notify.server.doors import behind_edge, door
from im_notify.server.health import Health
from im_notify.server.hooks import Hooks
from im_notify.server.messages import Messages
from im_notify.server.openapi import describe
from im_notify.server.people import People
from im_notify.server.push import Push
from im_notify.server.refusals import Refusals

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from im_notify.server.services import Services

BOTH = ["GET", "POST"]


def build(services: Services) -> Starlette:
    """Return the application; it keeps no connection and starts nothing."""
    refusals = services.refusals or Refusals(services.clock, services.metrics.refused)
    routes = _routes(services, People(services.config, services.relay), refusals)
    return behind_edge(routes, services, refusals)


def _routes(services: Services, people: People, refusals: Refusals) -> list[Route]:
    hooks, messages = Hooks(services, people), Messages(services, people)
    device, health = Device(services, people, refusals), Health(services, refusals)
    return [
        door("/hook/{hook}", hooks.answer, methods=BOTH),
        door("/hook/{hook}/{contact}", hooks.answer, methods=BOTH),
        door("/v1/send-sms/get/", device.answer, methods=BOTH),
        door("/v1/send-sms/get", device.answer, methods=BOTH),
        door("/s", device.answer, methods=BOTH),
        door("/messages", messages.post, methods=["POST"]),
        door("/v1/messages/{id}", messages.get),
        door("/push/{secret}", Push(services).answer, methods=["POST"]),
        door("/healthz", health.alive),
        door("/readyz", health.ready),
        door("/metrics", health.metrics),
        door("/openapi.json", describe()),
    ]
