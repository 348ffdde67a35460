"""What Apprise 2 keeps between the tries of `?retry=`; older versions keep nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apprise import NotifyBase

    from im_notify.models import Receipt

Group = tuple[str, ...]  #: the numbers of one order


def is_delivered(service: NotifyBase, group: Group) -> bool:
    """Say whether an earlier try succeeded for this order."""
    return hasattr(service, "is_delivered") and bool(service.is_delivered(group))


def mark_delivered(service: NotifyBase, group: Group) -> None:
    """Keep a later try from repeating this order."""
    if hasattr(service, "mark_delivered"):
        service.mark_delivered(group)


def remember_receipt(service: NotifyBase, receipt: Receipt) -> None:
    """Keep an order that was placed but not confirmed yet."""
    if hasattr(service, "remember"):
        service.remember(("receipt", receipt.recipients), receipt)


def recall_receipt(service: NotifyBase, group: Group) -> Receipt | None:
    """Return the order that an earlier try placed."""
    if not hasattr(service, "recall"):
        return None
    found: Receipt | None = service.recall(("receipt", group))
    return found


def remember_doubt(service: NotifyBase, group: Group) -> None:
    """Keep that nobody knows whether this order was placed."""
    if hasattr(service, "remember"):
        service.remember(("doubt", group), value=True)


def in_doubt(service: NotifyBase, group: Group) -> bool:
    """Say whether an earlier try may have placed this order."""
    return hasattr(service, "recall") and bool(service.recall(("doubt", group)))


def start_of(service: NotifyBase, now: float) -> float:
    """Return when the first try began: Apprise's limit counts from there."""
    if not hasattr(service, "recall"):
        return now
    started = float(service.recall("started", now, per_message=True))
    service.remember("started", started, per_message=True)
    return started
