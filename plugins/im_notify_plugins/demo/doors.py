"""The three doors of an alert, each the way that its users take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError
from im_notify.i18n import _
from im_notify.models import Consent, Message, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from im_notify.app import App
    from im_notify.sandbox import Sandbox

SENDER = "APITEST"


@dataclass(slots=True)
class Sent:
    """An order on its way; `seconds` says how long each recipient took to reach its state."""

    door: str
    message: Message
    receipt: Receipt
    states: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def send_all(app: App, sandbox: Sandbox) -> Iterator[Sent]:
    """Send one alert through each door; the numbers end in what becomes of them."""
    doors = (
        ("json", _by_json, ("5301234567", "5301234597"), _("db1: disk full, 95 %")),
        ("apprise", _by_apprise, ("5301234568", "5301234598"), _("db1: no answer since 06:32")),
        ("get", _by_get, ("5301234569",), _("ups: on battery, 14 min left")),
    )
    for door, send, numbers, text in doors:
        message = Message(
            text=text, recipients=numbers, sender=SENDER, consent=Consent.TRANSACTIONAL
        )
        before = len(sandbox.ledger)
        send(app, message)
        for placed in sandbox.ledger[before:]:
            receipt = _receipt(placed.order_id, placed.numbers, at=app.clock.now())
            yield Sent(door, message, receipt)


def _receipt(order_id: str, numbers: tuple[str, ...], *, at: datetime) -> Receipt:
    return Receipt(order_id=order_id, backend="json", recipients=numbers, accepted_at=at)


def _by_json(app: App, message: Message) -> None:
    app.plugins.send(app.backend("json"), message)


def _by_apprise(app: App, message: Message) -> None:
    from apprise import Apprise

    from im_notify_plugins.apprise import register

    register()
    key, hash_ = app.environ["IM_NOTIFY_KEY"], app.environ["IM_NOTIFY_HASH"]
    url = f"iletimerkezi://{key}:{hash_}@{SENDER}/{'/'.join(message.recipients)}/?iys=0"
    services = Apprise()
    if not (services.add(url) and services.notify(body=message.text)):
        raise ImNotifyError(_("Apprise did not send the alert"))


def _by_get(app: App, message: Message) -> None:
    """Fetch a built URL as a device does, which reads nothing but the HTTP status."""
    import requests

    from im_notify_plugins.geturl.build import build_url

    url = build_url(
        key=app.environ["IM_NOTIFY_KEY"],
        hash=app.environ["IM_NOTIFY_HASH"],
        text=message.text,
        recipients=message.recipients,
        sender=message.sender,
        consent=message.consent,
        base_url=app.environ["IM_NOTIFY_BASE_URL"],
    )
    if not requests.get(url, timeout=10).ok:
        raise ImNotifyError(_("the GET URL was refused"))
