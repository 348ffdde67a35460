"""What people set for the relay: its doors, their credentials and recipients, the ladders.

`Config.relay` holds it when the file has one of these sections; `relay_of` gives it always.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from ipaddress import IPv4Network, IPv6Network

    from im_notify.config import Config
    from im_notify.models import Consent
    from im_notify.secret import Secret

    Network: TypeAlias = IPv4Network | IPv6Network

Language: TypeAlias = Literal["tr", "en"]
Recovery: TypeAlias = Literal["delivered", "always", "never"]
Mode: TypeAlias = Literal["alarm", "otp"]
Style: TypeAlias = Literal["xml", "ok", "id", "json", "clickatell", "acrobits"]
StatusPolicy: TypeAlias = Literal["mirrored", "ok"]
LogFormat: TypeAlias = Literal["text", "json"]
Unreachable: TypeAlias = Literal["spool", "send"]
Repair: TypeAlias = Literal["plus", "double", "cp1254", "html", "control", "ucs2"]

HOUR = 3600.0
DAY = 24 * HOUR
OTP_LIFETIME = 180.0  #: seconds; a code is of no use later
REPEAT = 600.0  #: seconds in which the provider refuses the same text as well (code 451)
TIMED_REPEAT = 60.0  #: where the time makes texts differ from minute to minute
#: what cannot spoil a text: `double` and `html` guess, so a device must ask for them
SAFE_REPAIRS: frozenset[Repair] = frozenset({"plus", "cp1254", "control", "ucs2"})
_DATABASE = "outbox.db"
_SYSTEM_FOLDER = "/var/lib/im-notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the relay listens: `host` and `port` (0 is any free one), or the socket at `path`.

    An IPv6 `host` has no brackets. With `path`, the other two mean nothing.
    """

    host: str = "127.0.0.1"
    port: int = 8025
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step of a ladder, `after` seconds without delivery.

    `to` is a Secret for an Apprise URL, whose scheme and credentials only Apprise understands,
    and text for the name of a contact or group.
    """

    after: float
    to: Secret | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many `texts` to one contact within `seconds`."""

    texts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StormConfig:
    """How a storm of alerts is kept from becoming a storm of texts.

    `gather` is for how long what follows a text is gathered into the next one, `digest` how often
    a contact hears of what is over its `limits`, both in seconds. The limits are those that
    GoAlert has for alerts to one phone. `daily_parts` is how many SMS parts the alerts of a day may
    cost before only critical ones are told, 0 without end; what is no alert does not count.
    """

    enabled: bool = True
    gather: float = 30.0
    limits: tuple[Limit, ...] = (
        Limit(texts=5, seconds=15 * 60),
        Limit(texts=11, seconds=HOUR),
        Limit(texts=21, seconds=3 * HOUR),
    )
    digest: float = 15 * 60
    daily_parts: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A time of every week, in Türkiye; of every day without a `weekday` (0 is Monday)."""

    weekday: int | None
    hour: int
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatConfig:
    """When a test text goes to whom, so that a broken way is found before it is needed."""

    at: Weekly
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBackConfig:
    """A place that is told how an alert's message ended; a plugin knows what `kind` means.

    `url` is as it was typed; `token` is a bearer token, or the password of `user`.
    """

    name: str
    kind: str
    url: str | None = None
    user: str | None = None
    token: Secret | None = None
    ca_file: str | None = None
    command_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HookConfig:
    """A door for one sender of alerts; `source` names the parser of what it sends.

    At least one of `token`, `hmac_secret` and `allow` is set; an empty `allow` means any address.
    `to` holds names of contacts and groups, none when every request must choose. `map` leads from
    a field of an alert to a path in the payload. `lifetime` is in seconds. `template` words the
    texts instead of our own words; `write_back` names what is told how they ended.
    """

    name: str
    source: str
    sender: str
    consent: Consent
    token: Secret | None = None
    hmac_secret: Secret | None = None
    to: tuple[str, ...] = ()
    raw_numbers: bool = False
    lifetime: float = HOUR
    allow: tuple[Network, ...] = ()
    map: Mapping[str, str] = field(default_factory=dict)
    template: str | None = field(default=None, repr=False)
    write_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """A device that calls the provider's GET address here, known by its token alone.

    `wait` (seconds) is how long a device in mode `otp` waits for the provider's answer; one in
    mode `alarm` is answered once the message is stored. `status` `ok` answers 200 whatever
    happened. `to` is for requests that name no recipient, `lifetime` is in seconds, and so is
    `repeat`: for so long the same text to the same numbers is one message.
    """

    name: str
    token: Secret
    sender: str
    consent: Consent
    to: tuple[str, ...] = ()
    raw_numbers: bool = True
    mode: Mode = "alarm"
    wait: float = 3.0
    lifetime: float = HOUR
    style: Style = "xml"
    status: StatusPolicy = "mirrored"
    repairs: frozenset[Repair] = SAFE_REPAIRS
    add_time: bool = False
    repeat: float = REPEAT
    allow: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayConfig:
    """Everything that people set for the relay.

    `database` is a URL of SQLAlchemy and not shown, because it can hold a password. `lifetime`
    (how long a text is worth sending) and `repeat` (how soon an unchanged problem is told again)
    are in seconds, `max_body` in bytes, `parts` in SMS a text. Hooks and devices stand by their
    names, a ladder by that of its contact and in the order of time. `zone` is a name of the time
    zone database.

    `socket` and `spool` are how programs on this machine hand alerts over (beside the database
    unless said), for the contacts in `to`; `unreachable` is what they do when no relay runs. What
    ended is kept for `keep` seconds.
    `alarm` is told what is wrong with the relay itself: the provider refuses, fewer than
    `credit_low` messages are left, reports are later than `stale` seconds.
    """

    database: str = field(repr=False)
    listen: Listen = Listen()
    api_token: Secret | None = None
    push_secret: Secret | None = None
    language: Language = "tr"
    zone: str = "Europe/Istanbul"
    lifetime: float = HOUR
    repeat: float = 4 * HOUR
    recovery: Recovery = "delivered"
    max_body: int = 1_000_000
    parts: int = 1
    transliterate: bool = True
    trusted_proxies: tuple[Network, ...] = ()
    hooks: Mapping[str, HookConfig] = field(default_factory=dict)
    devices: Mapping[str, DeviceConfig] = field(default_factory=dict)
    ladders: Mapping[str, tuple[Rung, ...]] = field(default_factory=dict)
    template: str | None = field(default=None, repr=False)
    keep: float = 30 * DAY
    log: LogFormat = "text"
    socket: str | None = None
    spool: str | None = None
    unreachable: Unreachable = "spool"
    to: tuple[str, ...] = ()
    alarm: tuple[Secret | str, ...] = ()
    credit_low: int = 100
    stale: float = 600.0
    storm: StormConfig = StormConfig()
    heartbeat: HeartbeatConfig | None = None
    write_back: Mapping[str, WriteBackConfig] = field(default_factory=dict)


def relay_of(config: Config) -> RelayConfig:
    """Return what the file says about the relay, or the defaults when it says nothing."""
    return config.relay or RelayConfig(database=default_database(config.environ))


def zone_of(relay: RelayConfig) -> tzinfo:
    """Return the zone of times in texts, and of those that senders write without one."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(relay.zone)


