"""The send path: an order that may have been placed is never blindly repeated.

Within ten minutes a byte-identical repeat is made, because the provider refuses it (451) if the
first one counts. If nobody knows what became of the repeat either, the order is looked up, and
only after two look-ups that did not find it is it repeated again, under the same guard. Past the
ten minutes, and past its own time, it is looked up only; if that fails it is `unknown`. A refusal
of the repeat says nothing about the first one: only an order that is not found ends as refused.

What something in between answered is not the provider's word, and refuses nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from im_notify.errors import (
    ConfigError,
    InvalidMessageError,
    NotSentError,
    RejectedError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify.models import Status
from im_notify.outbox import claiming, outcomes, twins
from im_notify.outbox.outcomes import Doubt, End
from im_notify.relay.clearing import leave_by, may_repeat, store_placed
from im_notify.relay.finding import BAD_RECIPIENT, GUARD, REPEATED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.outbox.claiming import Job
    from im_notify.outbox.database import Database
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend
    from im_notify.relay.pausing import Pause

FIRST_REPEAT = 3.0  #: seconds until the one repeat, or until the first look-up
OVER = "its time was over before it could be sent"
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

    def step(self, job: Job) -> None:
        """Send, repeat, divide, look up or end the order, and store what came of it."""
        now, reason = self._now(), self.pause.held(job.message.sender)
        if job.unclear and (reason or not may_repeat(job, now)):
            self.database.write(lambda c: outcomes.seek(c, job, due_at=now)).result()
        elif not job.unclear and now >= job.expires_at:
            self._end(job, _expired(OVER))
        elif reason:
            self._wait(job, reason, now + self.pause.seconds)
        elif not job.unclear and len(job.message.recipients) > self.backend.max_recipients:
            self._divide(job, self.backend.max_recipients)
        else:
            self._send(job)

    def _send(self, job: Job) -> None:
        message = replace(job.message, leave_by=datetime.fromtimestamp(leave_by(job), UTC))
        try:
            receipt = self.plugins.send(self.backend, message)
        except NotSentError as error:
            self._not_sent(job, error)
        except RejectedError as error:
            self._rejected(job, error)
        except (InvalidMessageError, ConfigError) as error:
            self._refused(job, error)
        except UnknownOutcomeError as error:
            self._unclear(job, str(error))
        else:
            self._placed(job, receipt.order_id)
            self.pause.end(job.message.sender)

    def _placed(self, job: Job, order_id: str) -> None:
        store_placed(self.database, job, order_id, now=self._now())

    def _not_sent(self, job: Job, error: NotSentError | RejectedError) -> None:
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
        due = now + FIRST_REPEAT
        again = may_repeat(replace(job, repeats=job.repeats + job.unclear), due)
        doubt = Doubt(reason=reason, due_at=due, repeat=again, repeated=job.unclear)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _rejected(self, job: Job, error: RejectedError) -> None:
        if error.code == REPEATED:
            self._repeated(job, error)
        elif self.pause.concerns(error):
            self.pause.begin(error, job.message.sender)
            self._wait_for_account(job, error)
        elif error.code is None and error.http_status is not None:
            self._not_sent(job, error)
        elif error.code == BAD_RECIPIENT and len(job.message.recipients) > 1 and not job.unclear:
            self._divide(job)
        else:
            self._refused(job, error)

    def _wait_for_account(self, job: Job, error: RejectedError) -> None:
        """An order that may have been placed is looked up meanwhile, and repeated if it was not."""
        if job.unclear:
            self._seek(job, str(error))
        else:
            self._wait(job, str(error), self._now() + self.pause.seconds)

    def _seek(self, job: Job, reason: str, code: int | None = None) -> None:
        """Have an order looked up whose repeat was refused."""
        now = self._now()
        doubt = Doubt(reason=reason, due_at=now, repeat=False, repeated=True, code=code)
        self.database.write(lambda c: outcomes.unclear(c, job, doubt, now=now)).result()

    def _refused(self, job: Job, error: RejectedError | InvalidMessageError | ConfigError) -> None:
        code = None if isinstance(error, ConfigError) else error.code
        if job.unclear:
            self._seek(job, str(error), code)
        else:
            self._end(job, End(status=Status.REFUSED, reason=str(error), code=code))

    def _divide(self, job: Job, size: int | None = None) -> None:
        now = self._now()
        self.database.write(lambda c: outcomes.divide(c, job, now=now, size=size)).result()

    def _repeated(self, job: Job, error: RejectedError) -> None:
        """451: our first attempt counts, or another message of ours said the same."""
        if job.unclear:
            self._seek(job, str(error), REPEATED)
            return
        now = self._now()
        twin = self.database.read(lambda c: twins.twin_of(c, job, since=now - GUARD))
        if twin is None:
            self._refused(job, error)
        elif twin.order_id is not None:
            self._placed(job, twin.order_id)
        else:
            self._wait(job, "the same text is on its way", now + FIRST_REPEAT)

    def _end(self, job: Job, end: End) -> None:
        now = self._now()
        self.database.write(lambda c: outcomes.finish(c, job, end, now=now)).result()

    def _now(self) -> float:
        return self.clock.now().timestamp()


def end_expired(connection: Connection, *, now: float, limit: int) -> int:
    """End orders that were not sent in time, without a try; returns how many."""
    over = claiming.expired(connection, now=now, limit=limit)
    for job in over:
        outcomes.finish(connection, job, _expired(OVER), now=now)
    return len(over)


def _expired(reason: str) -> End:
    return End(status=Status.EXPIRED, reason=reason)
