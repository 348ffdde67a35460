"""Stops the queue when the account is refused, and lets it go on by itself when it is not.

A sender that only some messages have is no matter of the account: they wait, the others go.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.errors import QueryError
from im_notify.protocols import Checkable

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.errors import RejectedError
    from im_notify.protocols import Backend

CREDENTIALS, BALANCE, SENDER = 401, 402, 450  #: what of the account the provider may refuse
ACCOUNT = frozenset({CREDENTIALS, BALANCE, SENDER})  #: no message would get through
UNNAMED = frozenset({CREDENTIALS, BALANCE})  #: as HTTP statuses, without a code of the provider
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """A sender that was refused; it is tried again when `until` is over, in monotonic seconds."""

    until: float
    reason: str


@dataclass(slots=True, kw_only=True)
class Pause:
    """Whether the account's queue stands still, and why; `sender` is the account's own.

    A check that succeeds proves little (it knows no senders of single orders, and no prices), so
    one order is tried alone then: `probing` until one is taken, or until there is none to try.
    `deaf` says that questions would be refused as well.
    """

    clock: Clock
    sender: str | None = None
    seconds: float = 60.0  #: between two checks whether it may go on
    reason: str | None = None
    check_at: float = 0.0
    probing: bool = False
    deaf: bool = False
    _senders: dict[str, _Refused] = field(default_factory=dict)
    _changing: Lock = field(default_factory=Lock)  # many orders may be refused at once

    @property
    def trouble(self) -> str | None:
        """Return why some or all orders wait, None when none has to."""
        held = (one.reason for name, one in self._senders.copy().items() if self.held(name))
        return self.reason or next(held, None)

    def held(self, sender: str) -> str | None:
        """Return why orders of this sender have to wait, None when one may be tried."""
        refused = self._senders.get(sender)
        return refused.reason if refused and refused.until > self.clock.monotonic() else None

    def stops(self, sender: str) -> bool:
        """Say whether no order of this sender may leave now."""
        return self.stands_still or self.held(sender) is not None

    @property
    def stands_still(self) -> bool:
        """Say whether no order at all may leave now."""
        return self.reason is not None and not self.probing

    def concerns(self, error: RejectedError) -> bool:
        """Say whether the refusal is about the account and not about the message."""
        return error.code in ACCOUNT or (error.code is None and error.http_status in UNNAMED)

    def begin(self, error: RejectedError, sender: str) -> None:
        """Stand still, or let the orders of another sender wait; said loudly once."""
        with self._changing:
            if error.code == SENDER and self.sender not in {None, sender}:
                self._hold(sender, error)
            else:
                self._stand_still(error)

    def _stand_still(self, error: RejectedError) -> None:
        if self.reason is None:
            _log.error("sending stands still: %s", error)
        self.reason, self.probing = str(error), False
        self.deaf = (error.http_status if error.code is None else error.code) == CREDENTIALS
        self.check_at = self.clock.monotonic() + self.seconds

    def _hold(self, sender: str, error: RejectedError) -> None:
        if sender not in self._senders:
            _log.error("orders of one sender wait, the others go on: %s", error)
        until = self.clock.monotonic() + self.seconds
        self._senders[sender] = _Refused(until=until, reason=str(error))

    def end(self, sender: str) -> None:
        """Go on: an order was taken. What was on its way before proves nothing."""
        with self._changing:
            self._senders.pop(sender, None)
            self._go_on()

    def end_quietly(self) -> None:
        """Go on: the check succeeded and there is no order to try."""
        with self._changing:
            self._go_on()

    def _go_on(self) -> None:
        if self.probing:
            _log.warning("sending goes on")
            self.reason, self.probing = None, False

    def remaining(self) -> float:
        """Return in how many seconds it is asked again whether to go on."""
        return max(0.0, self.check_at - self.clock.monotonic())

    def over(self, backend: Backend) -> bool:
        """Say whether orders may leave, after asking the provider when it is time to."""
        if not self.stands_still:
            return True
        if self.clock.monotonic() < self.check_at:
            return False
        self.check_at = self.clock.monotonic() + self.seconds
        self.probing = _is_well(backend)
        return self.probing


def _is_well(backend: Backend) -> bool:
    if not isinstance(backend, Checkable):
        return True
    try:
        account = backend.check()
    except QueryError as error:
        _log.warning("sending still stands still: %s", error)
        return False
    return account.messages_left.strip() not in {"0", "0.0", ""}
