"""The parts of the URL as Apprise describes them to people and programs (`apprise --details`)."""

from __future__ import annotations

from typing import Final

MOST_SECONDS: Final = 55  #: of `confirm`; Apprise gives a service 60 in all

TEMPLATES: Final = (
    "{schema}://{key}:{hash}@{sender}/{targets}",
    "{schema}://{key}:{hash}@{sender}",
)

TOKENS: Final[dict[str, dict[str, object]]] = {
    "key": {
        "name": "API Key",
        "type": "string",
        "private": True,
        "required": True,
    },
    "hash": {
        "name": "API Hash",
        "type": "string",
        "private": True,
        "required": True,
    },
    "sender": {
        "name": "Sender",
        "type": "string",
        "required": True,
    },
    "target_phone": {
        "name": "Target Phone No",
        "type": "string",
        "prefix": "+",
        "regex": (r"^[0-9\s)(+-]+$", "i"),
        "map_to": "targets",
    },
    "targets": {
        "name": "Targets",
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
        "name": "Consent registry (IYS): 0 for alarms and codes",
        "type": "choice:string",
        "values": ("0", "1", "BIREYSEL", "TACIR"),
        "default": "0",
    },
    "iyslist": {
        "name": "IYS list, with iys=1",
        "type": "choice:string",
        "values": ("BIREYSEL", "TACIR"),
    },
    "method": {
        "name": "Request Method",
        "type": "choice:string",
        "values": ("json", "get"),
        "default": "json",
    },
    "batch": {
        "name": "Batch Mode",
        "type": "bool",
        "default": False,
    },
    "confirm": {
        "name": "Seconds to wait for the delivery report",
        "type": "int",
        "min": 0,
        "max": MOST_SECONDS,
        "default": 0,
    },
}
