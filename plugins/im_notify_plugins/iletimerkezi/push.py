"""The provider's delivery push (provider document, webhooks): one message a POST, unsigned.

`packet_id` is the id of the order; `id` belongs to one message and appears nowhere else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify.models import OrderState, Status
from im_notify.recipients import national
from im_notify.reports import Delivery, Report
from im_notify_plugins.iletimerkezi.readings import status_of

if TYPE_CHECKING:
    from im_notify.protocols import Request


class DeliveryPush:
    """Reads what the provider posts at every change of one message."""

    name = "iletimerkezi"
    pushes = True

    def parse(self, request: Request) -> list[Report]:
        """Return one report with one recipient; its order may have others.

        The text that the provider sends back with it is not read.
        Raises AlertError.
        """
        try:
            report = json.loads(request.body)["report"]
            order_id, number = str(int(report["packet_id"])), national(str(report["to"]))
            status = status_of(report["status"])
        except (ArithmeticError, ValueError, TypeError, KeyError, RecursionError):
            raise _misread() from None  # the chain would show the text that was sent
        if not number:
            raise _misread()
        state = OrderState.SENDING if status is Status.WAITING else OrderState.COMPLETED
        return [Report(order_id=order_id, state=state, deliveries=(Delivery(number, status),))]


def _misread() -> AlertError:
    return AlertError(_("this is not a delivery push of the provider"))
