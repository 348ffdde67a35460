"""Clears up orders of which nobody knows whether they were placed: looks many up together.

It is a pass of its own: reading a day's list may take minutes, and no order that waits to be sent
may wait for that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.errors import QueryError
from im_notify.models import Status
from im_notify.outbox import claiming, outcomes, twins
from im_notify.outbox.outcomes import Doubt, End
from im_notify.polling import next_look
from im_notify.relay.finding import AROUND, candidates, choose

if TYPE_CHECKING:
    from collections.abc import Collection

    from im_notify.clock import Clock
    from im_notify.outbox.claiming import Job
    from im_notify.outbox.database import Database
    from im_notify.protocols import Backend
    from im_notify.relay.finding import Candidate
    from im_notify.relay.pausing import Pause

REPEATED = 451  #: the provider's code for the same text to the same recipients
GUARD = 600.0  #: seconds in which the provider refuses a repetition
MARGIN = 60.0  #: of them left unused
FIRST_LOOK = 3.0  #: seconds until the first look-up
LONGEST_WAIT = 60.0  #: seconds between two look-ups
UNANSWERED = 20.0  #: seconds until the list is asked for again that the provider did not give
LOOKUPS = 8  #: after which an order is unknown
A_REPEAT = 2  #: look-ups that must have failed before an order is repeated again
TOGETHER = 500  #: orders that are looked up with one reading of the list

_log = logging.getLogger(__name__)


def may_repeat(job: Job, now: float) -> bool:
    """Say whether an unclear order may be repeated at `now`, else it must be looked up."""
    guarded = 0 <= now - job.first_at < GUARD - MARGIN  # a clock that went back proves nothing
    placed = job.code == REPEATED
    return guarded and not placed and job.lookups >= A_REPEAT * job.repeats


def store_placed(database: Database, job: Job, order_id: str, *, now: float) -> None:
    """Store that the order is placed, and when it is asked about first."""
    look_at = now + (next_look(0.0) or 0.0)
    database.write(lambda c: outcomes.placed(c, job, order_id, now=now, look_at=look_at)).result()


@dataclass(slots=True, kw_only=True)
class Clearer:
    """Looks orders up among those that the provider lists."""

    database: Database
    backend: Backend
    clock: Clock
    pause: Pause
    _finding: Lock = field(default_factory=Lock)  # two must not find the same order

    def inherit(self, other: Clearer) -> None:
        """Take the place of one that may still be at it."""
        self._finding = other._finding

    def clear_due(self) -> float | None:
        """Look up what is due; returns when the next order is. Waits while the account does."""
        now = self._now()
        if self.pause.reason is not None and not self.pause.probing:
            return now + self.pause.remaining()
        with self._finding:
            jobs = self.database.read(lambda c: claiming.sought(c, now=now, limit=TOGETHER))
            self._clear(jobs)
        return self.database.read(lambda c: claiming.next_due(c, ("sought",)))

    def _clear(self, jobs: list[Job]) -> None:
        try:
            found = candidates(self.backend, jobs, known=self._known)
        except QueryError as error:
            _log.warning("orders cannot be looked up now: %s", error)
            for job in jobs:
                self._postpone(job, str(error))
            return
        for job in jobs:
            order_id = self._which(job, [one for one in found if one.fits(job)])
            found = [one for one in found if one.order_id != order_id]
            if order_id is None:
                self._look_again(job, "not among the provider's orders")
            else:
                store_placed(self.database, job, order_id, now=self._now())

    def _which(self, job: Job, found: list[Candidate]) -> str | None:
        """Choose among what is still nobody's: an order may have been stored since it was listed.

        That is asked after the rivals: who is none any more has its number by then.
        """
        sure = job.code == REPEATED
        around = 2 * AROUND.total_seconds()
        rivals = None
        if found and not sure:
            rivals = self.database.read(lambda c: twins.rivals_of(c, job, around=around))
        taken = self._known([one.order_id for one in found])
        left = [one for one in found if one.order_id not in taken]
        order_id = choose(left, job, rivals=rivals)
        return self._twin(job) if sure and order_id is None else order_id

    def _twin(self, job: Job) -> str | None:
        """Return the order of another message of ours that this one only repeated."""
        since = self._now() - GUARD
        twin = self.database.read(lambda c: twins.twin_of(c, job, since=since))
        return twin.order_id if twin else None

    def _postpone(self, job: Job, reason: str) -> None:
        """What the provider did not answer counts for nothing, as long as the message lives."""
        now = self._now()
        if now >= job.expires_at:
            self._look_again(job, reason)
        else:
            due = now + UNANSWERED
            self.database.write(lambda c: outcomes.seek(c, job, due_at=due)).result()

    def _look_again(self, job: Job, reason: str) -> None:
        now = self._now()
        if job.lookups >= LOOKUPS:
            end = End(status=Status.UNKNOWN, reason=reason)
            self.database.write(lambda c: outcomes.finish(c, job, end, now=now)).result()
            return
        due = now + min(LONGEST_WAIT, FIRST_LOOK * 2**job.lookups)
        repeat = may_repeat(replace(job, lookups=job.lookups + 1), due)
        doubt = Doubt(reason=reason, due_at=due, repeat=repeat, looked_up=True, code=job.code)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _known(self, order_ids: Collection[str]) -> set[str]:
        return self.database.read(lambda c: twins.known_of(c, order_ids))

    def _now(self) -> float:
        return self.clock.now().timestamp()
