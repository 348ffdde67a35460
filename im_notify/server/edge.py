"""Around every request: what may come in at all, and an answer whatever happens inside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, HTTPConnection

from im_notify.i18n import _
from im_notify.server.auth import client_address
from im_notify.server.errors import RefusedError, refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from im_notify.server.refusals import Refusals
    from im_notify.server.services import Services

LINGER_SECONDS = 2.0  #: for a client that must send all before it reads the answer
LINGER_BYTES = 16_000_000
_HARMLESS = {"/healthz", "/readyz", "/metrics"}


class Edge:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, *, services: Services, refusals: Refusals) -> None:
        """Wrap `app`."""
        self._app = app
        self._services = services
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised out of here, so that nothing of it is logged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        try:
            _check(scope, self._services)
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            gone = RefusedError(400, "slow", _("the request ended early"))
            self._note(scope, gone)
            if not exchange.started:
                await gone.response()(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001  the last place before a trace with the request
            refused = refusal(error)
            self._note(scope, refused)
            exchange.patient = refused.reason != "slow"
            if not exchange.started:
                await refused.response()(scope, exchange.receive, exchange.send)

    def _note(self, scope: Scope, refused: RefusedError) -> None:
        address = client_address(HTTPConnection(scope), self._services.relay.trusted_proxies)
        self._refusals.note(door_of(scope, self._services), refused, address=str(address or ""))


def door_of(scope: Scope, services: Services) -> str:
    """Name the door of a request by words of the configuration alone: an address can hold more."""
    first, _slash, rest = scope["path"].removeprefix("/").partition("/")
    hook = rest.partition("/")[0]
    if first == "hook":
        return f"hook/{hook}" if hook in services.relay.hooks else "hook"
    if first == "v1":
        return "messages" if hook == "messages" else "device"
    return {"messages": "messages", "push": "push", "s": "device"}.get(first, "-")


def _check(scope: Scope, services: Services) -> None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > services.limits.url:
        raise RefusedError(414, "size", _("the address is too long"))
    if (
        scope["method"] == "HEAD" and scope["path"] not in _HARMLESS
    ):  # a router takes it for GET, which sends here
        raise RefusedError(405, "unknown", _("wrong HTTP method for this address"))


class _Exchange:
    """One request and its answer; knows whether the client is still sending."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.started = False
        self.patient = True
        self._receive = receive
        self._send = send
        names = dict(scope["headers"])
        self._ended = b"transfer-encoding" not in names and not int(
            names.get(b"content-length", b"0")
        )
        self._waits = b"expect" in names

    async def receive(self) -> Message:
        message = await self._receive()
        self._ended = self._ended or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Pass it on; an answer that comes early is ended when the client has sent all.

        A connection that is closed while the client sends is reset, and the answer with it.
        """
        if message["type"] == "http.response.start":
            self.started = True
            if not self._ended:
                message["headers"] = [*message["headers"], (b"connection", b"close")]
        elif not self._ended and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _drain(self) -> None:
        left = LINGER_BYTES if self.patient and not self._waits else 0
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while left > 0 and not self._ended:
                    left -= len((await self.receive()).get("body", b"")) + 1
        except TimeoutError:
            return
