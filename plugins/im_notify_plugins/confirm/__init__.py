"""Confirms delivery: turns receipts into reports until every recipient's state is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.models import Receipt
    from im_notify.protocols import Backend, Command
    from im_notify.reports import Report

__all__ = ["im_notify_commands", "im_notify_confirm"]


@hookimpl
def im_notify_confirm(
    backend: Backend, receipts: Sequence[Receipt], clock: Clock, until: datetime
) -> Iterator[Report]:
    """Poll the backend for the reports of these orders."""
    from im_notify_plugins.confirm.watch import watch

    return watch(backend, receipts, clock=clock, until=until)


@hookimpl
def im_notify_commands() -> Iterable[Command]:
    """Give the commands that read reports."""
    from im_notify_plugins.confirm.commands import commands

    return commands()
