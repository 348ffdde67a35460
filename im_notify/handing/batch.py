"""What is handed over: the alerts of one notification, under a key of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from im_notify.alerts import Alert, alert_from, alert_object
from im_notify.errors import AlertError
from im_notify.i18n import _

MOST = 1000  #: alerts of one notification
_LONGEST_KEY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Alerts for the contacts and groups in `to`; without one, for those of the configuration.

    A relay takes a `key` once: whoever does not know whether a batch arrived hands it over again.
    """

    key: str
    to: tuple[str, ...]
    alerts: tuple[Alert, ...]


def new_key() -> str:
    """Return a key that nobody else has: 128 bits."""
    return os.urandom(16).hex()


def written(batch: Batch) -> bytes:
    """Return a batch as JSON, in ASCII."""
    alerts = [alert_object(one) for one in batch.alerts]
    return json.dumps({"key": batch.key, "to": list(batch.to), "alerts": alerts}).encode()


def read(body: bytes) -> Batch:
    """Read what `written` wrote. Raises AlertError, which repeats nothing of it."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise AlertError(_("this is no JSON")) from None
    if not isinstance(said, dict):
        raise _wrong()
    key, to, alerts = said.get("key"), said.get("to"), said.get("alerts")
    if not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY and key.isprintable()):
        raise _wrong()
    if not (isinstance(to, list) and all(isinstance(name, str) for name in to)):
        raise _wrong()
    if not (isinstance(alerts, list) and 0 < len(alerts) <= MOST):
        raise _wrong()
    return Batch(key=key, to=tuple(to), alerts=tuple(alert_from(one) for one in alerts))


def _wrong() -> AlertError:
    return AlertError(_("these are not alerts as `im-notify alert` hands them over"))
