"""What is answered when something is not accepted; never what came in, and never a secret."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, TypeAlias

from starlette.responses import JSONResponse

from im_notify.errors import AlertError, InvalidMessageError
from im_notify.i18n import _
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.exceptions import HTTPException
    from starlette.requests import Request

Reason: TypeAlias = Literal[
    "token", "network", "unknown", "size", "slow", "payload", "message", "store", "fault"
]

RETRY_AFTER = "5"  #: seconds
_LONGEST = 300  # characters of an error
_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """Ends a request: the HTTP status, one of a few words for the metrics, a line for people."""

    def __init__(
        self,
        status: int,
        reason: Reason,
        text: str,
        *,
        headers: Mapping[str, str] | None = None,
        index: int | None = None,
    ) -> None:
        """Keep what is answered; `index` is the place in a list of what is wrong, from 0."""
        super().__init__(text)
        self.status = status
        self.reason: Reason = reason
        self.headers = headers
        self.index = index

    def response(self) -> JSONResponse:
        """Write it as one line of JSON."""
        said: dict[str, object] = {"error": str(self)}
        if self.index is not None:
            said["index"] = self.index
        return JSONResponse(said, status_code=self.status, headers=self.headers)


def refusal(error: Exception) -> RefusedError:
    """Translate whatever a door raised; what nobody expected is logged by its type alone."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, OutboxError):
        _log.error(_("a request was refused, it could not be stored: %s"), _line(error))
        text = _("it could not be stored: try again")
        return RefusedError(503, "store", text, headers={"Retry-After": RETRY_AFTER})
    if isinstance(error, AlertError):
        return RefusedError(422, "payload", _line(error))
    if isinstance(error, InvalidMessageError):
        return RefusedError(422, "message", said(error.code))
    _log.error(_("a request failed: %s"), _where(error))
    return RefusedError(500, "fault", _("internal error"))


def not_routed(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the router itself refuses: an address or a method that there is not."""
    status = _status(error)
    text = _("there is nothing at this address") if status == 404 else _("not this method")  # noqa: PLR2004
    return RefusedError(status, "unknown", text).response()


def said(code: int | None) -> str:
    """Say in words what a code of the provider means, without repeating the input."""
    texts = {
        200: _("accepted"),
        401: _("the token or the address is not allowed"),
        402: _("the account has too little credit"),
        450: _("the sender is not approved"),
        451: _("the same text was sent to the same recipients"),
        452: _("a recipient is missing or wrong"),
        453: _("the text is too long"),
        454: _("the text is empty"),
        459: _("the sender is empty"),
        460: _("the sender must have at most 11 characters, without Turkish letters"),
        468: _("iys is not set: use 0, BIREYSEL or TACIR"),
        469: _("commercial messages (iys 1) need a list: BIREYSEL or TACIR"),
        503: _("not sent yet: try again"),
    }
    return texts.get(code or 0, _("the message cannot be sent as it is"))


def _status(error: Exception) -> int:
    found: HTTPException | Exception = error
    return getattr(found, "status_code", 404)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST]


def _where(error: Exception) -> str:
    """Name the type and the line of code: neither holds anything of the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
