"""The parts of the URL as Apprise describes them to people and programs (`apprise --details`)."""

from __future__ import annotations

from typing import Final

from im_notify.i18n import _

MOST_SECONDS: Final = 55  #: of `confirm`; Apprise gives a service 60 in all

TEMPLATES: Final = (
    "{schema}://{key}:{hash}@{sender}/{targets}",
    "{schema}://{key}:{hash}@{sender}",
)

TOKENS: Final[dict[str, dict[str, object]]] = {
    "key": {
        "name": _("API Key"),
        "type": "string",
        "private": True,
        "required": True,
    },
    "hash": {
        "name": _("API Hash"),
        "type": "string",
        "private": True,
        "required": True,
    },
    "sender": {
        "name": _("Sender"),
        "type": "string",
        "required": True,
    },
    "target_phone": {
        "name": _("Target Phone No"),
        "type": "string",
        "prefix": "+",
        "regex": (r"^[0-9\s)(+-]+$", "i"),
        "map_to": "targets",
    },
    "targets": {
        "name": _("Targets"),
        "type": "list:string",
        "required": True,
    },
}

ARGUMENTS: Final[dict[str, dict[str, object]]] = {
    "key": {"alias_of": "key"},
    "hash": {"alias_of": "hash"},
    "from": {"alias_of": "sender"},
    "to": {"alias_of": "targets"},
    "iys": {
        "name": _("Consent registry (IYS): 0 for alarms and codes"),
        "type": "choice:string",
        "values": ("0", "1", "BIREYSEL", "TACIR"),
        "default": "0",
    },
    "iyslist": {
        "name": _("IYS list, with iys=1"),
        "type": "choice:string",
        "values": ("BIREYSEL", "TACIR"),
    },
    "method": {
        "name": _("Request Method"),
        "type": "choice:string",
        "values": ("json", "get"),
        "default": "json",
    },
    "batch": {
        "name": _("Batch Mode"),
        "type": "bool",
        "default": False,
    },
    "confirm": {
        "name": _("Seconds to wait for the delivery report"),
        "type": "int",
        "min": 0,
        "max": MOST_SECONDS,
        "default": 0,
    },
    "relay": {
        "name": _("Address of a relay, whose token stands in place of the hash"),
        "type": "string",
    },
}
