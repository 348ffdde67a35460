"""The provider's addresses: which call a request is, and how its fields are read.

The XML form of POST is left out: its addresses answer 404.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from im_notify.sandbox.answers import Answer, RefusedError
from im_notify.sandbox.rules import Json, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify.sandbox.provider import Provider

ROOT = "/v1/"
_GET = f"{ROOT}send-sms/get/"


def answers_in_xml(path: str) -> bool:
    """Tell whether replies to this path are XML: all are but those below a name's `/json`."""
    return not path.endswith("/json")


def call(provider: Provider, *, method: str, target: str, body: bytes) -> Answer:
    """Run one request against the account.

    Args:
        provider: The account.
        method: The HTTP method.
        target: Path and query as they came.
        body: The request's body.
    """
    path, _, query = target.partition("?")
    try:
        if (method, path) == ("GET", _GET):
            return _send_by_get(provider, query)
        return _post(provider, method=method, path=path, body=body)
    except RefusedError as refused:
        return Answer(code=refused.code)


def _post(provider: Provider, *, method: str, path: str, body: bytes) -> Answer:
    calls = {
        "get-report/json": provider.report,
        "get-reports/json": provider.reports,
        "cancel-order/json": provider.cancel,
        "get-balance/json": provider.balance,
        "get-sender/json": provider.senders,
    }
    name = path.removeprefix(ROOT) if path.startswith(ROOT) else ""
    if method != "POST" or (name != "send-sms/json" and name not in calls):
        raise RefusedError(404)
    request = _read_request(body)
    _authenticate(provider, request.get("authentication"))
    return provider.send(request, "json") if name == "send-sms/json" else calls[name](request)


def _read_request(body: bytes) -> dict[str, Json]:
    try:
        document: Json = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise RefusedError(400) from None
    return read_object(read_object(document).get("request"))


def _authenticate(provider: Provider, sent: Json) -> None:
    pair = sent if isinstance(sent, dict) else {}
    provider.authenticate(pair.get("key"), pair.get("hash"))


def _send_by_get(provider: Provider, query: str) -> Answer:
    fields = _read_query(query)
    provider.authenticate(fields.get("key"), fields.get("hash"))
    return provider.send({"order": _order_of(fields)}, "get")


def _read_query(query: str) -> dict[str, str]:
    """Read a query; of a repeated name the last one counts, text must be UTF-8."""
    try:
        return dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise RefusedError(400) from None


def _order_of(fields: Mapping[str, str]) -> dict[str, Json]:
    """Build the JSON call's order; a schedule is no field of the GET call and is left out."""
    numbers: list[Json] = list(fields.get("receipents", "").split(","))
    return {
        "sender": fields.get("sender"),
        "iys": fields.get("iys"),
        "iysList": fields.get("iysList"),
        "message": {"text": fields.get("text"), "receipents": {"number": numbers}},
    }
