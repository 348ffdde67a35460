"""What a value of the relay's settings may be; each converter raises ConfigError for the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.nearest import nearest
from im_notify.relay_config import Limit, Listen, Weekly
from im_notify.settings import to_seconds, to_text, to_url
from im_notify.text import MAX_PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from im_notify.relay_config import Network
    from im_notify.settings import Converter

_HOST_PORT = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>\w[\w.-]*)):([0-9]{1,5})", re.ASCII
)
_MAX_PORT = 65_535
_MAX_SOCKET_PATH = 107  # bytes, unix(7)
_SIZE = re.compile(r"([0-9]{1,9})\s*(|k|m)b?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
_MAX_BODY = 1_000_000_000
_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_MAX_COUNT = 1_000_000_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(rf"(?:({'|'.join(WEEKDAYS)}) +)?([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DATABASE = re.compile(
    r"sqlite(\+[a-z0-9]+)?:///(?!:memory:)/?[^/?].*|postgresql(\+[a-z0-9]+)?://\S+"
)


def to_listen(value: object) -> Listen:
    """Take `host:port`, with brackets around an IPv6 address, or `unix:` and an absolute path."""
    text = value.strip() if isinstance(value, str) else ""
    listen = _socket(text.removeprefix("unix:")) if text.startswith("unix:") else _address(text)
    if listen is None:
        raise ConfigError(_("use host:port, such as 127.0.0.1:8025, or unix:/path"))
    return listen


def _socket(path: str) -> Listen | None:
    if len(path.encode("utf-8", "replace")) > _MAX_SOCKET_PATH:
        text = _("the path of a socket has at most {limit} bytes")
        raise ConfigError(text.format(limit=_MAX_SOCKET_PATH))
    return Listen(path=path) if path.startswith("/") and path.strip("/") else None


def _address(text: str) -> Listen | None:
    match = _HOST_PORT.fullmatch(text)
    if not match or int(match[3]) > _MAX_PORT:
        return None
    host = match["ipv6"] or match["host"]
    looks_like_ip = bool(match["ipv6"]) or host.replace(".", "").isdecimal()
    return Listen(host=host, port=int(match[3])) if _is_ip(host) or not looks_like_ip else None


def _is_ip(host: str) -> bool:
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def to_database(value: object) -> str:
    """Take the URL of a SQLite file or of a PostgreSQL server."""
    text = value.strip() if isinstance(value, str) else ""
    if not _DATABASE.fullmatch(text):
        raise ConfigError(_("use a file, such as sqlite:///var/lib/im-notify/outbox.db"))
    return text


def to_choice(*allowed: str) -> Converter:
    """Return what takes one of a few words."""

    def convert(value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ConfigError(_("use {names}").format(names=_either(allowed)))
        return value

    return convert


def _either(words: tuple[str, ...]) -> str:
    *first, last = words
    return _("{first} or {last}").format(first=", ".join(first), last=last)


def to_choices(*allowed: str) -> Converter:
    """Return what takes a list of some of a few words; none at all is fine."""

    def convert(value: object) -> frozenset[str]:
        words = value if isinstance(value, list) else [value]
        wrong = [word for word in words if word not in allowed]
        if not isinstance(value, list) or wrong:
            raise ConfigError(_which(wrong, allowed))
        return frozenset(value)

    return convert


def _which(wrong: list[object], allowed: tuple[str, ...]) -> str:
    """Name the first wrong word and the nearest right one when there is one."""
    word = wrong[0] if wrong else None
    meant = nearest(word, allowed) if isinstance(word, str) else None
    if meant:
        return _("{name} is not known; did you mean {meant}?").format(name=word, meant=meant)
    return _("use a list of {names}").format(names=", ".join(allowed))


def to_size(value: object) -> int:
    """Take a number of bytes over 0, or text with kB or MB, which are powers of ten."""
    size = _size(value) if isinstance(value, str) else value
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= _MAX_BODY:
        raise ConfigError(_("use bytes over 0, such as 65536, 512kB or 1MB"))
    return size


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    return int(match[1]) * _UNITS[match[2].lower()] if match else 0


def to_parts(value: object) -> int:
    """Take of how many SMS a text may be."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_PARTS:
        raise ConfigError(_("use a whole number from 1 to {limit}").format(limit=MAX_PARTS))
    return value


