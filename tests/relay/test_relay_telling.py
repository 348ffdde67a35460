from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.hookspecs import hookimpl
from im_notify.models import OrderState, Status
from im_notify.outbox import telling
from im_notify.outbox.database import Database
from im_notify.outbox.entries import OutboxError
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
    from pathlib import Path

    from tests.relay.conftest import Bench

ONE, TWO = "5301234567", "5301234568"


def push(bench: Bench, order_id: str, *numbers: str) -> list[bool]:
    """Let the provider push that these have it; all told when it returns."""
    reports = [
        Report(
            order_id=order_id,
            state=OrderState.COMPLETED,
            deliveries=(Delivery(number, Status.DELIVERED),),
        )
        for number in numbers
    ]
    return [bench.store.push(report).result(5) for report in reports]


def test_a_change_is_told_once_by_poll(bench: Bench) -> None:
    """Delivered, and nothing more however often it is asked for."""
    accepted = bench.accept()

    bench.run(300)

    assert bench.listener.told == [(accepted.id, ONE, "delivered")]


def test_push_and_poll_together_tell_once(bench: Bench) -> None:
    """The push comes first; the report that is asked for says nothing new."""
    accepted = bench.accept()
    bench.run(0)
    order_id = bench.sandbox.ledger[0].order_id

    assert push(bench, order_id, ONE, ONE) == [True, True]
    bench.run(300)

    assert bench.listener.told == [(accepted.id, ONE, "delivered")]
    calls = [one for one in bench.sandbox.requests if "report" in one.path]
    assert calls == []


def test_a_push_for_one_of_two_is_followed_by_the_poll(bench: Bench) -> None:
    """Two changes, each told once, with all recipients as they stood."""
    accepted = bench.accept("x", ONE, TWO)
    bench.run(0)

    push(bench, bench.sandbox.ledger[0].order_id, ONE)
    bench.run(300)

    told = {(one, two) for _id, one, two in bench.listener.told}
    assert told == {(ONE, "delivered"), (TWO, "waiting"), (TWO, "delivered")}
    assert len(bench.listener.told) == 4
    assert bench.stored(accepted).status is Status.DELIVERED


def test_a_push_for_an_order_of_others_tells_nobody(bench: Bench) -> None:
    """It is answered with no."""
    assert push(bench, "99", ONE) == [False]
    assert bench.listener.told == []


def test_a_message_that_expired_is_told(bench: Bench) -> None:
    """Once, when its time is over."""
    accepted = bench.accept()
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")

    bench.run(7200)

    assert bench.listener.told == [(accepted.id, ONE, "expired")]


def test_a_message_that_expired_while_sending_stood_still_is_told(bench: Bench) -> None:
    """The account is refused for longer than the message lives."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    good = client.credentials
    object.__setattr__(client, "credentials", type(good)(good.hash, good.key))
    accepted = bench.accept(lifetime=50.0)

    bench.run(60)

    assert bench.listener.told == [(accepted.id, ONE, "expired")]


def test_an_order_without_a_report_is_told_as_unknown_in_the_end(bench: Bench) -> None:
    """Two days without an answer: said loudly once."""
    accepted = bench.accept()
    bench.run(0)
    bench.sandbox.fault("500", when="before", count=10_000, path="get-report")

    bench.engine.confirm_end = 3600.0
    bench.run(7200)

    assert bench.listener.told == [(accepted.id, ONE, "unknown")]
    assert bench.stored(accepted).status is Status.UNKNOWN


@pytest.mark.parametrize("number", ["530123"])
def test_a_refusal_is_told(bench: Bench, number: str) -> None:
    """The provider does not take the recipient."""
    accepted = bench.accept("x", number)

    bench.run(10)

    assert bench.listener.told == [(accepted.id, number, "refused")]


class Failing:
    """A plugin that raises, and hears everything before it does."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.heard = 0

    @hookimpl
    def im_notify_report(self) -> None:
        """Raise."""
        self.heard += 1
        raise ValueError


def test_a_plugin_that_raises_is_told_once_and_hides_nothing(bench: Bench) -> None:
    """The others hear of it, and it is over."""
    failing = Failing()
    bench.plugins.add(failing, "failing")
    accepted = bench.accept()

    bench.run(300)

    assert failing.heard == 1
    assert bench.listener.told == [(accepted.id, ONE, "delivered")]


def test_what_was_told_is_not_told_again_while_that_cannot_be_stored(
    bench: Bench, tmp_path: Path
) -> None:
    """A full disk must not become a storm of repetitions; what came after it waits."""
    accepted = bench.accept(lifetime=0.0)
    bench.engine.send_due()
    bench.engine.settle()
    real, broken = bench.teller.database, Database(f"sqlite:///{tmp_path}/closed.db")
    broken.close()
    bench.teller.database = Torn(real, broken)  # type: ignore[assignment]  # the two methods it needs

    for _attempt in range(3):
        with pytest.raises(OutboxError):
            bench.teller.tell_due()
    bench.teller.database = real
    bench.tell()

    assert bench.listener.told == [(accepted.id, ONE, "expired")]


class Torn:
    """A database that can be read and not written."""

    def __init__(self, readable: Database, writable: Database) -> None:
        """Read from one, write to the other."""
        self.read, self.write = readable.read, writable.write


class Slow:
    """A plugin that takes its time, by the clock of the test."""

    def __init__(self, bench: Bench) -> None:
        """Count what is stored as told while it is slow."""
        self._bench = bench
        self.left: list[int] = []

    @hookimpl
    def im_notify_report(self) -> None:
        """Take a second."""
        self.left.append(len(self._bench.database.read(lambda c: telling.pending(c, 100))))
        self._bench.clock.advance(1.0)


def test_what_a_slow_plugin_was_told_is_stored_one_by_one(bench: Bench) -> None:
    """So that little is told twice after a crash."""
    slow = Slow(bench)
    bench.plugins.add(slow, "slow")
    for text in ("one", "two", "three"):
        bench.accept(text, lifetime=0.0)
    bench.engine.send_due()
    bench.engine.settle()

    bench.tell()

    assert slow.left == [3, 2, 1]


def test_what_is_pushed_is_told_at_once(bench: Bench) -> None:
    """Whoever tells is woken when it is on disk, and not by what only waits to be sent."""
    heard: list[str] = []
    bench.store.heard = lambda: heard.append("heard")
    accepted = bench.accept("disk full")
    before = list(heard)
    bench.send()
    order = bench.stored(accepted).orders[0].order_id

    bench.store.push(Report(order_id=str(order), state=OrderState.COMPLETED)).result(5)

    assert before == []
    assert heard == ["heard"]
