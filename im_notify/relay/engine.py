"""The passes that send what is due and ask for reports.

A pass takes what is due now and returns when the next thing is; a test calls it with a clock of
its own.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from im_notify.errors import QueryError
from im_notify.looking import look
from im_notify.outbox import claiming, outcomes, overdue, reporting
from im_notify.polling import END, next_look
from im_notify.relay.leftovers import store_each
from im_notify.relay.sending import end_expired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify.clock import Clock
    from im_notify.models import Receipt
    from im_notify.outbox.claiming import Job
    from im_notify.outbox.database import Database
    from im_notify.protocols import Backend
    from im_notify.relay.sending import Sender
    from im_notify.reports import Report

AT_ONCE = 16  #: orders that are on their way to the provider at a time
REPORTS = 10_000  #: orders that are asked for in one pass: most share the pages of one list
EXPIRED = 100  #: orders that are ended in one transaction
POSTPONE = 60.0  #: seconds until an order is asked for again that has no report, at least
LATEST = 240.0  #: and at most: what is asked for every half hour must not be silent for an hour
PACE = 1.0  #: seconds from one pass to the next: what is due by then shares the pages of a list
TOGETHER = 8  #: reports that are on their way into the outbox at a time
LONG = 10.0  #: seconds after which the rest is left to the next pass

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Engine:
    """The passes; `woken` is called when there is something to tell, or to send."""

    database: Database
    backend: Backend
    clock: Clock
    sender: Sender
    confirm_end: float = END
    woken: Callable[[], None] = lambda: None
    _on_their_way: list[Future[None]] = field(default_factory=list)
    _lost: deque[Job] = field(default_factory=deque)
    _expire_at: float = 0.0  # in monotonic seconds
    _stopping: Event = field(default_factory=Event)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, "relay-send")
    )

    def recover(self) -> int:
        """Take over what a process that died left; returns how many orders are unclear."""
        now = self._now()
        return self.database.write(lambda c: claiming.recover(c, now=now)).result()

    def send_due(self) -> float | None:
        """Hand out what is due to be sent or cleared up; returns when the next order is.

        One slow answer holds up nobody else: at most 16 orders are on their way at a time, and
        `woken` is called when one of them has ended.
        """
        now = self._now()
        if not self.sender.pause.over(self.backend):
            self._expire(now)
            self._seek_unclear()
            return now + self.sender.pause.remaining()
        if self._stopping.is_set():  # the provider may have been asked for long
            return None
        self._find_lost(now)
        self._on_their_way = [one for one in self._on_their_way if not one.done()]
        most = 1 if self.sender.pause.probing else AT_ONCE
        free = max(0, most - len(self._on_their_way))
        if not free:
            return None
        claimed = self.database.write(lambda c: claiming.claim(c, now=now, limit=free)).result()
        self._hand_out(claimed)
        if len(self._on_their_way) >= most:
            return None
        due = self.database.read(lambda c: claiming.next_due(c, ("queued", "unclear")))
        if due is None or due > now + self.sender.pause.seconds:
            self.sender.pause.end_quietly()
        return due

    def _seek_unclear(self) -> None:
        """Have looked up what cannot be repeated while sending stands still."""
        if self.database.read(lambda c: claiming.next_due(c, ("unclear",))) is not None:
            self.database.write(claiming.seek_unclear).result()

    def _expire(self, now: float) -> None:
        """End what may not be sent any more, now and then while sending stands still."""
        if self.clock.monotonic() < self._expire_at:
            return
        self._expire_at = self.clock.monotonic() + self.sender.pause.seconds
        end = partial(end_expired, now=now, limit=EXPIRED)
        while self.database.write(end).result() == EXPIRED and not self._stopping.is_set():
            pass

    def _hand_out(self, claimed: list[Job]) -> None:
        """Send orders; those that nobody sends any more are for who takes this one's place."""
        for job in claimed:
            try:
                self._on_their_way.append(self._pool.submit(self._step, job))
            except RuntimeError:  # the pool was closed while they were claimed
                self._lost.append(job)

    def _step(self, job: Job) -> None:
        try:
            self.sender.step(job)
        except Exception:  # noqa: BLE001  an order must not be forgotten, whatever happened
            about = {"message_id": job.message_id}
            _log.exception("what became of an order was not stored", extra=about)
            self._lost.append(job)
        self.woken()

    def _find_lost(self, now: float) -> None:
        """Store orders as unclear whose outcome could not be stored when it was known."""
        lost = partial(outcomes.lost, now=now)
        store_each(self._lost, lambda job: self.database.write(partial(lost, job=job)).result())

    def settle(self) -> None:
        """Return when no order is on its way."""
        wait(self._on_their_way)

    def confirm_due(self) -> float | None:
        """Ask for the reports that are due; returns when to do so again.

        What becomes due within a second is left to one pass: most of it shares a list. A pass that
        takes long ends early and the next one begins with the list again: orders that have to be
        asked for one by one keep no newer ones waiting.
        """
        now = self._now()
        found = self.database.read(lambda c: reporting.outstanding(c, now=now, limit=REPORTS))
        rest = {one.order_id: one for one in found}
        stored: deque[Future[None]] = deque()
        heard = False
        for receipt, report in self._learned(rest):
            heard |= report is not None
            stored.append(self._store(receipt, report))
            if len(stored) == TOGETHER:
                stored.popleft().result()
        if heard:
            stored.append(self.database.write(partial(overdue.heard, now=self._now())))
        for one in stored:
            one.result()
        following = self.database.read(lambda c: claiming.next_due(c, ("placed",)))
        if found:
            self.woken()
        if following is None or rest or len(found) in {0, REPORTS}:
            return following
        return max(following, self._now() + PACE)

    def _learned(self, due: dict[str, Receipt]) -> Iterator[tuple[Receipt, Report | None]]:
        over: float | None = None  # what the list takes, which is for all of them, does not count
        try:
            for receipt, report in look(self.backend, list(due.values())):
                over = self.clock.monotonic() + LONG if over is None else over
                del due[receipt.order_id]
                yield receipt, report
                if self._stopping.is_set() or self.clock.monotonic() > over:
                    return
        except QueryError as error:
            _log.warning("reports cannot be read: %s", error)
            for receipt in due.values():
                yield receipt, None
            due.clear()

    def _store(self, receipt: Receipt, report: Report | None) -> Future[None]:
        """Store a report and when to look again, or only that where there is none."""
        now, look_at = self._now(), self._next_look(receipt)
        if report is not None:
            work = partial(reporting.reported, report=report, now=now)
            return self.database.write(partial(work, look_at=None if report.final else look_at))
        later = None if look_at is None else min(max(look_at, now + POSTPONE), now + LATEST)
        work = partial(reporting.look_later, order_id=receipt.order_id, now=now)
        return self.database.write(partial(work, look_at=later))

    def _next_look(self, receipt: Receipt) -> float | None:
        start = (receipt.scheduled_for or receipt.accepted_at).timestamp()
        following = next_look(
            self._now() - start,
            jitter=random.random(),  # noqa: S311  no secret
            end=self.confirm_end,
        )
        return None if following is None else start + following

    def inherit(self, other: Engine) -> None:
        """Take the place of an engine that ends: what it could not store yet is ours to store."""
        self._lost = other._lost

    def stop(self) -> None:
        """Let a long pass end before its time; what it leaves out is done by the next one."""
        self._stopping.set()

    def close(self, patience: float | None = None) -> int:
        """Let the orders that are on their way end; returns how many did not in `patience`.

        Such an order is cleared up at the next start, as if the process had died.
        """
        left = wait(self._on_their_way, timeout=patience).not_done
        self._pool.shutdown(wait=not left)
        return len(left)

    def _now(self) -> float:
        return self.clock.now().timestamp()
