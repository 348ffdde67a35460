"""Tells the report hook of a change that is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from im_notify.outbox.reading import message_of

if TYPE_CHECKING:
    from im_notify.outbox.database import Database
    from im_notify.outbox.reporting import Change
    from im_notify.plugins import Plugins
    from im_notify.reports import Report


def tell(database: Database, plugins: Plugins, report: Report, change: Change) -> None:
    """Tell `report` with every recipient as it was stored: states never go back there."""
    message = database.read(lambda c: message_of(c, change.message_id))
    plugins.report(replace(report, deliveries=change.deliveries), message)
