"""The send path: an order that may have been placed is never blindly repeated.

Within ten minutes a byte-identical repeat is made, because the provider refuses it (451) if the
first one counts. If nobody knows what became of the repeat either, the order is looked up, and
only after two look-ups that did not find it is it repeated again, under the same guard. Past the
ten minutes it is looked up only; if that fails it is `unknown`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.errors import (
    ConfigError,
    InvalidMessageError,
    NotSentError,
    QueryError,
    RejectedError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify.models import Status
from im_notify.outbox import outcomes, twins
from im_notify.outbox.outcomes import Doubt, End
from im_notify.polling import next_look
from im_notify.relay.finding import AROUND, find_order

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.outbox.claiming import Job
    from im_notify.outbox.database import Database
    from im_notify.outbox.twins import Twin
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend
    from im_notify.relay.pausing import Pause

REPEATED = 451  #: the provider's code for the same text to the same recipients
BAD_RECIPIENT = 452  #: one of the recipients, it does not say which
GUARD = 600.0  #: seconds in which the provider refuses a repetition
MARGIN = 60.0  #: of them left unused
FIRST_REPEAT = 3.0  #: seconds until the one repeat, or until the first look-up
LOOKUPS = 8  #: after which an order is unknown
A_REPEAT = 2  #: look-ups that must have failed before an order is repeated again
BACKOFF = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)  #: seconds between attempts not sent

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Sender:
    """Takes one claimed order through one step; any number of threads may share it."""

    database: Database
    plugins: Plugins
    backend: Backend
    clock: Clock
    pause: Pause
    _finding: Lock = field(default_factory=Lock)  # two must not find the same order

    def inherit(self, other: Sender) -> None:
        """Take the place of a sender whose orders may still be on their way."""
        self._finding = other._finding

    def step(self, job: Job) -> None:
        """Send, repeat, look up or end the order, and store what came of it."""
        now = self._now()
        if job.unclear and not _may_repeat(job, now):
            self._look_up(job, sure=False)
        elif not job.unclear and now >= job.expires_at:
            self._end(job, _expired("its time was over before it could be sent"))
        elif reason := self.pause.held(job.message.sender):
            self._wait(job, reason, now + self.pause.seconds)
        else:
            self._send(job)

    def _send(self, job: Job) -> None:
        try:
            receipt = self.plugins.send(self.backend, job.message)
        except NotSentError as error:
            self._not_sent(job, error)
        except RejectedError as error:
            self._rejected(job, error)
        except (InvalidMessageError, ConfigError) as error:
            self._end(job, _refused(error))
        except UnknownOutcomeError as error:
            self._unclear(job, str(error))
        else:
            self._placed(job, receipt.order_id)
            self.pause.end(job.message.sender)

    def _placed(self, job: Job, order_id: str) -> None:
        now = self._now()
        look_at = now + (next_look(0.0) or 0.0)
        self.database.write(
            lambda c: outcomes.placed(c, job, order_id, now=now, look_at=look_at)
        ).result()

    def _not_sent(self, job: Job, error: NotSentError) -> None:
        now = self._now()
        wait = BACKOFF[min(job.attempts, len(BACKOFF) - 1)]
        if isinstance(error, ThrottledError):
            wait = max(wait, error.retry_after)
        self._wait(job, str(error), now + wait)

    def _wait(self, job: Job, reason: str, due: float) -> None:
        now = self._now()
        if not job.unclear and due >= job.expires_at:
            self._end(job, _expired(reason))
            return
        self.database.write(
            lambda c: outcomes.retry(c, job, now=now, due_at=due, reason=reason)
        ).result()

    def _unclear(self, job: Job, reason: str) -> None:
        now = self._now()
        doubt = Doubt(reason=reason, due_at=now + FIRST_REPEAT, repeated=job.unclear)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _rejected(self, job: Job, error: RejectedError) -> None:
        if error.code == REPEATED:
            self._repeated(job, error)
        elif error.code == BAD_RECIPIENT and len(job.message.recipients) > 1:
            now = self._now()
            self.database.write(lambda c: outcomes.divide(c, job, now=now)).result()
        elif self.pause.concerns(error):
            self.pause.begin(error, job.message.sender)
            self._wait(job, str(error), self._now() + self.pause.seconds)
        else:
            self._end(job, _refused(error))

    def _repeated(self, job: Job, error: RejectedError) -> None:
        """451: our first attempt counts, or another message of ours said the same."""
        if job.unclear:
            self._look_up(job, sure=True)
            return
        now = self._now()
        twin = self._twin(job)
        if twin is None:
            self._end(job, _refused(error))
        elif twin.order_id is not None:
            self._placed(job, twin.order_id)
        else:
            self._wait(job, "the same text is on its way", now + FIRST_REPEAT)

    def _twin(self, job: Job) -> Twin | None:
        since = self._now() - GUARD
        return self.database.read(lambda c: twins.twin_of(c, job, since=since))

    def _placed_twin(self, job: Job) -> str | None:
        twin = self._twin(job)
        return twin.order_id if twin else None

    def _look_up(self, job: Job, *, sure: bool) -> None:
        with self._finding:
            try:
                order_id = self._found(job, sure=sure)
            except QueryError as error:
                self._look_again(job, str(error), sure=sure)
                return
            if order_id is None and sure:  # or a twin of ours is what it repeats
                order_id = self._placed_twin(job)
            if order_id is not None:
                self._placed(job, order_id)
                return
        self._look_again(job, "not among the provider's orders", sure=sure)

    def _found(self, job: Job, *, sure: bool) -> str | None:
        around = 2 * AROUND.total_seconds()
        count = partial(twins.rivals_of, job=job, around=around)
        rivals = None if sure else self.database.read(count)
        return find_order(self.backend, job, is_known=self._is_known, rivals=rivals)

    def _look_again(self, job: Job, reason: str, *, sure: bool) -> None:
        if job.lookups >= LOOKUPS:
            self._end(job, End(status=Status.UNKNOWN, reason=reason))
            return
        now = self._now()
        due = now + min(BACKOFF[-1], FIRST_REPEAT * 2**job.lookups)
        doubt = Doubt(reason=reason, due_at=due, repeated=sure, looked_up=True)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _end(self, job: Job, end: End) -> None:
        now = self._now()
        self.database.write(lambda c: outcomes.finish(c, job, end, now=now)).result()

    def _is_known(self, order_id: str) -> bool:
        return self.database.read(lambda c: twins.is_known(c, order_id))

    def _now(self) -> float:
        return self.clock.now().timestamp()


def _may_repeat(job: Job, now: float) -> bool:
    guarded = 0 <= now - job.first_at < GUARD - MARGIN  # a clock that went back proves nothing
    return guarded and job.lookups >= A_REPEAT * job.repeats


def _expired(reason: str) -> End:
    return End(status=Status.EXPIRED, reason=reason)


def _refused(error: RejectedError | InvalidMessageError | ConfigError) -> End:
    code = None if isinstance(error, ConfigError) else error.code
    return End(status=Status.REFUSED, reason=str(error), code=code)
