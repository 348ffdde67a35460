from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from im_notify.models import Status
from im_notify.outbox.entries import OutboxError
from im_notify.relay import loops
from im_notify.relay.loops import Loops
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from tests.relay.conftest import Bench


class Clockless(FakeClock):
    """A clock that cannot be asked as long as it is `broken`."""

    broken = True

    def now(self) -> datetime:
        """Return the time, or fail."""
        if self.broken:
            raise OutboxError("it cannot be stored")
        return super().now()


class Turns:
    """A pass that others wait for; the next is due in an hour."""

    def __init__(self, clock: FakeClock, work: Callable[[], object] = lambda: None) -> None:
        """Do `work` in each turn."""
        self.begun, self._clock, self._work = Event(), clock, work

    def __call__(self) -> float | None:
        """Take one."""
        self.begun.set()
        self._work()
        return (FakeClock.now(self._clock) + timedelta(hours=1)).timestamp()

    def next(self) -> None:
        """Wait for two turns: one of them began after this was called."""
        for _turn in range(2):
            self.begun.clear()
            assert self.begun.wait(10)


@pytest.fixture(autouse=True)
def _short_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second."""
    monkeypatch.setattr(loops, "LONGEST_NAP", 0.01)


@pytest.fixture
def ended() -> Iterator[list[Loops]]:
    """Loops in this list are ended after the test."""
    running: list[Loops] = []
    yield running
    for one in running:
        one.stop(10)


def test_a_loop_outlives_a_clock_that_fails(ended: list[Loops]) -> None:
    """Every pass is asked again, as if the failure had been its own."""
    clock = Clockless()
    turns = Turns(clock)
    running = Loops({"send": turns}, clock)
    ended.append(running)

    running.start()
    turns.next()
    clock.broken = False
    turns.next()

    assert running.alive


def test_loops_outlive_a_step_of_the_clock_on_a_full_disk(
    bench: Bench, ended: list[Loops], full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """When there is room again the step is stored, and what was accepted leaves at once."""
    accepted = bench.accept(lifetime=3 * 3600.0)
    turns = [Turns(bench.clock, one) for one in (bench.engine.send_due, bench.engine.confirm_due)]
    expiry = bench.stored(accepted).expires_at
    with full_disk():
        bench.clock.ahead += 3600
        running = Loops({"send": turns[0], "confirm": turns[1]}, bench.watched)
        ended.append(running)
        running.start()
        for one in turns:
            one.next()

    bench.clock.advance(30)
    for one in turns:
        one.next()

    bench.engine.settle()
    assert running.alive
    assert bench.stored(accepted).expires_at == expiry + timedelta(hours=1)
    assert bench.stored(accepted).orders[0].state == "placed"
    assert bench.stored(accepted).status is Status.WAITING
