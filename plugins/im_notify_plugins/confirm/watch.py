"""Follows orders to their end, along the plan of `im_notify.polling`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.looking import MANY, look
from im_notify.polling import next_look
from im_notify.reports import merge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.models import Receipt
    from im_notify.protocols import Backend
    from im_notify.reports import Report

TOGETHER = timedelta(seconds=1)  #: how long the first of many waits for those after it


@dataclass(slots=True)
class _Watched:
    receipt: Receipt
    look_at: datetime
    report: Report | None = None

    @property
    def start(self) -> datetime:
        return self.receipt.scheduled_for or self.receipt.accepted_at

    def settled(self, now: datetime, until: datetime, *, jitter: float) -> bool:
        """Set the time of the next look; say whether there is none."""
        age, end = (now - self.start).total_seconds(), (until - self.start).total_seconds()
        following = next_look(age, jitter=jitter, end=end)
        if following is None or (self.report and self.report.final):
            return True
        self.look_at = self.start + timedelta(seconds=following)
        return False


def watch(
    backend: Backend, receipts: Iterable[Receipt], *, clock: Clock, until: datetime
) -> Iterator[Report]:
    """Yield a report at each change of an order, until all are final or `until` is reached.

    At `until` the open orders are looked at once more. Raises QueryError.
    """
    watched = {one.order_id: _Watched(one, _first_look(one)) for one in receipts}
    while watched:
        clock.sleep((_wake(watched.values(), until) - clock.now()).total_seconds())
        last = clock.now() >= until
        due = [one for one in watched.values() if last or one.look_at <= clock.now()]
        for receipt, news in look(backend, [one.receipt for one in due]):
            if news is not None:
                yield from _changed(watched[receipt.order_id], news)
        jitter = random.random()  # noqa: S311  one for all: together they take fewer calls
        for one in due:
            if last or one.settled(clock.now(), until, jitter=jitter):
                del watched[one.receipt.order_id]


def _wake(watched: Collection[_Watched], until: datetime) -> datetime:
    """Return the next time to look; of many orders, those soon due are looked at with it."""
    soonest = min(one.look_at for one in watched)
    return min(until, soonest + TOGETHER if len(watched) >= MANY else soonest)


def _first_look(receipt: Receipt) -> datetime:
    start = receipt.scheduled_for or receipt.accepted_at
    return start + timedelta(seconds=next_look(0.0) or 0.0)


def _changed(one: _Watched, news: Report) -> Iterator[Report]:
    report = merge(one.report, news)
    before, one.report = one.report, report
    if before is None or _told(before) != _told(report):
        yield report


def _told(report: Report) -> object:
    """Return what a change is: the price and the times of a report are none."""
    return report.state, report.deliveries
