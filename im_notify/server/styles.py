"""How a device is answered: in the words that it was taught to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

from im_notify.server.errors import said

if TYPE_CHECKING:
    from im_notify.relay_config import StatusPolicy, Style

OK = 200
_XML = "text/xml; charset=UTF-8"
_TEXT = "text/plain; charset=utf-8"


def render(
    code: int,
    *,
    order: str = "",
    style: Style = "xml",
    policy: StatusPolicy = "mirrored",
    http: int | None = None,
) -> Response:
    """Write a code of the provider and, if there is one, the number of the order.

    Args:
        code: 200, or what the provider would have refused with.
        order: The number that a device may keep; digits only.
        style: `xml` as the provider (provider document, GET), `ok`, the bare number, `json`,
            `clickatell` (`ID: n`) or `acrobits` (the XML of its web services).
        policy: `mirrored` answers the code as the HTTP status, `ok` always 200.
        http: The HTTP status where it is not the code.
    """
    status = OK if policy == "ok" else http or code
    if style == "json":
        return JSONResponse(_object(code, order), status_code=status)
    if style == "xml":
        return Response(_xml(code, order), status_code=status, media_type=_XML)
    if style == "acrobits":
        return Response(_acrobits(code, order), status_code=status, media_type=_XML)
    text = _good(style, order) if code == OK else _bad(style, code)
    return Response(text, status_code=status, media_type=_TEXT)


def _good(style: Style, order: str) -> str:
    if style == "clickatell":
        return f"ID: {order}"
    return order if style == "id" else "OK"


def _bad(style: Style, code: int) -> str:
    start = "ERR:" if style == "clickatell" else "ERROR"
    return f"{start} {code} {said(code)}"


def number(message_id: str) -> str:
    """Return an id as digits, for devices that want a whole number; it can be turned back.

    An id has up to twelve digits of base 36, which fit into 64 bits.
    """
    try:
        return str(int(message_id, 36))
    except ValueError:
        return str(int.from_bytes(message_id.encode()[-7:]))


def _object(code: int, order: str) -> dict[str, object]:
    return {"code": code, "message": said(code), **({"id": order} if order else {})}


def _acrobits(code: int, order: str) -> str:
    inner = f"<message_id>{escape(order)}</message_id>" if code == OK else escape(said(code))
    tag = "response" if code == OK else "error"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{tag}>{inner}</{tag}>\n'


def _xml(code: int, order: str) -> str:
    id_ = f"<order>\n<id>{escape(order)}</id>\n</order>\n" if order else ""
    status = f"<status>\n<code>{code}</code>\n<message>{escape(said(code))}</message>\n</status>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<response>\n{status}{id_}</response>\n'
