"""Hands texts to a relay instead of the provider: it keeps them, sends each once, and confirms.

The relay's own API is all that is used: `POST /messages`, `GET /v1/messages/<id>`.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from im_notify.errors import NotSentError, QueryError, RejectedError, UnknownOutcomeError
from im_notify.i18n import _
from im_notify.models import OrderState, Receipt, Status
from im_notify.recipients import national
from im_notify.reports import Delivery, Report
from im_notify_plugins.iletimerkezi.transport import TransportError

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.models import Message
    from im_notify.secret import Secret
    from im_notify_plugins.iletimerkezi.transport import Reply, Transport

NAME = "relay"
TRIES = 3  #: of one message under one key, so that trying again cannot double it


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayBackend:
    """A backend whose orders are messages of a relay at `url`, which ends with `/`."""

    url: str
    token: Secret
    max_recipients: int
    transport: Transport
    clock: Clock

    @property
    def name(self) -> str:
        """Return what stands in receipts."""
        return NAME

    def send(self, message: Message) -> Receipt:
        """Have it stored. Raises SendError by what the caller may do next."""
        reply = self._stored(self._body(message))
        if reply.status == HTTPStatus.OK:
            return self._receipt(message, reply)
        text = _("the relay answered HTTP {status}: {reason}").format(
            status=reply.status, reason=_reason(reply)
        )
        refused = reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        error = RejectedError if refused else NotSentError
        raise error(text, backend=NAME, http_status=reply.status)

    def _body(self, message: Message) -> bytes:
        asked: dict[str, object] = {
            "text": message.text,
            "to": list(message.recipients),
            "sender": message.sender,
            "iys": message.consent.value,
            "key": str(uuid.uuid4()),
        }
        return json.dumps(asked).encode()

    def _stored(self, body: bytes) -> Reply:
        """Return the first answer that says something; a relay that restarts gives none."""
        sent, reason = False, ""
        for _attempt in range(TRIES):
            try:
                return self._call("POST", "messages", body)
            except TransportError as error:
                sent, reason = sent or error.sent, str(error)
        text = _("the relay cannot be reached: {reason}").format(reason=reason)
        raise (UnknownOutcomeError if sent else NotSentError)(text, backend=NAME)

    def _receipt(self, message: Message, reply: Reply) -> Receipt:
        try:
            (message_id,) = _read(reply)["ids"]
        except (KeyError, TypeError, ValueError):
            text = _("what answers there is no relay of im-notify")
            raise RejectedError(text, backend=NAME, http_status=reply.status) from None
        return Receipt(
            order_id=str(message_id),
            backend=NAME,
            recipients=message.recipients,
            accepted_at=self.clock.now(),
        )

    def report(self, receipt: Receipt) -> Report:
        """Return where the relay says that every recipient stands. Raises QueryError."""
        try:
            reply = self._call("GET", f"v1/messages/{receipt.order_id}", None)
            rows = tuple(_delivery(row) for row in _read(reply)["recipients"])
        except (TransportError, KeyError, TypeError, ValueError) as error:
            text = _("the relay does not tell of message {id}").format(id=receipt.order_id)
            raise QueryError(text, backend=NAME) from error
        return Report(order_id=receipt.order_id, state=OrderState.COMPLETED, deliveries=rows)

    def _call(self, method: str, path: str, body: bytes | None) -> Reply:
        headers = {
            "Authorization": f"Bearer {self.token.reveal()}",
            "Content-Type": "application/json",
        }
        return self.transport(method, f"{self.url}{path}", body=body, headers=headers)


def _read(reply: Reply) -> Any:  # noqa: ANN401  whatever JSON holds
    return json.loads(reply.body)


def _delivery(row: Any) -> Delivery:  # noqa: ANN401  an object of JSON
    return Delivery(national(row["number"]), Status(row["state"]))


def _reason(reply: Reply) -> str:
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return _("the password of the URL must be the relay's api_token")
    try:
        return str(_read(reply)["error"])
    except (KeyError, TypeError, ValueError):
        return _("no reason given")
