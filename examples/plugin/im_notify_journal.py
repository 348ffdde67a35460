"""A plugin for im-notify: a line in the file IM_NOTIFY_JOURNAL for all that becomes of an order.

Copy this folder, rename the module and the entry point, and change what the hooks do.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from im_notify import SendError, hookimpl

if TYPE_CHECKING:
    from collections.abc import Generator

    from im_notify import Message, Receipt, Report


@hookimpl
def im_notify_report(report: Report) -> None:
    """Note that the state of an order changed."""
    _note(f"order {report.order_id} {report.status}")


@hookimpl(wrapper=True)
def im_notify_send(message: Message) -> Generator[None, Receipt, Receipt]:
    """Note how a send ended; receipt and error go on as they are."""
    try:
        receipt = yield
    except SendError as error:
        _note(f"order to {len(message.recipients)} failed: {type(error).__name__}")
        raise
    _note(f"order {receipt.order_id} to {len(receipt.recipients)} accepted")
    return receipt


def _note(line: str) -> None:
    if not (path := os.environ.get("IM_NOTIFY_JOURNAL")):
        return
    try:
        with open(path, "a", encoding="utf-8") as journal:  # noqa: PTH123  pathlib loads slowly
            journal.write(f"{line}\n")
    except OSError as error:  # an order that was taken must not look failed for a full disk
        logging.getLogger(__name__).warning("the journal cannot be written: %s", error)
