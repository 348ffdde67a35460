"""`/v1/send-sms/get/` and `/s`: a device sends here as it would to the provider.

A token of the device stands in place of the provider's key; its hash and its sender are not
looked at. Every answer has the shape and the codes that the device knows from the provider.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError, InvalidMessageError
from im_notify.models import Consent, Message
from im_notify.outbox.entries import Entry, OutboxError
from im_notify.server import fields
from im_notify.server.answers import count, stored
from im_notify.server.auth import authorization, check_network, client_address, matches, no_token
from im_notify.server.bodies import read
from im_notify.server.errors import RETRY_AFTER, RefusedError, refusal
from im_notify.server.recent import Recent
from im_notify.server.styles import OK, number, render
from im_notify.text import MAX_PARTS, fit, refuse_too_long

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from im_notify.outbox.entries import Accepted
    from im_notify.relay_config import DeviceConfig
    from im_notify.server.fields import Fields
    from im_notify.server.people import Chosen, People
    from im_notify.server.refusals import Refusals
    from im_notify.server.services import Outcome, Services

BAD_REQUEST, UNAUTHORIZED, BUSY, TOO_LONG = 400, 401, 503, 453
POLL = 0.05  #: seconds between two looks at what the provider said


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """What a device is told: a code, the number of its order, the id that we know it by."""

    code: int
    order: str = ""
    id: str = ""


class Device:
    """The door for devices."""

    def __init__(self, services: Services, people: People, refusals: Refusals) -> None:
        """Remember no request yet."""
        self._refusals = refusals
        self._services = services
        self._people = people
        self._recent = Recent(services.clock)

    async def answer(self, request: Request) -> Response:
        """Store the text; in mode `otp`, wait for what the provider says to it."""
        body = await read(request, self._services) if request.method == "POST" else b""
        given = fields.read_fields(request.scope["query_string"], body)
        device = self._device(request, given)
        if device is None:
            self._note(request, "device", no_token())
            return render(UNAUTHORIZED)
        try:
            check_network(request, device.allow, self._services)
            taken = await self._take(device, given)
        except (ImNotifyError, RefusedError) as error:
            refused = refusal(error)
            self._note(request, f"device/{device.name}", refused)
            return _answer(device, error, refused)
        answer = render(taken.code, order=taken.order, style=device.style, policy=device.status)
        answer.headers["X-Message-Id"] = taken.id
        return answer

    def _device(self, request: Request, given: Fields) -> DeviceConfig | None:
        """Find the device whose token it is; all are compared, whichever fits."""
        tokens = [one.encode("utf-8", "surrogatepass") for one in given.all(fields.TOKEN)]
        tokens.append(authorization(request))  # that of the query is among them already
        devices = self._services.relay.devices.values()
        found = [device for device in devices if matches(device.token, tokens)]
        return found[0] if found else None

    def _note(self, request: Request, door: str, refused: RefusedError) -> None:
        address = client_address(request, self._services.relay.trusted_proxies)
        self._refusals.note(door, refused, address=str(address or ""))

    async def _take(self, device: DeviceConfig, given: Fields) -> _Taken:
        since = self._services.clock.monotonic()
        entry = self._entry(device, given)
        found = await stored(self._services, self._services.store.accept([entry]))
        count(self._services, device.name, found, since=since)
        if device.mode == "otp":
            return await self._outcome(device, found[0])
        return _Taken(code=OK, order=number(found[0].id), id=found[0].id)

    async def _outcome(self, device: DeviceConfig, message: Accepted) -> _Taken:
        """Wait for the provider: a code that is `sent` too early locks somebody out."""
        try:
            async with asyncio.timeout(device.wait):
                said = await self._first(message.id)
        except TimeoutError:
            return _Taken(code=BUSY, id=message.id)
        if said.order_id is None:
            return _Taken(code=said.code or BAD_REQUEST, id=message.id)
        return _Taken(code=OK, order=said.order_id, id=message.id)

    async def _first(self, message_id: str) -> Outcome:
        while True:
            if said := await self._services.outcome(message_id):
                return said
            await asyncio.sleep(POLL)

    def _entry(self, device: DeviceConfig, given: Fields) -> Entry:
        """Read and check everything. Raises InvalidMessageError with the provider's code."""
        chosen = self._chosen(device, given)
        text = given.text(fields.TEXT, device.repairs)
        message = Message(
            text=self._text(device, text),
            recipients=chosen.numbers,
            sender=device.sender,
            consent=_consent(device, given),
        )
        return Entry(
            source=device.name,
            text=message.text,
            recipients=message.recipients,
            sender=message.sender,
            consent=message.consent,
            lifetime=device.lifetime,
            key=self._recent.key(device, text, chosen.numbers),
            contact=chosen.contact,
            ladder=chosen.ladder,
        )

    def _chosen(self, device: DeviceConfig, given: Fields) -> Chosen:
        typed = ",".join(given.all(fields.TO)).replace(";", ",").replace("\n", ",").split(",")
        named = [one.strip() for one in typed if one.strip()]
        return self._people.choose(named or device.to, raw=device.raw_numbers, contacts_too=True)

    def _text(self, device: DeviceConfig, text: str) -> str:
        """Add the time if that is asked for, and cut an alarm that is too long.

        A code that is cut is no code, so there a text that is too long is refused (453).
        """
        ending = f" {self._clock():%H:%M}" if device.add_time and text else ""
        try:
            refuse_too_long(text + ending)
        except InvalidMessageError:
            if device.mode == "otp":
                raise
            return fit(text, MAX_PARTS, ellipsis=f"...{ending}")
        return text + ending

    def _clock(self) -> datetime:
        return self._services.clock.now().astimezone(self._services.zone)


_CODES = {401: UNAUTHORIZED, 403: UNAUTHORIZED, 503: BUSY}


def _answer(
    device: DeviceConfig, error: ImNotifyError | RefusedError, refused: RefusedError
) -> Response:
    code = error.code if isinstance(error, InvalidMessageError) else _CODES.get(refused.status)
    http = refused.status if not isinstance(error, InvalidMessageError) else None
    answer = render(code or BAD_REQUEST, style=device.style, policy=device.status, http=http)
    if isinstance(error, OutboxError):
        answer.headers["Retry-After"] = RETRY_AFTER
    return answer


def _consent(device: DeviceConfig, given: Fields) -> Consent:
    """Take the device's own decision where it makes one."""
    iys, iys_list = given.text(fields.IYS), given.text(fields.IYS_LIST)
    if not iys:
        return device.consent
    return Consent.parse(iys, iys_list if iys != "0" else None)  # the provider ignores the list
