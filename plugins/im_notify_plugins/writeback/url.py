"""Any address: the outcome as JSON, with a bearer token, or user and token as basic credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.alerts import alert_object
from im_notify.jsonout import row_object
from im_notify_plugins.writeback.posting import post

if TYPE_CHECKING:
    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig


def tell(target: WriteBackConfig, outcome: Outcome) -> None:
    """Post what `GET /v1/messages/ID` says of the end, with the alerts. Raises NotToldError.

    The header Idempotency-Key is the same when it is posted again.
    """
    body = {
        "id": outcome.id,
        "state": outcome.status,
        "ended_at": outcome.ended_at.isoformat(),
        "text": outcome.text,
        "recipients": [row_object(row) for row in outcome.deliveries],
        "alerts": [alert_object(one) for one in outcome.alerts],
    }
    headers = {"Idempotency-Key": f"{outcome.id}-{outcome.status}"}
    auth = "basic" if target.user else "bearer"
    post(target, target.url or "", body, headers=headers, auth=auth)
