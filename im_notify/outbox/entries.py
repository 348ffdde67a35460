"""What goes into the outbox and what is read from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from im_notify.alerts import Alert
    from im_notify.models import Consent, Status
    from im_notify.outbox.storming import StormControl
    from im_notify.reports import Delivery


class OutboxError(ImNotifyError):
    """Nothing could be stored (full disk, locked or read-only database): try again later."""


class KeyReusedError(ImNotifyError):
    """A key came with another text, or for others, than it stands for."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a fallback ladder: `after` seconds without delivery, `to` is told.

    `to` is a contact or group, or an Apprise URL, which may hold secrets.
    """

    after: float
    to: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message to be kept and sent; its text is frozen from here on.

    `key` is the caller's name for it: an entry whose key is known already is that entry. With
    `key_binds` its text and whom it is for must be the same, else a slip of the caller would lose
    a message.
    `lifetime` is for how many seconds it is worth sending. `write_back` names the places that are
    told how it ended, `origin` is the alerts that it tells of, for them. `audience` is whom alerts
    are for, None for what is no alert.
    """

    source: str
    text: str = field(repr=False)
    recipients: tuple[str, ...]
    sender: str
    consent: Consent
    lifetime: float
    key: str | None = None
    key_binds: bool = False
    contact: str | None = None
    send_at: datetime | None = None
    ladder: tuple[Rung, ...] = ()
    write_back: tuple[str, ...] = ()
    origin: tuple[Alert, ...] = field(default=(), repr=False)
    audience: str | None = None


@dataclass(frozen=True, slots=True)
class Surge:
    """More than the limits let through: so many `alerts` within `seconds`."""

    alerts: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Whom the alerts of one request are for and how they are sent.

    `contact` holds the names of contacts and groups that were chosen, parted by commas, None for
    bare numbers; `ladder` is what their contacts fall back to; `lifetime` is in seconds;
    `write_back` names the places that are told how the message ended.
    """

    contact: str | None
    recipients: tuple[str, ...]
    sender: str
    consent: Consent
    lifetime: float
    ladder: tuple[Rung, ...] = ()
    write_back: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPlan:
    """What is to become of the alerts of one request.

    `audience` is whom they are for: two contacts hear of one problem apart from each other.
    `entry` makes the message of those that are texted, at a time in seconds since the epoch;
    `repeat` is after how many seconds a problem that still fires is texted again; `recovery`
    says when its end is: `delivered` (only if the problem's message was), `always` or `never`.
    With `storm` they may have to wait, and `route` is kept for those that do.
    """

    entry: Callable[[Sequence[Alert], float], Entry]
    audience: str = ""
    repeat: float = 4 * 3600.0
    recovery: str = "delivered"
    route: Route | None = None
    storm: StormControl | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An entry that is on disk; `duplicate` says that it was there before."""

    id: str
    duplicate: bool
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a message's timeline; `what` is a fixed word, `detail` is for people."""

    at: datetime
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """One order of a message; `order_id` is None until the provider gave one.

    `state` is queued, sending, unclear (it is repeated), sought (it is looked up), placed or done;
    `code` is what the provider refused it with.
    """

    order_id: str | None
    state: str
    recipients: int
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as it stands."""

    id: str
    source: str
    contact: str | None
    status: Status
    created_at: datetime
    expires_at: datetime
    deliveries: tuple[Delivery, ...]
    orders: tuple[StoredOrder, ...]
    timeline: tuple[Event, ...]
