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
from im_notify.relay.finding import (
    AROUND,
    BAD_RECIPIENT,
    GUARD,
    REPEATED,
    around,
    candidates,
    choose,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from im_notify.clock import Clock
    from im_notify.outbox.claiming import Job
    from im_notify.outbox.database import Database
    from im_notify.protocols import Backend
    from im_notify.relay.finding import Candidate
    from im_notify.relay.pausing import Pause

MARGIN = 60.0  #: of the seconds of the guard, left unused
FIRST_LOOK = 3.0  #: seconds until the first look-up
LONGEST_WAIT = 60.0  #: seconds between two look-ups
LATER = 20.0  #: seconds until it is looked up again where one look-up counts for nothing
LOOKUPS = 8  #: after which an order ends
A_REPEAT = 2  #: look-ups that must have failed before an order is repeated again
TOGETHER = 500  #: orders that are looked up with one reading of the list
ABSENT = "not among the provider's orders"

_log = logging.getLogger(__name__)


def may_repeat(job: Job, now: float) -> bool:
    """Say whether an unclear order may be repeated at `now`, else it must be looked up.

    It may not once the provider answered to a repeat, or nobody wants the message any more.
    """
    guarded = job.first_at <= now < leave_by(job)  # a clock that went back proves nothing
    return guarded and job.code is None and job.lookups >= A_REPEAT * job.repeats


def leave_by(job: Job) -> float:
    """Return until when the order may leave: while it is wanted, and as a repeat while guarded."""
    if not job.unclear:
        return job.expires_at
    return min(job.expires_at, job.first_at + GUARD - MARGIN)


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
        """Look up what is due; returns when the next order is.

        Without balance questions are answered all the same; without the right key they are not.
        """
        now = self._now()
        if self.pause.stands_still and self.pause.deaf:
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
            fitting = [one for one in found if one.fits(job)]
            order_id = self._which(job, fitting)
            found = [one for one in found if one.order_id != order_id]
            if order_id is None and self._waits(job):
                self._look_later(job)
            elif order_id is None:
                self._look_again(job, ABSENT, absent=not fitting)
            else:
                store_placed(self.database, job, order_id, now=self._now())

    def _which(self, job: Job, found: list[Candidate]) -> str | None:
        """Choose among what is still nobody's: an order may have been stored since it was listed.

        That is asked after the rivals: who is none any more has its number by then.
        """
        rivals: list[float] = []
        if found:
            far = 2 * (around(job) if job.code == REPEATED else AROUND)
            rivals = self.database.read(lambda c: twins.rivals_of(c, job, around=far))
        taken = self._known([one.order_id for one in found])
        left = [one for one in found if one.order_id not in taken]
        if job.code == REPEATED:
            return self._which_surely(job, left, rivals)
        return choose([one for one in left if one.is_near(job)], job, rivals=rivals)

    def _which_surely(self, job: Job, left: list[Candidate], rivals: list[float]) -> str | None:
        """Choose for an order that was placed: among what is near first, for clocks are right."""
        near = [one for one in left if one.is_near(job)]
        order_id = choose(near, job, rivals=rivals or None) or self._twin(job)
        if order_id or not job.lookups:
            return order_id
        if len(left) == 1:
            return left[0].order_id
        alone = choose(near, job, rivals=None) if near == left else None
        return choose(left, job, rivals=rivals) or alone

    def _twin(self, job: Job) -> str | None:
        """Return the order of another message of ours that this one only repeated."""
        since = self._now() - GUARD
        twin = self.database.read(lambda c: twins.twin_of(c, job, since=since))
        return twin.order_id if twin else None

    def _postpone(self, job: Job, reason: str) -> None:
        """What the provider did not answer counts for nothing, as long as the message lives."""
        if self._now() >= job.expires_at:
            self._look_again(job, reason, absent=False)
        else:
            self._look_later(job)

    def _waits(self, job: Job) -> bool:
        """Say whether it could be repeated if sending did not stand still."""
        possible = may_repeat(replace(job, repeats=0), self._now())
        return possible and self.pause.stops(job.message.sender)

    def _look_later(self, job: Job) -> None:
        due = self._now() + LATER
        self.database.write(lambda c: outcomes.seek(c, job, due_at=due)).result()

    def _look_again(self, job: Job, reason: str, *, absent: bool) -> None:
        """Let it be repeated if it may; `absent` says that nothing on the list could be it."""
        now = self._now()
        if job.lookups >= LOOKUPS:
            self._end(job, reason, absent=absent)
            return
        due = now + min(LONGEST_WAIT, FIRST_LOOK * 2**job.lookups)
        repeat = may_repeat(replace(job, lookups=job.lookups + 1), due)
        doubt = Doubt(reason=reason, due_at=due, repeat=repeat, looked_up=True, code=job.code)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _end(self, job: Job, reason: str, *, absent: bool) -> None:
        """End an order that was not found; one bad number does not cost the others the text."""
        now = self._now()
        if absent and job.code == BAD_RECIPIENT and len(job.message.recipients) > 1:
            self.database.write(lambda c: outcomes.divide(c, job, now=now)).result()
            return
        end = _end(job, reason, absent=absent)
        self.database.write(lambda c: outcomes.finish(c, job, end, now=now)).result()

    def _known(self, order_ids: Collection[str]) -> set[str]:
        return self.database.read(lambda c: twins.known_of(c, order_ids))

    def _now(self) -> float:
        return self.clock.now().timestamp()


def _end(job: Job, reason: str, *, absent: bool) -> End:
    """Return how an order ends that was not found: refused only if it is sure not to be there."""
    if absent and job.code not in {None, REPEATED}:
        return End(status=Status.REFUSED, reason=reason, code=job.code)
    return End(status=Status.UNKNOWN, reason=reason)
