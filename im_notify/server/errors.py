"""What is answered when something is not accepted; never what came in, and never a secret."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from im_notify.errors import AlertError, InvalidMessageError
from im_notify.i18n import _
from im_notify.outbox.entries import KeyReusedError, OutboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

Reason: TypeAlias = Literal[
    "token", "network", "unknown", "size", "slow", "payload", "message", "store", "fault"
]
REASONS: tuple[Reason, ...] = get_args(Reason)

RETRY_AFTER = "5"  #: seconds
_LONGEST = 300  # characters of an error


class RefusedError(Exception):
    """Ends a request: the HTTP status, one of a few words for the metrics, a line for people."""

    def __init__(  # noqa: PLR0913  each but the first three is for a few cases
        self,
        status: int,
        reason: Reason,
        text: str,
        *,
        headers: Mapping[str, str] | None = None,
        index: int | None = None,
        detail: str = "",
    ) -> None:
        """Keep what is answered; `index` is the place in a list of what is wrong, from 0.

        `detail` is for the log alone.
        """
        super().__init__(text)
        self.detail = detail
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
    """Translate whatever a door raised; what nobody expected is told by its type alone."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, HTTPException):
        return _not_routed(error)
    if isinstance(error, OutboxError):
        text, wait = _("it could not be stored: try again"), {"Retry-After": RETRY_AFTER}
        return RefusedError(503, "store", text, headers=wait, detail=_line(error))
    if isinstance(error, AlertError | KeyReusedError):
        return RefusedError(422, "payload", _line(error))
    if isinstance(error, InvalidMessageError):
        return RefusedError(422, "message", said(error.code))
    detail = _("a request failed: {where}").format(where=_where(error))
    return RefusedError(500, "fault", _("internal error"), detail=detail)


def _not_routed(error: HTTPException) -> RefusedError:
    """Say what the router itself refuses: an address or a method that there is not."""
    unknown = error.status_code == HTTPStatus.NOT_FOUND
    text = (
        _("there is nothing at this address")
        if unknown
        else _("wrong HTTP method for this address")
    )
    return RefusedError(error.status_code, "unknown", text, headers=error.headers)


def said(code: int | None) -> str:
    """Say in words what a code of the provider means, without repeating the input."""
    texts = {
        200: lambda: _("accepted"),
        401: lambda: _("the token or the address is not allowed"),
        402: lambda: _("the account has too little credit"),
        450: lambda: _("the sender is not approved"),
        451: lambda: _("the same text was sent to the same recipients"),
        452: lambda: _("a recipient is missing or wrong"),
        453: lambda: _("the text is too long"),
        454: lambda: _("the text is empty"),
        459: lambda: _("the sender is empty"),
        460: lambda: _("the sender must have at most 11 characters, without Turkish letters"),
        468: lambda: _("iys is not set: use 0, BIREYSEL or TACIR"),
        469: lambda: _("commercial messages (iys 1) need a list: BIREYSEL or TACIR"),
        503: lambda: _("not sent yet: try again"),
    }
    text = texts.get(code or 0)
    return text() if text else _("the message cannot be sent as it is")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST]


def _where(error: Exception) -> str:
    """Name the type and the line of code: neither holds anything of the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
