from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Status
from im_notify.outbox import claiming, reporting
from im_notify.outbox.entries import Rung
from im_notify.outbox.shifting import clock_was
from im_notify.relay.watching import WatchedClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.relay.conftest import Bench

HOUR = 3600.0
JUMPS = [-HOUR, HOUR]


def sends(bench: Bench) -> int:
    """Count the requests that could have placed an order."""
    return sum(one.path.endswith("send-sms/json") for one in bench.sandbox.requests)


@pytest.mark.parametrize("jump", JUMPS)
def test_what_was_accepted_is_sent_after_the_clock_was_set(bench: Bench, jump: float) -> None:
    """At once, and it does not expire before its time."""
    accepted = bench.accept()
    bench.clock.ahead += jump

    bench.run(20)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_an_order_is_confirmed_after_the_clock_was_set(bench: Bench, jump: float) -> None:
    """It is asked for within seconds, not in an hour."""
    accepted = bench.accept()
    bench.run(0)
    bench.clock.ahead += jump

    bench.run(20)

    assert bench.stored(accepted).status is Status.DELIVERED


@pytest.mark.parametrize("jump", JUMPS)
def test_a_ladder_keeps_its_times(bench: Bench, jump: float) -> None:
    """90 s are 90 s."""
    bench.accept("x", "5301234598", ladder=(Rung(90.0, "a/1"),))
    bench.run(30)
    bench.clock.ahead += jump

    bench.run(55)
    assert bench.fallen == []
    bench.run(10)

    assert len(bench.fallen) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_message_lives_as_long_as_it_was_said(bench: Bench, jump: float) -> None:
    """An hour, whatever the clock shows."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")
    accepted = bench.accept()
    bench.run(600)
    bench.clock.ahead += jump

    bench.run(2000)
    assert bench.stored(accepted).status is Status.WAITING
    bench.run(1200)

    assert bench.stored(accepted).status is Status.EXPIRED


@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_unclear_order_is_not_sent_twice(bench: Bench, jump: float, when: Any) -> None:
    """The clock is set, and later set right, between the attempt and what clears it up."""
    accepted = bench.accept()
    bench.sandbox.fault("reset", when=when)
    bench.engine.send_due()
    bench.engine.settle()
    bench.clock.ahead += jump
    bench.run(1)
    bench.clock.ahead -= jump

    bench.run(2 * HOUR)

    placed = len(bench.sandbox.ledger)
    assert placed <= 1
    assert bench.stored(accepted).status is (Status.DELIVERED if placed else Status.UNKNOWN)


@pytest.mark.parametrize("jump", JUMPS)
def test_reports_are_as_late_as_before_after_the_clock_was_set(bench: Bench, jump: float) -> None:
    """The one that cannot be read is owed for as long, and what was read is as long ago."""
    bench.accept("x", "5301234598")
    lone = bench.accept("y")
    bench.run(3)
    order_id = str(bench.stored(lone).orders[0].order_id)
    owe = partial(reporting.look_later, order_id=order_id, look_at=1e12)
    bench.database.write(partial(owe, now=bench.watched.now().timestamp())).result()
    bench.run(600)
    before = bench.store.figures().late
    bench.clock.ahead += jump

    assert before > 0
    assert bench.store.figures().late == pytest.approx(before, abs=0.01)


def test_the_guard_counts_by_time_that_passed(bench: Bench) -> None:
    """Twenty minutes after the attempt the clock shows a few seconds: no repeat."""
    bench.accept()
    bench.sandbox.fault("reset", when="before")
    bench.engine.send_due()
    bench.engine.settle()
    bench.clock.advance(1200)
    bench.clock.ahead -= 1195

    bench.run(60)

    assert sends(bench) == 1


def test_an_order_from_the_future_is_only_looked_up(bench: Bench) -> None:
    """The clock went back while nobody ran: how long ago it was sent cannot be told."""
    bench.accept()
    now = bench.clock.now().timestamp() + HOUR
    (job,) = bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.backend.send(job.message)
    bench.engine.recover()

    bench.run(60)

    assert sends(bench) == 1


def test_a_clock_that_is_kept_right_moves_nothing(bench: Bench) -> None:
    """A second here and there is no jump."""
    accepted = bench.accept()
    before = bench.stored(accepted).expires_at

    for _time in range(4):
        bench.clock.ahead += 1
        bench.watched.now()

    assert bench.stored(accepted).expires_at == before


def test_a_jump_that_cannot_be_stored_is_none_yet(
    bench: Bench, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """Until it is stored the time goes on by the clock of what is stored, and nobody fails."""
    accepted = bench.accept()
    before, lives_until = bench.watched.now(), bench.stored(accepted).expires_at
    with full_disk():
        bench.clock.ahead += HOUR
        while_full = bench.watched.now()
        bench.clock.advance(30)
        later = bench.watched.now()
    bench.clock.advance(30)

    after = bench.watched.now()

    assert [while_full - before, later - before] == [timedelta(), timedelta(seconds=30)]
    assert after - before == timedelta(seconds=HOUR + 60)
    assert bench.stored(accepted).expires_at - lives_until == timedelta(seconds=HOUR)


def restart(bench: Bench) -> None:
    """Let another process go on with the same outbox, after all of it was written."""
    bench.database.write(lambda _c: None).result()
    watched = WatchedClock(clock=bench.clock, database=bench.database)
    bench.watched = watched
    parts = (bench.engine, bench.engine.sender, bench.clearer, bench.climber, bench.teller)
    for part in (*parts, bench.store):
        part.clock = watched
    bench.engine.recover()


@pytest.mark.parametrize("wrong", [-HOUR, -50 * 365 * 24 * HOUR])
def test_a_machine_that_starts_with_a_clock_behind_sends_at_once(
    bench: Bench, wrong: float
) -> None:
    """What was stored by the right clock is due now, not in an hour."""
    accepted = bench.accept()
    bench.clock.advance(120)
    bench.clock.ahead += wrong
    restart(bench)

    bench.run(20)

    assert bench.stored(accepted).status is Status.DELIVERED


def test_setting_such_a_clock_right_moves_nothing_out_of_reach(bench: Bench) -> None:
    """The provider is away: what waits is sent when it is back, and expires when it should."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    real = client.base_url
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")
    first, second = bench.accept("first"), bench.accept("second", lifetime=600.0)
    bench.run(120)
    bench.clock.ahead -= HOUR
    restart(bench)
    bench.run(120)
    bench.clock.ahead += HOUR
    bench.run(400)
    assert bench.stored(second).status is Status.EXPIRED
    object.__setattr__(client, "base_url", real)

    bench.run(120)

    assert bench.stored(first).status is Status.DELIVERED


