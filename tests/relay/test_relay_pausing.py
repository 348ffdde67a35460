from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import NotSentError, RejectedError
from im_notify.hookspecs import hookimpl
from im_notify.models import Status

if TYPE_CHECKING:
    from collections.abc import Generator

    from im_notify.models import Message, Receipt
    from tests.relay.conftest import Bench


class Refusing:
    """A plugin around the send that refuses with a code as long as there is one."""

    def __init__(self, code: int) -> None:
        """Refuse from the start."""
        self.code: int | None = code
        self.tries = 0

    @hookimpl(wrapper=True)
    def im_notify_send(self) -> Generator[None, Receipt, Receipt]:
        """Refuse before the order is placed."""
        self.tries += 1
        if self.code == 0:
            raise NotSentError("no route", backend="test")
        if self.code:
            raise RejectedError("refused", backend="test", code=self.code)
        receipt = yield
        return receipt


class RefusingSender:
    """A plugin around the send that refuses a sender."""

    def __init__(self, sender: str) -> None:
        """Refuse from the start."""
        self.sender, self.tries = sender, 0

    @hookimpl(wrapper=True)
    def im_notify_send(self, message: Message) -> Generator[None, Receipt, Receipt]:
        """Refuse before the order is placed."""
        if message.sender == self.sender:
            self.tries += 1
            raise RejectedError("refused", backend="test", code=450)
        receipt = yield
        return receipt


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said loudly."""
    return [one.message for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize("code", [401, 402, 450])
def test_the_queue_stands_still_for_the_account(
    bench: Bench, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    """One try a minute for ten messages, said loudly once; then all are sent."""
    refusing = Refusing(code)
    bench.plugins.add(refusing, "refusing")
    accepted = [bench.accept(f"text {n}", f"53012345{n:02}") for n in range(10)]

    bench.run(300)
    tries = refusing.tries
    refusing.code = None
    bench.run(200)

    assert tries <= 10 + 5  # those that were on their way, then one at a time
    assert {bench.stored(one).status for one in accepted} == {Status.DELIVERED}
    assert len(bench.sandbox.ledger) == 10
    assert len(loud(caplog)) == 1


@pytest.mark.parametrize("code", [452, 454, 460, 468])
def test_what_is_wrong_with_one_message_holds_up_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    """It is refused with its code; the queue goes on."""
    refusing = Refusing(code)
    bench.plugins.add(refusing, "refusing")
    wrong = bench.accept("wrong")
    bench.run(0)
    refusing.code = None
    good = bench.accept("good", "5301234568")

    bench.run(10)

    assert bench.stored(wrong).status is Status.REFUSED
    assert bench.stored(wrong).orders[0].code == code
    assert bench.stored(good).status is Status.DELIVERED
    assert loud(caplog) == []


def test_a_sender_of_one_message_stops_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Its orders are tried once a minute, said loudly once; they leave when it is approved."""
    bench.engine.sender.pause.sender = "APITEST"
    refusing = RefusingSender("eMarka Test")
    bench.plugins.add(refusing, "refusing")
    strange = [
        bench.accept(f"strange {n}", f"53012345{n:02}", sender="eMarka Test") for n in range(5)
    ]
    bench.run(30)
    good = [bench.accept(f"good {n}", f"53112345{n:02}") for n in range(5)]
    bench.run(2)
    meanwhile = bench.engine.sender.pause.trouble

    bench.run(300)
    tries, refusing.sender = refusing.tries, ""
    bench.run(120)

    assert meanwhile == "refused"
    assert {bench.stored(one).status for one in good} == {Status.DELIVERED}
    assert tries <= 5 * 6
    assert {bench.stored(one).status for one in strange} == {Status.DELIVERED}
    assert len(loud(caplog)) == 1


def test_a_quiet_relay_is_well_once_the_check_succeeds(bench: Bench) -> None:
    """The only message that met the empty account expired: no SMS is there to try."""
    refusing = Refusing(402)
    bench.plugins.add(refusing, "refusing")
    accepted = bench.accept(lifetime=100.0)
    bench.run(30)
    meanwhile = bench.engine.sender.pause.trouble

    bench.run(120)

    assert meanwhile == "refused"
    assert bench.stored(accepted).status is Status.EXPIRED
    assert bench.engine.sender.pause.trouble is None


def test_a_check_that_succeeds_ends_no_trouble_while_an_order_waits(bench: Bench) -> None:
    """It knows no prices: the alarm is not taken back and raised again each minute."""
    bench.plugins.add(Refusing(402), "refusing")
    bench.accept()
    bench.run(1)

    found = set()
    for _second in range(200):
        bench.run(1)
        found.add(bench.engine.sender.pause.trouble)

    assert found == {"refused"}


def test_a_network_that_is_down_does_not_stop_the_queue(bench: Bench) -> None:
    """Surely not sent is tried again by itself."""
    refusing = Refusing(0)
    bench.plugins.add(refusing, "refusing")
    accepted = bench.accept()
    bench.run(30)
    refusing.code = None

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED


def test_who_waits_behind_a_refused_account_is_told_when_its_time_is_over(bench: Bench) -> None:
    """Though sending stands still and it was never tried."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    good = client.credentials
    object.__setattr__(client, "credentials", type(good)(good.hash, good.key))
    first = bench.accept("first", lifetime=3600.0)
    bench.run(1)
    others = [bench.accept(f"text {one}", lifetime=50.0) for one in range(250)]

    bench.run(120)

    assert bench.engine.sender.pause.reason
    assert bench.stored(first).status is Status.WAITING
    assert {bench.stored(one).status for one in others} == {Status.EXPIRED}
    told = sorted(one[::2] for one in bench.listener.told)
    assert told == sorted((one.id, "expired") for one in others)
