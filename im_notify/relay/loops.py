"""Threads that run passes over and over: each sleeps until its next thing is due, or is woken."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from im_notify.clock import Clock

    Pass: TypeAlias = Callable[[], float | None]

LONGEST_NAP = 1.0  #: seconds; the wall clock may be set while a loop sleeps

_log = logging.getLogger(__name__)


class Loops:
    """One thread a pass; a pass returns when it is due again, None if nothing waits."""

    def __init__(self, passes: Mapping[str, Pass], clock: Clock) -> None:
        """Prepare the loops; `start` runs them."""
        self._clock = clock
        self._stopping = Event()
        self._wake = {name: Event() for name in passes}
        self._threads = [
            Thread(target=self._run, args=(name, work), name=f"relay-{name}", daemon=True)
            for name, work in passes.items()
        ]

    @property
    def alive(self) -> bool:
        """Say whether all loops run."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Run until `stop`."""
        for thread in self._threads:
            thread.start()

    def wake(self, *names: str) -> None:
        """Let these loops look at once, all without names."""
        for name in names or self._wake:
            self._wake[name].set()

    def stop(self) -> None:
        """End the threads when what they do now is done."""
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def _run(self, name: str, work: Pass) -> None:
        event = self._wake[name]
        while not self._stopping.is_set():
            event.clear()
            try:
                due = work()
            except Exception:  # noqa: BLE001  a loop must outlive whatever happens in a pass
                _log.exception("the loop %s failed and goes on", name)
                due = None
                self._stopping.wait(LONGEST_NAP)
            now = self._clock.now().timestamp()
            nap = LONGEST_NAP if due is None else min(LONGEST_NAP, max(0.0, due - now))
            if nap:
                event.wait(nap)
