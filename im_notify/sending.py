"""Sends one message as the orders that its backend takes, and keeps what became of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError, RejectedError, SendError, UnknownOutcomeError
from im_notify.models import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.models import Message, Receipt
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend
    from im_notify.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one order: a receipt, the error that came instead, or neither.

    Neither means that it was not tried because an order before it failed.
    """

    message: Message
    receipt: Receipt | None = None
    error: SendError | InvalidMessageError | None = None

    @property
    def status(self) -> Status:
        """Say where the order stands right after it was sent."""
        if self.receipt is None:
            return _status_of(self.error)
        return Status.SCHEDULED if self.receipt.scheduled_for else Status.WAITING


def split(message: Message, size: int) -> Iterator[Message]:
    """Cut a message into ones of at most `size` recipients, in their order."""
    for start in range(0, len(message.recipients), size):
        part = message.recipients[start : start + size]
        yield message if part == message.recipients else replace(message, recipients=part)


def send_all(plugins: Plugins, backend: Backend, message: Message) -> Iterator[Outcome]:
    """Send every order of a message, each once, and yield its outcome as it is known.

    After an error the remaining orders are yielded untried: what stopped one would stop them
    all, and whoever sends again must know exactly to whom.
    """
    failed = False
    for part in split(message, backend.max_recipients):
        outcome = Outcome(message=part) if failed else _send(plugins, backend, part)
        failed = failed or outcome.receipt is None
        yield outcome


def _send(plugins: Plugins, backend: Backend, part: Message) -> Outcome:
    try:
        return Outcome(message=part, receipt=plugins.send(backend, part))
    except (SendError, InvalidMessageError) as error:  # a send time may pass while orders wait
        return Outcome(message=part, error=error)


def confirm(
    plugins: Plugins,
    backend: Backend,
    outcomes: Iterable[Outcome],
    *,
    clock: Clock,
    until: datetime,
) -> Iterator[Report]:
    """Yield a report whenever an order changed, after every report hook was told of it.

    Ends when all orders are final, or at `until`. Raises QueryError, PluginError.
    """
    placed = {one.receipt.order_id: one for one in outcomes if one.receipt}
    receipts = [one.receipt for one in placed.values() if one.receipt]
    for report in plugins.confirm(backend, receipts, clock=clock, until=until):
        plugins.report(report, placed[report.order_id].message)
        yield report


def _status_of(error: SendError | InvalidMessageError | None) -> Status:
    if isinstance(error, UnknownOutcomeError):
        return Status.UNKNOWN
    return Status.REFUSED if isinstance(error, RejectedError) else Status.UNSENT
