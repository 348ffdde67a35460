"""Every setting there is: section, key, environment variable, and what its value may be.

A converter takes what stands in the file (any TOML type) or in the environment (text) and raises
ConfigError with what is allowed; who calls it adds where the value stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from im_notify.duration import parse_duration
from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, check_sender
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult

    Converter: TypeAlias = Callable[[object], object]
    Place: TypeAlias = tuple[str, ...]  # section, the entry in it if it has entries, and key

MAX_RECIPIENTS = 50_000  #: more recipients in one order than any provider takes
PREFIX = "IM_NOTIFY_"
CONFIG_VARIABLE = "IM_NOTIFY_CONFIG"
_INFINITY = float("inf")
_LONGEST = 60
_WIDEST = 10_000  # bits; Python refuses to write numbers of over 4300 digits


def to_text(value: object) -> str:
    """Take text that is not blank, as it is."""
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(_("use text in quotes"))
    return value


def to_secret(value: object) -> Secret:
    """Take a credential without the line end that editors and secret stores add."""
    return Secret(to_text(value).rstrip("\r\n"))


def to_sender(value: object) -> str:
    """Take an alphanumeric sender; its case and spaces count."""
    text = to_text(value)
    try:
        check_sender(text)
    except InvalidMessageError as error:
        raise ConfigError(str(error)) from error
    return text


def to_url(value: object) -> str:
    """Take an http or https address without credentials and query; it then ends with `/`."""
    text = to_text(value).strip()
    if any(char.isspace() for char in text) or not _is_plain(text):
        raise ConfigError(
            _("use http:// or https://, a host and a path, without user, query and fragment")
        )
    return text if text.endswith("/") else f"{text}/"


def _is_plain(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return _is_web(parts) and not {"?", "#", "@"} & set(url)
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _is_web(parts: SplitResult) -> bool:
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0


def to_seconds(value: object) -> float:
    """Take a span of time over 0: a number of seconds, or text such as `3m`."""
    try:
        seconds = parse_duration(value) if isinstance(value, str) else _number(value)
    except ConfigError:
        seconds = 0.0
    if not 0 < seconds < _INFINITY:
        raise ConfigError(_("use a time over 0, such as 90s, 3m, 48h or 30d"))
    return seconds


def to_rate(value: object) -> float:
    """Take a number over 0."""
    try:
        rate = float(value) if isinstance(value, str) else _number(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate < _INFINITY:
        raise ConfigError(_("use a number over 0"))
    return rate


def _number(value: object) -> float:
    """Return 0, which no setting allows, for what is not a number; `true` is none either."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        return float(value)
    except OverflowError:
        return _INFINITY


def to_recipients(value: object) -> int:
    """Take how many recipients one order may have."""
    try:
        count = int(value) if isinstance(value, str) else value
    except ValueError:
        count = 0
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_RECIPIENTS:
        text = _("use a whole number from 1 to {limit}")
        raise ConfigError(text.format(limit=MAX_RECIPIENTS))
    return count


def to_bool(value: object) -> bool:
    """Take `true` or `false` and nothing that looks like them."""
    if not isinstance(value, bool):
        raise ConfigError(_("use true or false, without quotes"))
    return value


def to_iys(value: object) -> str:
    """Take `0`, a list of the registry, or `1` for the list that `iys_list` names."""
    said = str(value).strip().upper()
    if isinstance(value, bool) or said not in {"1", *(consent.value for consent in Consent)}:
        raise ConfigError(_("use 0, BIREYSEL or TACIR"))
    return said


def to_iys_list(value: object) -> str:
    """Take a list of the registry."""
    said = str(value).strip().upper()
    if said not in {consent.value for consent in Consent if consent.commercial}:
        raise ConfigError(_("use BIREYSEL or TACIR"))
    return said


