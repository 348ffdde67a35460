from __future__ import annotations

from typing import TYPE_CHECKING, Any

from im_notify.errors import QueryError
from im_notify.models import Status
from im_notify.relay import engine

if TYPE_CHECKING:
    import pytest

    from im_notify.models import Receipt
    from tests.relay.conftest import Bench


class Slow:
    """A provider that cannot list orders and takes three seconds to answer for one."""

    def __init__(self, bench: Bench, *, silent: bool = False, code: int | None = None) -> None:
        """Stand before the provider of `bench`; `silent` has no report for anybody."""
        self.name, self.max_recipients, self._code = "slow", 10, code
        self._backend, self._clock, self._silent = bench.engine.backend, bench.clock, silent
        self.asked: list[str] = []
        bench.engine.backend = self

    def send(self, message: Any) -> Receipt:
        """Send as it does."""
        return self._backend.send(message)

    def orders(self, _since: Any, _until: Any) -> Any:
        """Fail for now, or with a code of its own."""
        raise QueryError("busy", backend="slow", code=self._code, http_status=503)

    def report(self, receipt: Receipt) -> Any:
        """Answer late."""
        self._clock.advance(3)
        self.asked.append(receipt.order_id)
        if self._silent:
            raise QueryError("busy", backend="slow", http_status=503)
        return self._backend.report(receipt)


class Listing:
    """A provider that takes a minute for the list of its orders."""

    def __init__(self, bench: Bench) -> None:
        """Stand before the provider of `bench`."""
        self.name, self.max_recipients = "listing", 10
        self._backend: Any = bench.engine.backend
        self._clock = bench.clock
        self.send, self.report = self._backend.send, self._backend.report

    def orders(self, since: Any, until: Any) -> Any:
        """List them after a while."""
        self._clock.advance(60)
        yield from self._backend.orders(since, until)


def sent(bench: Bench, count: int) -> list[Any]:
    """Return messages that were just placed and whose reports are due."""
    accepted = [bench.accept(f"message {number}") for number in range(count)]
    bench.send()
    bench.clock.advance(10)
    return accepted


def test_a_long_pass_leaves_the_rest_to_the_next(bench: Bench) -> None:
    """Who can only be asked for one by one keeps nobody else waiting for longer than a moment."""
    accepted = sent(bench, 20)
    slow = Slow(bench)

    due = bench.engine.confirm_due()

    assert len(slow.asked) == 5
    assert due is not None
    assert due <= bench.clock.now().timestamp()
    for _pass in range(4):
        bench.engine.confirm_due()
    assert len(set(slow.asked)) == 20
    assert {bench.stored(one).status for one in accepted} == {Status.DELIVERED}


def test_a_list_that_takes_long_is_made_use_of(bench: Bench) -> None:
    """Its pages are for all of them: nobody is left to a second reading."""
    accepted = sent(bench, 20)
    bench.engine.backend = Listing(bench)

    bench.engine.confirm_due()

    assert {bench.stored(one).status for one in accepted} == {Status.DELIVERED}


def test_orders_without_a_report_are_not_asked_for_over_and_over(bench: Bench) -> None:
    """Each has its turn, though a pass ends before it came to all."""
    sent(bench, 12)
    slow = Slow(bench, silent=True)

    for _pass in range(3):
        bench.engine.confirm_due()

    assert len(slow.asked) == len(set(slow.asked)) == 12


def test_a_refusal_for_all_is_asked_about_again_a_minute_later(bench: Bench) -> None:
    """Nobody is asked for one by one."""
    accepted = sent(bench, 30)
    slow = Slow(bench, code=401)

    due = bench.engine.confirm_due()

    assert slow.asked == []
    assert due is not None
    assert due >= bench.clock.now().timestamp() + 60
    assert {bench.stored(one).status for one in accepted} == {Status.WAITING}


def test_what_is_due_within_a_second_is_asked_for_together(bench: Bench) -> None:
    """In a steady flow of orders nobody would ever share a list: each is due a little later."""
    for number in range(2):
        bench.accept(f"message {number}")
        bench.send()
        bench.clock.advance(0.5)
    bench.clock.advance(2.0)

    due = bench.engine.confirm_due()

    assert due is not None
    assert due - bench.clock.now().timestamp() >= 1.0


def test_a_pass_that_could_not_hold_all_is_followed_at_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is more that is due."""
    monkeypatch.setattr(engine, "REPORTS", 2)
    sent(bench, 3)

    due = bench.engine.confirm_due()

    assert due is not None
    assert due <= bench.clock.now().timestamp()
