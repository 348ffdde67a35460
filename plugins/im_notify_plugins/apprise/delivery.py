"""Sends one text to the groups of an Apprise URL and says how each fared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError, RejectedError, SendError, UnknownOutcomeError
from im_notify.i18n import _
from im_notify.models import Message, Receipt, Status
from im_notify_plugins.apprise import tracking
from im_notify_plugins.apprise.confirming import confirm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from im_notify.protocols import Backend
    from im_notify.reports import Report
    from im_notify_plugins.apprise.budget import Budget
    from im_notify_plugins.apprise.notify import NotifyIletiMerkezi
    from im_notify_plugins.apprise.tracking import Group

_REPEATED = 451  # the provider took the same text for the same recipients minutes ago


def deliver(service: NotifyIletiMerkezi, backend: Backend, *, text: str, budget: Budget) -> bool:
    """Place an order for each group that no earlier try succeeded for, and confirm if asked to.

    One that fails does not stop the others.
    """
    groups = [one for one in service.settings.groups() if not tracking.is_delivered(service, one)]
    messages = _messages(service, groups, text=text)
    receipts = list(_place_all(service, backend, messages, budget=budget))
    done = receipts
    if service.settings.confirm:
        done = list(_confirmed(service, backend, receipts, budget=budget))
    for receipt in done:
        tracking.mark_delivered(service, receipt.recipients)
    return len(done) == len(groups)


def _messages(service: NotifyIletiMerkezi, groups: Sequence[Group], *, text: str) -> list[Message]:
    chosen = service.settings
    try:
        return [
            Message(text=text, recipients=group, sender=chosen.sender, consent=chosen.consent)
            for group in groups
        ]
    except InvalidMessageError as error:
        _warn(service, [number for group in groups for number in group], str(error))
        return []


def _place_all(
    service: NotifyIletiMerkezi, backend: Backend, messages: Sequence[Message], *, budget: Budget
) -> Iterator[Receipt]:
    """Yield the receipts; an order that might not end in the time there is, is not begun."""
    before = 0
    for position, message in enumerate(messages):
        if position and service.slowest(before) > budget.left():
            rest = [number for later in messages[position:] for number in later.recipients]
            _warn(service, rest, _("not begun, the time for this service is over"))
            return
        before = len(message.recipients)
        receipt = tracking.recall_receipt(service, message.recipients)
        receipt = receipt or _place(service, backend, message)
        if receipt:
            tracking.remember_receipt(service, receipt)
            yield receipt


def _place(service: NotifyIletiMerkezi, backend: Backend, message: Message) -> Receipt | None:
    service.throttle()
    try:
        receipt = backend.send(message)
    except SendError as error:
        return _failed(service, message, error)
    text = _("iletiMerkezi: order {order} was taken for {numbers}")
    numbers = ", ".join(message.recipients)
    service.logger.info(text.format(order=receipt.order_id, numbers=numbers))
    return receipt


def _failed(service: NotifyIletiMerkezi, message: Message, error: SendError) -> Receipt | None:
    """Say why; a repetition that is refused proves that the try in doubt was taken."""
    group = message.recipients
    repeated = isinstance(error, RejectedError) and error.code == _REPEATED
    if repeated and tracking.in_doubt(service, group):
        text = _("iletiMerkezi: an earlier try was taken for {numbers}, its order is not known")
        service.logger.info(text.format(numbers=", ".join(group)))
        at = service.clock.now()
        return Receipt(order_id="", backend=error.backend, recipients=group, accepted_at=at)
    if isinstance(error, UnknownOutcomeError):
        tracking.remember_doubt(service, group)
    _warn(service, group, str(error))
    return None


def _confirmed(
    service: NotifyIletiMerkezi, backend: Backend, receipts: Sequence[Receipt], *, budget: Budget
) -> Iterator[Receipt]:
    known = [receipt for receipt in receipts if receipt.order_id]
    seconds = service.settings.confirm
    reports = confirm(backend, known, seconds=seconds, budget=budget)
    for receipt in receipts:
        report = reports.get(receipt)
        if report is not None and report.status is Status.DELIVERED:
            text = _("iletiMerkezi: order {order} was delivered to {numbers}")
            numbers = ", ".join(receipt.recipients)
            service.logger.info(text.format(order=receipt.order_id, numbers=numbers))
            yield receipt
        else:
            _warn_unconfirmed(service, receipt, report)


def _warn_unconfirmed(service: NotifyIletiMerkezi, receipt: Receipt, report: Report | None) -> None:
    found = {row.number: row.status for row in report.deliveries} if report else {}
    for number in receipt.recipients:
        status = found.get(number, Status.UNKNOWN)
        if status is not Status.DELIVERED:
            text = _("order {order} is not delivered: {status}")
            _warn(service, [number], text.format(order=receipt.order_id or "?", status=status))


def _warn(service: NotifyIletiMerkezi, numbers: Sequence[str], reason: str) -> None:
    text = _("iletiMerkezi: {numbers}: {reason}")
    service.logger.warning(text.format(numbers=", ".join(numbers), reason=reason))