def to_names(value: object) -> frozenset[str]:
    """Take names of plugins: a list, or text with commas; no names at all are fine."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(_('use a list of names, such as ["apprise", "confirm"]'))
    return frozenset(name.strip() for name in names if name.strip())


def to_numbers(value: object) -> tuple[str, ...]:
    """Take one telephone number or a list of them, as typed."""
    numbers = _texts([value] if isinstance(value, str) else value)
    if not numbers:
        raise ConfigError(_('use a number in quotes, or a list such as ["5301234567"]'))
    return numbers


def to_members(value: object) -> tuple[str, ...]:
    """Take the names of contacts or groups that make up a group."""
    members = _texts(value)
    if not members:
        raise ConfigError(_('use a list of contacts or groups, such as ["ayse", "mehmet"]'))
    return members


def _texts(value: object) -> tuple[str, ...]:
    """Return nothing unless `value` is a list of texts and none is blank."""
    items = value if isinstance(value, list) else []
    texts = tuple(item.strip() for item in items if isinstance(item, str) and item.strip())
    return texts if len(texts) == len(items) else ()


SECTIONS: Mapping[str, Mapping[str, Converter]] = {
    "provider": {
        "base_url": to_url,
        "key": to_secret,
        "key_file": to_text,
        "hash": to_secret,
        "hash_file": to_text,
        "sender": to_sender,
        "iys": to_iys,
        "iys_list": to_iys_list,
        "backend": to_text,
        "connect_timeout": to_seconds,
        "read_timeout": to_seconds,
        "max_recipients": to_recipients,
        "rate": to_rate,
    },
    "recipients": {"allow_foreign": to_bool, "allow_landline": to_bool},
    "confirm": {"end": to_seconds},
    "plugins": {"allow": to_names, "block": to_names},
}
#: sections whose keys are names that people choose
NAMED: Mapping[str, Callable[[object], tuple[str, ...]]] = {
    "contacts": to_numbers,
    "groups": to_members,
}
#: the key of such an entry when it is a section of its own: [contacts.oncall] numbers = […]
ENTRY_KEYS: Mapping[str, str] = {"contacts": "numbers", "groups": "members"}
#: sections of the relay, whose tables `im_notify.relay_settings` holds
RELAY_SECTIONS = ("relay", "hooks", "devices", "storm", "heartbeat", "write_back")
#: a key of a contact that is the relay's, too
FALLBACK = "fallback"
#: where credentials can stand in the file, and what in the value says that it is one; `*` is any
SECRETS: Mapping[Place, str] = {
    ("provider", "key"): "",
    ("provider", "hash"): "",
    ("relay", "api_token"): "",
    ("relay", "push_secret"): "",
    ("relay", "database"): "@",
    ("hooks", "*", "token"): "",
    ("hooks", "*", "hmac_secret"): "",
    ("devices", "*", "token"): "",
    ("contacts", "*", FALLBACK, "*", "to"): "://",
    ("relay", "alarm", "*"): "://",
    ("write_back", "*", "token"): "",
}
_CREDENTIALS = {"key", "hash", "api_token", "push_secret", "token", "hmac_secret"}
_NEVER_SHOWN = {*_CREDENTIALS, FALLBACK, "alarm", "template"}
_ADDRESSES = {"base_url", "database"}  # a password can stand in them
VARIABLES: Mapping[str, Place] = {
    **{f"{PREFIX}{key.upper()}": ("provider", key) for key in SECTIONS["provider"]},
    "IM_NOTIFY_PLUGINS": ("plugins", "allow"),
    "IM_NOTIFY_PLUGINS_BLOCK": ("plugins", "block"),
}


def shown(value: object, *, key: str) -> str:
    """Return `value` for an error text, or nothing when it is, or may hold, a secret."""
    if key in _NEVER_SHOWN or value is None or isinstance(value, dict | list):
        return ""
    if key in _ADDRESSES and {"?", "@"} & set(str(value)):
        return ""
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        return ""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
