from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.models import OrderState, Status
from im_notify.reports import Delivery, Report

if TYPE_CHECKING:
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
    bench.store.close()

    assert bench.listener.told == [(accepted.id, ONE, "delivered")]
    calls = [one for one in bench.sandbox.requests if "report" in one.path]
    assert calls == []


def test_a_push_for_one_of_two_is_followed_by_the_poll(bench: Bench) -> None:
    """Two changes, each told once, with all recipients as they stood."""
    accepted = bench.accept("x", ONE, TWO)
    bench.run(0)

    push(bench, bench.sandbox.ledger[0].order_id, ONE)
    bench.run(300)
    bench.store.close()

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
