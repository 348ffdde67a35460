"""The sandbox as a command: examples first, then one line an order until it is interrupted."""

from __future__ import annotations

from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote_plus

from im_notify.sandbox.faults import KINDS
from im_notify.sandbox.rules import TURKEY
from im_notify.sandbox.sandbox import Sandbox
from im_notify.sandbox.settings import Settings, endings

if TYPE_CHECKING:
    from im_notify.sandbox.orders import Order

DEFAULT_PORT = 8026


def run(port: int, settings: Settings, out: TextIO) -> None:
    """Serve until KeyboardInterrupt, which ends it without an error.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        settings: Account and variant.
        out: Where examples and orders are written.
    """
    orders: SimpleQueue[Order] = SimpleQueue()
    with Sandbox(settings, port, placed=orders.put) as sandbox:
        try:
            _write(out, welcome(sandbox))
            while True:
                _write(out, describe(orders.get()))
        except KeyboardInterrupt:
            _write(out, "sandbox closed")


def welcome(sandbox: Sandbox) -> str:
    """Write credentials, commands that work as they stand, and what can be made to go wrong."""
    settings, url = sandbox.settings, sandbox.base_url
    sender = settings.senders[0] if settings.senders else "APITEST"
    query = f"key={settings.key}&hash={settings.hash}&text=disk+full+on+db1"
    control = url.replace("/v1/", "/_sandbox")
    ends = ", ".join(f"…{ending} {fate}" for ending, fate in endings(settings).items())
    return f"""\
The provider, imitated at {url} . Nothing is sent to any phone. Ctrl-C ends it.

export IM_NOTIFY_BASE_URL={url}
export IM_NOTIFY_KEY={settings.key}
export IM_NOTIFY_HASH={settings.hash}

im-notify send --to 5301234567 --sender {sender!r} --iys 0 'disk full on db1'
im-notify report ID --watch
curl '{url}send-sms/get/?{query}&receipents=5301234567&sender={quote_plus(sender)}&iys=0'

Numbers: {ends}; all others are delivered after {settings.delivery_seconds:g} s.
Faults:  curl -d '{{"kind":"reset","when":"after","count":1,"path":"send-sms"}}' {control}/fault
         kinds: {", ".join(KINDS)}; when: before, after the order is placed
Clock:   curl -d '{{"seconds":600}}' {control}/advance
Ledger:  curl {control}/ledger    curl {control}/phone/5301234567    curl -d '' {control}/reset
"""


def describe(order: Order) -> str:
    """Write one placed order as one line."""
    draft = order.draft
    count = len(order.numbers)
    more = f" and {count - 1} more" if count > 1 else ""
    later = f" for {_time(order.send_at)}" if order.send_at is not None else ""
    texts = " | ".join(repr(message.text) for message in draft.messages)
    return (
        f"{_time(order.placed_at)} order {order.id}{later} by {draft.channel} "
        f"from {draft.sender!r} to {order.numbers[0]}{more}, iys={draft.iys}: {texts}"
    )


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, TURKEY).strftime("%Y-%m-%d %H:%M:%S")


def _write(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")
    out.flush()
