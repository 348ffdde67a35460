"""Stops the queue when the account is refused, and lets it go on by itself when it is not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import QueryError
from im_notify.protocols import Checkable

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.errors import RejectedError
    from im_notify.protocols import Backend

ACCOUNT = frozenset({401, 402, 450})  #: credentials, balance, sender: no message would get through
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Pause:
    """Whether the account's queue stands still, and why.

    A check that succeeds proves little (it knows no senders of single orders, and no prices), so
    one order is tried alone then: `probing` until one is taken.
    """

    clock: Clock
    seconds: float = 60.0  #: between two checks whether it may go on
    reason: str | None = None
    check_at: float = 0.0
    probing: bool = False

    def concerns(self, error: RejectedError) -> bool:
        """Say whether the refusal is about the account and not about the message."""
        return error.code in ACCOUNT

    def begin(self, error: RejectedError) -> None:
        """Stand still; said loudly once."""
        if self.reason is None:
            _log.error("sending stands still: %s", error)
        self.reason, self.probing = str(error), False
        self.check_at = self.clock.monotonic() + self.seconds

    def end(self) -> None:
        """Go on: an order was taken. What was on its way before proves nothing."""
        if self.probing:
            _log.warning("sending goes on")
            self.reason, self.probing = None, False

    def remaining(self) -> float:
        """Return in how many seconds it is asked again whether to go on."""
        return max(0.0, self.check_at - self.clock.monotonic())

    def over(self, backend: Backend) -> bool:
        """Say whether orders may leave, after asking the provider when it is time to."""
        if self.reason is None or self.probing:
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
