"""Every setting of the relay: section, key, and what its value may be.

As in `im_notify.settings`, whose converters serve here too; loaded only when a file has one of
these sections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from im_notify.relay_config import (
    Language,
    LogFormat,
    Mode,
    Recovery,
    Repair,
    StatusPolicy,
    Style,
    Unreachable,
)
from im_notify.relay_values import (
    to_address,
    to_choice,
    to_choices,
    to_count,
    to_database,
    to_limits,
    to_listen,
    to_networks,
    to_parts,
    to_path,
    to_paths,
    to_rungs,
    to_size,
    to_targets,
    to_weekly,
    to_zone,
)
from im_notify.settings import (
    to_bool,
    to_iys,
    to_iys_list,
    to_members,
    to_seconds,
    to_secret,
    to_sender,
    to_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify.settings import Converter

__all__ = ["ENTRIES", "HEARTBEAT", "RELAY", "RUNG", "STORM", "TABLES", "to_rungs"]

RELAY: Mapping[str, Converter] = {
    "listen": to_listen,
    "database": to_database,
    "api_token": to_secret,
    "api_token_file": to_text,
    "push_secret": to_secret,
    "push_secret_file": to_text,
    "language": to_choice(*get_args(Language)),
    "zone": to_zone,
    "lifetime": to_seconds,
    "repeat": to_seconds,
    "recovery": to_choice(*get_args(Recovery)),
    "max_body": to_size,
    "parts": to_parts,
    "transliterate": to_bool,
    "trusted_proxies": to_networks,
    "template": to_text,
    "template_file": to_text,
    "keep": to_seconds,
    "log": to_choice(*get_args(LogFormat)),
    "socket": to_path,
    "spool": to_path,
    "unreachable": to_choice(*get_args(Unreachable)),
    "to": to_members,
    "alarm": to_targets,
    "credit_low": to_count,
    "stale": to_seconds,
}
STORM: Mapping[str, Converter] = {
    "enabled": to_bool,
    "gather": to_seconds,
    "limits": to_limits,
    "digest": to_seconds,
    "daily_parts": to_count,
}
HEARTBEAT: Mapping[str, Converter] = {"at": to_weekly, "to": to_members}
_DOOR: Mapping[str, Converter] = {
    "token": to_secret,
    "token_file": to_text,
    "to": to_members,
    "raw_numbers": to_bool,
    "sender": to_sender,
    "iys": to_iys,
    "iys_list": to_iys_list,
    "lifetime": to_seconds,
    "allow": to_networks,
}
#: sections whose entries have names that people choose
ENTRIES: Mapping[str, Mapping[str, Converter]] = {
    "hooks": {
        "source": to_text,
        "hmac_secret": to_secret,
        "hmac_secret_file": to_text,
        "map": to_paths,
        "template": to_text,
        "template_file": to_text,
        "write_back": to_members,
        **_DOOR,
    },
    "devices": {
        "mode": to_choice(*get_args(Mode)),
        "wait": to_seconds,
        "style": to_choice(*get_args(Style)),
        "status": to_choice(*get_args(StatusPolicy)),
        "repairs": to_choices(*get_args(Repair)),
        "add_time": to_bool,
        "repeat": to_seconds,
        **_DOOR,
    },
    "write_back": {
        "kind": to_text,
        "url": to_address,
        "user": to_text,
        "token": to_secret,
        "token_file": to_text,
        "ca_file": to_path,
        "command_file": to_path,
    },
}
RUNG: Mapping[str, Converter] = {"after": to_seconds, "to": to_text}
#: all tables by the name that people know them by
TABLES: Mapping[str, Mapping[str, Converter]] = {
    "relay": RELAY,
    "storm": STORM,
    "heartbeat": HEARTBEAT,
    **{f"{section}.NAME": table for section, table in ENTRIES.items()},
}