def test_a_ladder_keeps_its_times_when_such_a_clock_is_set_right(bench: Bench) -> None:
    """Three minutes are those in which the relay ran, to the minute of the last note."""
    bench.accept("x", "5301234598", ladder=(Rung(180.0, "a/1"),))
    bench.run(60)
    bench.watched.now()
    bench.clock.ahead -= HOUR
    restart(bench)
    bench.run(20)
    bench.clock.ahead += HOUR

    bench.run(80)
    assert bench.fallen == []
    bench.run(30)

    assert len(bench.fallen) == 1


def test_how_long_a_machine_with_such_a_clock_was_off_is_not_guessed(bench: Bench) -> None:
    """It died while an order left: that is looked up, as the ten minutes may be over."""
    accepted = bench.accept()
    now = bench.watched.now().timestamp()
    (job,) = bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.backend.send(job.message)
    bench.clock.advance(1200)
    bench.clock.ahead -= HOUR
    restart(bench)
    bench.run(10)
    bench.clock.ahead += HOUR

    bench.run(120)

    assert sends(bench) == 1
    assert bench.stored(accepted).status is Status.DELIVERED


def test_what_the_clock_shows_is_noted_once_a_minute(bench: Bench) -> None:
    """However often it is asked; and with every jump, or the next start would see one more."""

    def noted() -> float | None:
        return bench.database.write(clock_was).result()

    start = bench.watched.now().timestamp()
    for _second in range(59):
        bench.clock.advance(1)
        bench.watched.now()
    within = noted()
    bench.clock.advance(1)
    bench.watched.now()
    minute = noted()
    bench.clock.ahead -= HOUR
    bench.watched.now()

    assert (within, minute, noted()) == (start, start + 60, start + 60 - HOUR)
