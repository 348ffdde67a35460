"""Climbs fallback ladders: whoever was not reached in time has somebody else told."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol, TypeAlias

from im_notify.errors import ImNotifyError, QueryError
from im_notify.looking import look
from im_notify.outbox import reporting, rungs
from im_notify.outbox.entries import OutboxError
from im_notify.relay.leftovers import store_each

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.models import Status
    from im_notify.outbox.database import Database
    from im_notify.outbox.rungs import RungJob
    from im_notify.protocols import Backend

    _Work: TypeAlias = Callable[[Connection], bool | None]

AT_ONCE = 16  #: rungs that are climbed at a time
AGAIN = 1.0  #: seconds until a rung is due again that could not be tried
ASKING = 5.0  #: seconds that rungs wait for the latest reports of what they stand in for

_log = logging.getLogger(__name__)


class Steps(Protocol):
    """What the rungs of the configuration do."""

    def is_needed(self, job: RungJob, statuses: Mapping[str, Status]) -> bool:
        """Say whether the target has to be told, as the message's recipients stand."""

    def climb(self, job: RungJob) -> str | None:
        """Tell the target; returns why that failed, and may raise ImNotifyError as well."""


@dataclass(slots=True, kw_only=True)
class Climber:
    """The pass that climbs what is due; `gave_up` is told of a message that nobody heard of."""

    database: Database
    backend: Backend
    clock: Clock
    steps: Steps
    gave_up: Callable[[RungJob], None] = lambda _job: None
    asking: float = ASKING
    _climbed: deque[tuple[RungJob, _Work]] = field(default_factory=deque)
    _stopping: Event = field(default_factory=Event)

    def recover(self) -> None:
        """Take over what a process that died left under way."""
        self.database.write(rungs.recover_rungs).result()

    def climb_due(self) -> float | None:
        """Climb the rungs that are due; returns when the next one is.

        Nobody is called out of bed for a text that arrived: what the provider can say about it
        now is asked for first.
        """
        now = self._now()
        self._store_climbed()
        due = self.database.read(rungs.next_rung)
        if due is None or due > now:
            return due
        claimed = self.database.write(
            lambda c: rungs.claim_rungs(c, now=now, limit=AT_ONCE)
        ).result()
        self._ask(claimed)
        self._climb_together([job for job in claimed if self._begins(job)])
        self._store_climbed()
        return self.database.read(rungs.next_rung)

    def _ask(self, claimed: Sequence[RungJob]) -> None:
        """Ask for the reports of their messages, for as long as that is worth waiting for."""
        names = {job.message_id for job in claimed if not job.ends}
        asking = Thread(target=self._learn, args=(names,), name="relay-ask", daemon=True)
        if names:
            asking.start()
            asking.join(self.asking)

    def _learn(self, names: set[str]) -> None:
        try:
            receipts = self.database.read(lambda c: reporting.placed(c, names))
            for _receipt, report in look(self.backend, receipts):
                if report is not None:
                    told = partial(reporting.pushed, report=report, now=self._now())
                    self.database.write(told).result()
        except (QueryError, OutboxError) as error:
            _log.warning("reports cannot be read before a fallback: %s", error)

    def _begins(self, job: RungJob) -> bool:
        """Store that a rung is climbed now, or that it need not be; false for the latter."""
        if self._stopping.is_set():
            self._climbed.append((job, partial(rungs.put_back, job=job, due_at=self._now())))
            return False
        try:
            statuses = self.database.read(lambda c: rungs.statuses_of(c, job.message_id))
            if self.steps.is_needed(job, statuses):
                work = partial(rungs.begin, job=job, now=self._now())
                return self.database.write(work).result()
            self.database.write(lambda c: rungs.skip(c, job)).result()
        except Exception as error:  # noqa: BLE001  whatever it is, no rung may stay half climbed
            self._put_back(job, error)
        return False

    def _put_back(self, job: RungJob, error: Exception) -> None:
        about = {"message_id": job.message_id}
        trace = None if isinstance(error, OutboxError) else error
        _log.warning("a fallback is tried again: %s", error, extra=about, exc_info=trace)
        due_at = self._now() + AGAIN
        self._climbed.append((job, partial(rungs.put_back, job=job, due_at=due_at)))

    def _climb_together(self, jobs: list[RungJob]) -> None:
        """Climb rungs beside each other: a mail server that hangs keeps no second phone silent."""
        threads = [
            Thread(target=self._climb, args=(job,), name="relay-rung", daemon=True) for job in jobs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _climb(self, job: RungJob) -> None:
        about = {"message_id": job.message_id}
        try:
            reason = self.steps.climb(job)
        except OutboxError as error:
            self._put_back(job, error)
            return
        except ImNotifyError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  one target must not keep the others silent
            _log.warning("a fallback failed", exc_info=True, extra=about)
            reason = type(error).__name__
        level = logging.WARNING if reason else logging.INFO
        _log.log(level, "fallback, step %d: %s", job.position, reason or "done", extra=about)
        self._climbed.append((job, self._told(job, reason)))

    def _told(self, job: RungJob, reason: str | None) -> _Work:
        now = self._now()
        if not reason:
            return partial(rungs.climbed, job=job, now=now)
        return partial(rungs.failed, job=job, now=now, reason=reason)

    def _store_climbed(self) -> None:
        """Store how rungs went; what cannot be stored now is stored before the next is climbed."""
        store_each(self._climbed, lambda told: self._store(*told))

    def _store(self, job: RungJob, work: _Work) -> None:
        if self.database.write(work).result():
            self.gave_up(job)

    def inherit(self, other: Climber) -> None:
        """Take the place of one that ends: what it could not store yet is ours to store."""
        self._climbed = other._climbed

    def stop(self) -> None:
        """Let a long pass end before its time; what it leaves out is done by the next one."""
        self._stopping.set()

    def _now(self) -> float:
        return self.clock.now().timestamp()
