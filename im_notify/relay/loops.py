"""Threads that run passes over and over: each sleeps until its next thing is due, or is woken."""

from __future__ import annotations

import logging
import time
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeAlias

from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from im_notify.clock import Clock

    Pass: TypeAlias = Callable[[], float | None]

GATHER = 0.003  #: seconds from being woken to looking: who waits for an answer comes first
LONGEST_NAP = 1.0  #: seconds; the wall clock may be set while a loop sleeps

_log = logging.getLogger(__name__)


class Loops:
    """One thread a pass; a pass returns when it is due again, None if nothing waits."""

    def __init__(self, passes: Mapping[str, Pass], clock: Clock) -> None:
        """Prepare the loops; `start` runs them."""
        self._clock = clock
        self._begun, self._stopping = Event(), Event()
        self._wake = {name: Event() for name in passes}
        self._threads = [
            Thread(target=self._run, args=(name, work), name=f"relay-{name}", daemon=True)
            for name, work in passes.items()
        ]

    @property
    def alive(self) -> bool:
        """Say whether all loops run; those that were told to end count."""
        return self._stopping.is_set() or all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Run until `stop`; no pass begins before all loops are there."""
        for thread in self._threads:
            thread.start()
        self._begun.set()

    def wake(self, *names: str) -> None:
        """Let these loops look at once, all without names."""
        for name in names or self._wake:
            if not (event := self._wake[name]).is_set():
                event.set()

    def stop(self, patience: float | None = None) -> bool:
        """End the threads when what they do now is done; false if one did not in `patience`."""
        self._stopping.set()
        self.wake()
        end = None if patience is None else time.monotonic() + patience
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, name: str, work: Pass) -> None:
        event = self._wake[name]
        self._begun.wait()
        while not self._stopping.is_set():
            event.clear()
            try:
                nap = self._nap(work())
            except Exception as error:  # noqa: BLE001  a loop must outlive whatever happens
                _complain(name, error)
                self._stopping.wait(LONGEST_NAP)
                continue
            if nap and event.wait(nap):
                self._stopping.wait(GATHER)

    def _nap(self, due: float | None) -> float:
        """Return for how long there is nothing to do; asking the clock may fail, too."""
        if due is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.0, due - self._clock.now().timestamp()))


def _complain(name: str, error: Exception) -> None:
    """Say it in a line; where the outbox is not to blame, also where in the program it was."""
    trace = None if isinstance(error, OutboxError) else error
    _log.error("the loop %s failed and goes on: %s", name, error, exc_info=trace)