def socket_of(relay: RelayConfig) -> str:
    """Return the path of the socket for programs on this machine."""
    return relay.socket or f"{_folder_of(relay)}/relay.sock"


def spool_of(relay: RelayConfig) -> str:
    """Return the folder in which programs leave alerts when no relay runs."""
    return relay.spool or f"{_folder_of(relay)}/spool"


def _folder_of(relay: RelayConfig) -> str:
    """Return where the database is, or where it would be if it was a file."""
    scheme, _slashes, path = relay.database.partition(":///")
    is_file = scheme.startswith("sqlite")
    return path.partition("?")[0].rpartition("/")[0] if is_file else _SYSTEM_FOLDER


def default_database(environ: Mapping[str, str]) -> str:
    """Return the URL of the SQLite file in the folder for state.

    That is the first of STATE_DIRECTORY, which systemd sets for StateDirectory= (systemd.exec),
    else `im-notify` in XDG_STATE_HOME or ~/.local/state (XDG Base Directory Specification).
    """
    home = environ.get("HOME")
    candidates = (
        (environ.get("STATE_DIRECTORY", "").partition(":")[0], ""),
        (environ.get("XDG_STATE_HOME", ""), "/im-notify"),
        (f"{home}/.local/state" if home else "", "/im-notify"),
        (_SYSTEM_FOLDER, ""),
    )
    folder = next(root + below for root, below in candidates if root.startswith("/"))
    return f"sqlite:///{folder}/{_DATABASE}"
