"""The provider's wire formats, both ways; its odd spellings live here and nowhere else.

Written from the provider documents of send-sms (GET and JSON), get-report, get-reports,
cancel-order, get-balance and get-sender. Ids, codes and counts come as strings or as integers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from im_notify.models import Message
    from im_notify_plugins.iletimerkezi.credentials import Credentials

ROWS_A_PAGE = 1000  #: get-report: default and maximum of rowCount
DAYS_A_LIST = 10  #: get-reports: longest range, in calendar days
TIME_FORMAT = "%d/%m/%Y %H:%M"  #: seconds would make the backend send at once


class UnreadableError(ValueError):
    """The body is not what the documents say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The envelope of every answer: its code, and what stands beside it."""

    code: int
    content: Mapping[str, object]


def zone() -> tzinfo:
    """Return the provider's zone; its times carry none."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Istanbul")


def iys_pairs(message: Message) -> list[tuple[str, str]]:
    """Return the consent flags: iys is always said, the list only where it is asked."""
    if message.consent.commercial:
        return [("iys", "1"), ("iysList", message.consent.value)]
    return [("iys", "0")]


def get_pairs(message: Message, credentials: Credentials) -> list[tuple[str, str]]:
    """Return the parameters of a GET send in the document's order."""
    return [
        ("key", credentials.key.reveal()),
        ("hash", credentials.hash.reveal()),
        ("text", message.text),
        ("receipents", ",".join(message.recipients)),
        ("sender", message.sender),
        *iys_pairs(message),
    ]


def send_body(message: Message, credentials: Credentials) -> bytes:
    """Return the JSON of a send; the same message gives the same bytes."""
    order: dict[str, object] = {"sender": message.sender, **dict(iys_pairs(message))}
    if message.send_at is not None:
        order["sendDateTime"] = message.send_at.astimezone(zone()).strftime(TIME_FORMAT)
    order["message"] = {
        "text": message.text,
        "receipents": {"number": list(message.recipients)},
    }
    return request_body(credentials, order=order)


def request_body(credentials: Credentials, **content: object) -> bytes:
    """Return the JSON envelope of any request."""
    login = {"key": credentials.key.reveal(), "hash": credentials.hash.reveal()}
    envelope = {"request": {"authentication": login, **content}}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


def read_json(body: bytes) -> Answer:
    """Open the envelope of a JSON answer. Raises UnreadableError."""
    try:
        content = json.loads(body)["response"]
        return Answer(_code(content["status"]["code"]), content)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableError("not the provider's JSON") from error


def read_xml(body: bytes) -> Answer:
    """Open the envelope of a GET answer, which is XML. Raises UnreadableError."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=True)
        order = {"id": root.findtext("order/id") or ""}
        return Answer(_code(root.findtext("status/code")), {"order": order})
    except (ValueError, LookupError, ParseError, DefusedXmlException) as error:
        raise UnreadableError("not the provider's XML") from error


def _code(value: object) -> int:
    """Take a whole number or its digits; `int` would take 200.7 and "2_00" for a success."""
    digits = str(value).strip()
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError("not a code")
    return int(digits)


def order_id(answer: Answer) -> str:
    """Return the id of the order that was placed, as text. Raises UnreadableError."""
    found = str(mapping(answer.content.get("order")).get("id") or "").strip()
    if not found.isdecimal():
        raise UnreadableError("an order without an id")
    return found


def mapping(value: object) -> Mapping[str, object]:
    """Return `value` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