def to_networks(value: object) -> tuple[Network, ...]:
    """Take a list of addresses and networks; an empty one is as if it was not there."""
    if not isinstance(value, list):
        raise ConfigError(_('use a list of networks, such as ["10.0.0.0/8", "::1"]'))
    return tuple(dict.fromkeys(_network(item) for item in value))


def _network(item: object) -> Network:
    from ipaddress import ip_interface, ip_network

    text = item.strip() if isinstance(item, str) else ""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        wrong = _("{name!r} is not a network: use such as 10.0.0.0/8 or ::1")
        raise ConfigError(wrong.format(name=text)) from None
    if ip_interface(text).ip != network.network_address:
        wrong = _("{name} is a host within a network; did you mean {meant}?")
        raise ConfigError(wrong.format(name=text, meant=network))
    return network


def to_paths(value: object) -> Mapping[str, str]:
    """Take a table that leads from fields of an alert to paths in a payload."""
    if not isinstance(value, dict) or not all(map(_is_written, value.values())):
        raise ConfigError(_('use a table of texts, such as { summary = "alert.title" }'))
    return {field: path.strip() for field, path in value.items()}


def _is_written(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def to_rungs(value: object) -> tuple[Mapping[str, object], ...]:
    """Take a list of tables; what is in them is read with `RUNG`."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ConfigError(_('use a list such as [{ after = "90s", to = "second" }]'))
    return tuple(value)


def to_limits(value: object) -> tuple[Limit, ...]:
    """Take a list such as `["5/15m", "11/1h"]`: at most so many texts in so long; none is fine."""
    if not isinstance(value, list):
        raise ConfigError(_('use a list of limits, such as ["5/15m", "11/1h"]'))
    return tuple(_limit(item) for item in value)


def _limit(item: object) -> Limit:
    count, _slash, span = (item if isinstance(item, str) else "").partition("/")
    if not _COUNT.fullmatch(count.strip()):
        wrong = _("{name!r} is not a limit: use such as 5/15m")
        raise ConfigError(wrong.format(name=item))
    return Limit(texts=int(count), seconds=to_seconds(span))


def to_count(value: object) -> int:
    """Take a whole number, 0 included."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_COUNT:
        raise ConfigError(_("use a whole number, 0 for none"))
    return value


def to_weekly(value: object) -> Weekly:
    """Take a time of the week such as `mon 09:00`, or of every day, `09:00`."""
    match = _WEEKLY.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not match:
        raise ConfigError(_("use a time such as 09:00, or mon 09:00 for once a week"))
    day = WEEKDAYS.index(match[1]) if match[1] else None
    return Weekly(weekday=day, hour=int(match[2]), minute=int(match[3]))


def to_targets(value: object) -> tuple[str, ...]:
    """Take a list of Apprise URLs, contacts and groups; which is which is found out later."""
    texts = value if isinstance(value, list) else []
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise ConfigError(_('use a list such as ["mailto://user:password@host", "second"]'))
    return tuple(text.strip() for text in texts)


def to_address(value: object) -> str:
    """Take an http or https address as it is typed, without credentials and query."""
    to_url(value)
    return to_text(value).strip()


def to_path(value: object) -> str:
    """Take an absolute path."""
    text = to_text(value).strip()
    if not text.startswith("/") or "\0" in text:
        raise ConfigError(_("use an absolute path"))
    return text


def to_zone(value: object) -> str:
    """Take a name of the time zone database."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    name = to_text(value).strip()
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(_("use a time zone such as Europe/Istanbul or UTC")) from None
