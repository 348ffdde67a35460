"""The own API in the words of OpenAPI 3.1, served at `/openapi.json`.

Hooks and the address for devices are not in it: what comes there is as others define it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from im_notify.models import Status
from im_notify.server.orders import LONGEST_KEY, MOST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

Schema = dict[str, Any]

_ID = "7k2m9qd4xw8c"


def describe() -> Callable[[Request], Awaitable[Response]]:
    """Return what answers the description."""
    found = JSONResponse(description())

    async def described(_request: Request) -> Response:
        return Response(found.body, media_type="application/json")

    return described


def description() -> Schema:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "im-notify relay",
            "version": version("im-notify"),
            "description": "Stores messages before it answers, sends each once by SMS, and tells"
            " whether it arrived.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            "/messages": {"post": _post()},
            "/v1/messages/{id}": {"get": _get()},
            "/healthz": {"get": _alive()},
            "/readyz": {"get": _ready()},
        },
        "components": {
            "schemas": _schemas(),
            "responses": _refusals(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _post() -> Schema:
    one = {"text": "disk full", "to": ["oncall"]}
    return {
        "operationId": "send",
        "summary": "Store messages to be sent",
        "description": f"One message or a list of up to {MOST}: all are stored or none is. A"
        " message is on disk when this is answered.",
        "security": [{"token": []}],
        "parameters": [_idempotency()],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [_ref("Message"), _many("Message", MOST)]},
                    "examples": {"one": {"value": one}, "two": {"value": [one, _EXAMPLE]}},
                }
            },
        },
        "responses": {
            "200": _answer("They are stored", "Accepted", {"ids": [_ID], "duplicates": 0}),
            **_refused(401, 404, 408, 413, 422, 503),
        },
    }


_EXAMPLE = {
    "text": "backup failed on db1",
    "to": ["night", "+905301234567"],
    "sender": "APITEST",
    "iys": "0",
    "key": "backup-2026-11-21",
    "lifetime": "30m",
}


def _idempotency() -> Schema:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Your name for this request. The same request again is answered with the"
        " ids of the first and sends nothing. In a list, each message counts apart by its place;"
        " a message's own `key` comes first.",
        "schema": {"type": "string", "maxLength": LONGEST_KEY},
        "example": "deploy-7",
    }


def _get() -> Schema:
    return {
        "operationId": "message",
        "summary": "What became of a message",
        "security": [{"token": []}],
        "parameters": [
            {
                "name": "id",
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "example": _ID,
            }
        ],
        "responses": {
            "200": _answer("The message, without its text", "Stored", _STORED),
            **_refused(401, 404, 503),
        },
    }


_STORED = {
    "id": _ID,
    "state": "delivered",
    "source": "api",
    "contact": "oncall",
    "created_at": "2026-11-21T09:00:00+00:00",
    "expires_at": "2026-11-21T10:00:00+00:00",
    "recipients": [{"number": "+905301234567", "state": "delivered"}],
    "orders": [{"order_id": "81773", "state": "done", "recipients": 1}],
    "timeline": [
        {"at": "2026-11-21T09:00:00+00:00", "what": "stored", "detail": "api"},
        {"at": "2026-11-21T09:00:01+00:00", "what": "sent", "detail": "order 81773"},
        {"at": "2026-11-21T09:00:06+00:00", "what": "delivered", "detail": ""},
    ],
}


def _alive() -> Schema:
    return {
        "operationId": "alive",
        "summary": "Whether the process answers",
        "responses": {"200": _answer("It does", "Alive", {"status": "ok"})},
    }


def _ready() -> Schema:
    good, bad = {"store": True, "sender": True}, {"store": False, "sender": True}
    return {
        "operationId": "ready",
        "summary": "Whether messages are stored and sent",
        "responses": {
            "200": _answer("They are", "Ready", good),
            "503": _answer("One of them is not", "Ready", bad),
        },
    }


def _schemas() -> Schema:
    return {
        "Message": _message(),
        "Accepted": _object(
            ids={"type": "array", "items": {"type": "string"}},
            duplicates={"type": "integer", "minimum": 0},
        ),
        "Stored": _stored(),
        "Alive": _object(status={"const": "ok"}),
        "Ready": _object(store={"type": "boolean"}, sender={"type": "boolean"}),
        "Error": _object(
            ("error",),
            error={"type": "string", "description": "What is wrong; never what was sent"},
            index={"type": "integer", "description": "The place in the list, from 0"},
        ),
    }


def _message() -> Schema:
    name = {"type": "string", "minLength": 1}
    whom = "A contact, a group or a number"
    return _object(
        ("text", "to"),
        text={"type": "string", "minLength": 1},
        to={
            "description": whom,
            "oneOf": [name, {"type": "array", "items": name, "minItems": 1}],
        },
        sender={"type": "string", "maxLength": 11},
        iys={
            "description": "0 informs, anything else is commercial and names its list",
            "enum": [0, 1, "0", "1", "BIREYSEL", "TACIR"],
        },
        iys_list={"enum": ["BIREYSEL", "TACIR"]},
        key={"type": "string", "maxLength": LONGEST_KEY},
        lifetime={
            "description": "For how long it is worth sending: seconds, or such as 90s, 30m, 1h",
            "type": ["number", "string"],
            "exclusiveMinimum": 0,
        },
    )


def _stored() -> Schema:
    text, when = {"type": "string"}, {"type": "string", "format": "date-time"}
    states = {"enum": [status.value for status in Status]}
    return _object(
        id=text,
        state=states,
        source=text,
        contact={"type": ["string", "null"]},
        created_at=when,
        expires_at=when,
        recipients=_list(number=text, state=states),
        orders=_list(
            order_id={"type": ["string", "null"]},
            state={"enum": ["queued", "sending", "unclear", "sought", "placed", "done"]},
            recipients={"type": "integer"},
        ),
        timeline=_list(at=when, what=text, detail=text),
    )


def _refusals() -> Schema:
    said = {
        401: ("The token is missing or wrong", "the token is missing or wrong"),
        404: ("There is none, or no token is configured", "there is no such message"),
        408: ("The body did not come in time", "the body did not come in time"),
        413: ("The body is larger than configured", "the body is too large"),
        422: ("It cannot be sent as it is; nothing is stored", "message 0: the text is empty"),
        503: ("It could not be stored: try again", "it could not be stored: try again"),
    }
    found = {
        str(code): _answer(text, "Error", {"error": example})
        for code, (text, example) in said.items()
    }
    wait = {"description": "Seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
    return found | {"503": found["503"] | {"headers": {"Retry-After": wait}}}


def _refused(*codes: int) -> Schema:
    return {str(code): {"$ref": f"#/components/responses/{code}"} for code in codes}


def _answer(text: str, schema: str, example: Schema) -> Schema:
    content = {"application/json": {"schema": _ref(schema), "example": example}}
    return {"description": text, "content": content}


def _object(required: tuple[str, ...] | None = None, /, **properties: object) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else list(required),
        "additionalProperties": False,
    }


def _list(**properties: object) -> Schema:
    return {"type": "array", "items": _object(**properties)}


def _many(schema: str, most: int) -> Schema:
    return {"type": "array", "items": _ref(schema), "minItems": 1, "maxItems": most}


def _ref(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}
