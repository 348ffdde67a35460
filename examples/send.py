"""Sends one alarm and waits until it is known whether the phone got it.

IM_NOTIFY_KEY=… IM_NOTIFY_HASH=… python send.py 'MY TITLE' 5301234567 'db1: disk full'
"""

from __future__ import annotations

import sys
from datetime import timedelta

from im_notify import Consent, Message, Status
from im_notify.app import App


def main(sender: str, number: str, text: str) -> int:
    """Return 0 when it was delivered, 3 when it was not, 4 when that is not known in a minute."""
    app = App()  # configuration as for the command line
    backend = app.backend("json")
    message = Message(text=text, recipients=(number,), sender=sender, consent=Consent.TRANSACTIONAL)
    receipt = app.plugins.send(backend, message)
    until = app.clock.now() + timedelta(minutes=1)
    status = Status.WAITING
    for report in app.plugins.confirm(backend, [receipt], clock=app.clock, until=until):
        status = report.status
    print(receipt.order_id, status)
    return {Status.DELIVERED: 0, Status.WAITING: 4}.get(status, 3)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
