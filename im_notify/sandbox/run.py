"""The sandbox as a command: examples first, then one line an order until it is interrupted."""

from __future__ import annotations

import json
from datetime import datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

from im_notify.sandbox.faults import KINDS
from im_notify.sandbox.rules import TURKEY
from im_notify.sandbox.sandbox import Sandbox
from im_notify.sandbox.settings import Settings, endings

if TYPE_CHECKING:
    from im_notify.sandbox.orders import Order

DEFAULT_PORT = 8026


def run(port: int, settings: Settings, out: TextIO, *, as_json: bool = False) -> None:
    """Serve until KeyboardInterrupt, which ends it without an error.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes a free port.
        settings: Account and variant.
        out: Where examples and orders are written.
        as_json: Write one JSON object a line instead: base URL and credentials, then orders.
    """
    greet, tell = (_greeting, _order) if as_json else (welcome, describe)
    orders: SimpleQueue[Order] = SimpleQueue()
    with Sandbox(settings, port, placed=orders.put) as sandbox:
        try:
            _write(out, greet(sandbox))
            while True:
                _write(out, tell(orders.get()))
        except KeyboardInterrupt:
            if not as_json:
                _write(out, "sandbox closed")


def welcome(sandbox: Sandbox) -> str:
    """Write credentials, commands that work as they stand, and what can be made to go wrong."""
    settings, url = sandbox.settings, sandbox.base_url
    sender = settings.senders[0] if settings.senders else "APITEST"
    query = f"key={settings.key}&hash={settings.hash}&text=disk%20full%20on%20db1"
    control = url.replace("/v1/", "/_sandbox")
    ends = ", ".join(f"…{ending} {fate}" for ending, fate in endings(settings).items())
    return f"""\
The provider, imitated at {url} . Nothing is sent to any phone. Ctrl-C ends it.

export IM_NOTIFY_BASE_URL={url}
export IM_NOTIFY_KEY={settings.key}
export IM_NOTIFY_HASH={settings.hash}

im-notify send --to 5301234567 --sender {sender!r} --iys 0 'disk full on db1'
im-notify report ID --watch
curl '{url}send-sms/get/?{query}&receipents=5301234567&sender={quote(sender)}&iys=0'

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


def _greeting(sandbox: Sandbox) -> str:
    settings = sandbox.settings
    found = {"base_url": sandbox.base_url, "key": settings.key, "hash": settings.hash}
    return json.dumps(found)


def _order(order: Order) -> str:
    texts = [message.text for message in order.draft.messages]
    found = {
        "order_id": str(order.id),
        "channel": order.draft.channel,
        "sender": order.draft.sender,
    }
    numbers = {"iys": order.draft.iys, "numbers": list(order.numbers), "texts": texts}
    return json.dumps(found | numbers, ensure_ascii=False)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, TURKEY).strftime("%Y-%m-%d %H:%M:%S")


def _write(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")
    out.flush()
