"""What everything speaks: messages, receipts and states; reports are in `im_notify.reports`.

Numbers of recipients are national and bare (`5301234567`) for Türkiye and `+` and digits for
other countries. Times always have a zone. Message texts are kept out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MAX_SENDER = 11  #: characters of an alphanumeric sender, 3GPP TS 23.040 clause 9.1.2.5


class Consent(Enum):
    """Whether recipients are looked up in the national consent registry (İYS), and in which list.

    There is no default anywhere: alarms and codes are transactional (Law 6563 leaves them out),
    commercial texts must name the list that is asked.
    """

    TRANSACTIONAL = "0"
    BIREYSEL = "BIREYSEL"
    TACIR = "TACIR"

    @property
    def commercial(self) -> bool:
        """Say whether the registry is asked (iys=1 on the wire)."""
        return self is not Consent.TRANSACTIONAL

    @classmethod
    def parse(cls, iys: str | int | None, iys_list: str | None = None) -> Consent:
        """Read what a person wrote: `0`, `BIREYSEL`, `TACIR`, or `1` together with a list.

        Raises InvalidMessageError (468 when nothing is said, 469 when the list is missing or
        wrong, or stands beside iys 0).
        """
        said = "" if iys is None else str(iys).strip().upper()
        chosen = (iys_list or "").strip().upper()
        if not said:
            raise InvalidMessageError(_("iys is not set: use 0, BIREYSEL or TACIR"), code=468)
        if said == "0" and chosen:
            text = _("iys is 0 but a list ({name}) is given: leave one out")
            raise InvalidMessageError(text.format(name=chosen), code=469)
        return cls._of(chosen if said == "1" else said, beside=chosen)

    @classmethod
    def _of(cls, said: str, *, beside: str) -> Consent:
        try:
            consent = cls(said)
        except ValueError:
            text = _("commercial messages (iys 1) need a list: BIREYSEL or TACIR")
            raise InvalidMessageError(text, code=469) from None
        if beside and beside != consent.value:
            text = _("iys {iys} and list {name} contradict each other")
            raise InvalidMessageError(text.format(iys=said, name=beside), code=469)
        return consent


class Status(StrEnum):
    """Where a message stands for one recipient, or for a whole order when all are taken together.

    The poll (numbers) and the push (words) both map to this; `missing` is a recipient whom the
    report does not name, `unsent` surely never reached the backend, and of `unknown` it is not
    known whether it was placed.
    """

    SCHEDULED = "scheduled"
    WAITING = "waiting"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    MISSING = "missing"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNSENT = "unsent"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Say whether the backend will not change it any more."""
        return self in _FINAL

    def then(self, news: Status) -> Status:
        """Return the status after `news` came in, in whatever order news come.

        Delivered is never taken back, and an order that left cannot wait for its time again.
        """
        if self is Status.DELIVERED:
            return self
        return self if self.final and not news.final else news


_FINAL = frozenset(
    {
        Status.DELIVERED,
        Status.UNDELIVERED,
        Status.REFUSED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.UNSENT,
    }
)


class OrderState(StrEnum):
    """How far the backend's pipeline is with an order; `completed` does not mean delivered."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one or more recipients: what a backend sends as one order.

    `recipients` are normalised and unique (`im_notify.recipients`), `send_at` has a zone and
    whole minutes, `key` is the caller's own name for the message. A backend that lets messages
    wait for their turn says NotSentError, and sends no more, when `leave_by` is over by then.
    Raises InvalidMessageError for what no backend could send.
    """

    text: str = field(repr=False)
    recipients: tuple[str, ...]
    sender: str
    consent: Consent
    send_at: datetime | None = None
    key: str | None = None
    leave_by: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse at the edge, with the provider's number for it."""
        _check_text(self.text)
        if not self.recipients:
            raise InvalidMessageError(_("there is no recipient"), code=452)
        check_sender(self.sender)
        if self.send_at is not None:
            _check_time(self.send_at)


def _check_text(text: str) -> None:
    if not text.strip():
        raise InvalidMessageError(_("the text is empty"), code=454)
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise InvalidMessageError(_("the text is not Unicode: was it in another encoding?"))


def check_sender(sender: str) -> None:
    """Refuse what cannot be an alphanumeric sender; case and spaces count and are left alone.

    Raises InvalidMessageError, 459 when empty, 460 when over 11 characters or not ASCII.
    """
    if not sender.strip():
        raise InvalidMessageError(_("the sender is empty"), code=459)
    if len(sender) > MAX_SENDER:
        text = _("sender {sender!r} has {length} characters, {limit} are allowed")
        shown = text.format(sender=sender, length=len(sender), limit=MAX_SENDER)
        raise InvalidMessageError(shown, code=460)
    if bad := sorted({char for char in sender if not " " <= char <= "~"}):
        text = _("sender {sender!r} has characters that are not allowed: {bad}")
        raise InvalidMessageError(text.format(sender=sender, bad=" ".join(bad)), code=460)


def _check_time(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise InvalidMessageError(_("the send time has no time zone"), code=457)
    if moment.second or moment.microsecond:
        raise InvalidMessageError(_("the send time has seconds: use whole minutes"), code=457)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A backend took a message as an order; this says nothing about delivery."""

    order_id: str
    backend: str
    recipients: tuple[str, ...]
    accepted_at: datetime
    scheduled_for: datetime | None = None


_WORST_FIRST = (
    Status.UNKNOWN,
    Status.REFUSED,
    Status.UNSENT,
    Status.SCHEDULED,
    Status.WAITING,
    Status.MISSING,
    Status.UNDELIVERED,
    Status.EXPIRED,
    Status.CANCELLED,
)


def overall(statuses: Iterable[Status]) -> Status:
    """Return the one status that stands for all: delivered only when every one is."""
    present = set(statuses)
    return next((status for status in _WORST_FIRST if status in present), Status.DELIVERED)
