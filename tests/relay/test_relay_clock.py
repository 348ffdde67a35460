from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Status
from im_notify.outbox import claiming
from im_notify.outbox.entries import Rung

if TYPE_CHECKING:
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
