"""The send path of promise 2, against a provider that fails in every way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Consent, Message, Status
from im_notify.outbox import claiming
from im_notify.outbox.entries import Rung
from im_notify.relay.engine import Engine

if TYPE_CHECKING:
    from tests.relay.conftest import Bench

CASES = [
    (kind, when)
    for kind in ("reset", "hang", "500", "502", "503", "504", "empty", "junk", "truncated", "latin")
    for when in ("before", "after")
]


def whats(bench: Bench, accepted: Any) -> list[str]:
    """Return the words of a message's timeline."""
    return [event.what for event in bench.stored(accepted).timeline]


def test_a_message_is_stored_sent_and_delivered(bench: Bench) -> None:
    """One line for each change, and the order id is there."""
    accepted = bench.accept()
    assert not bench.sandbox.ledger

    bench.run(10)

    stored = bench.stored(accepted)
    assert whats(bench, accepted) == ["stored", "sent", "delivered"]
    assert stored.status is Status.DELIVERED
    assert stored.orders[0].order_id == bench.sandbox.ledger[0].order_id
    assert stored.orders[0].state == "done"


@pytest.mark.parametrize(("kind", "when"), CASES)
def test_an_unknown_outcome_ends_in_one_sms(bench: Bench, kind: Any, when: Any) -> None:
    """Whether the order was placed before the failure or not: one order, delivered, told once."""
    accepted = bench.accept()
    bench.sandbox.fault(kind, when=when)

    bench.run(60)

    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(accepted).status is Status.DELIVERED
    assert bench.stored(accepted).orders[0].order_id == bench.sandbox.ledger[0].order_id


@pytest.mark.parametrize("kind", ["reset", "502", "junk"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repeat_that_fails_too_is_looked_up_first(bench: Bench, kind: Any, when: Any) -> None:
    """Only after two look-ups in vain is it repeated again: one order, delivered."""
    accepted = bench.accept()
    bench.sandbox.fault(kind, when=when, count=2)

    bench.run(300)

    sends = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    lists = [one for one in bench.sandbox.requests if one.path.endswith("get-reports/json")]
    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(sends) == (3 if when == "before" else 2)
    assert lists[0].at > sends[1].at


def test_what_stays_unknown_is_said_to_be(bench: Bench) -> None:
    """A provider that never answers a send: no repeat after ten minutes, and an end."""
    accepted = bench.accept()
    bench.sandbox.fault("502", when="before", count=1000)

    bench.run(7200)

    sends = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    assert bench.stored(accepted).status is Status.UNKNOWN
    assert sends[-1].at - sends[0].at < 600
    assert len(sends) <= 6


def test_a_send_that_was_interrupted_by_death_is_cleared_up(bench: Bench) -> None:
    """The process died after the provider took it: the repeat says so, and it is found."""
    accepted = bench.accept()
    now = bench.clock.now().timestamp()
    (job,) = bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.backend.send(job.message)

    assert bench.engine.recover() == 1
    bench.run(60)

    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(accepted).status is Status.DELIVERED


def test_past_the_guard_it_is_only_looked_up(bench: Bench) -> None:
    """A relay that comes back after an hour repeats nothing."""
    accepted = bench.accept()
    now = bench.clock.now().timestamp()
    (job,) = bench.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
    bench.engine.backend.send(job.message)
    bench.clock.advance(3600)

    bench.engine.recover()
    bench.run(60)

    sends = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    assert len(sends) == 1
    assert bench.stored(accepted).status is Status.DELIVERED


@pytest.mark.parametrize(
    ("when", "status"), [("before", Status.UNKNOWN), ("after", Status.DELIVERED)]
)
def test_past_its_time_an_unclear_message_is_only_looked_up(
    bench: Bench, when: Any, status: Status
) -> None:
    """A code of three minutes; the network is away until the five hundredth second."""
    accepted = bench.accept(lifetime=180.0)
    bench.sandbox.fault("reset", when=when)
    bench.engine.send_due()
    bench.engine.settle()
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    real = client.base_url
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")
    bench.run(170)

    bench.clock.advance(20)
    object.__setattr__(client, "base_url", real)
    bench.run(600)

    sends = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    assert len(sends) == 1
    assert bench.stored(accepted).status is status


def slow(bench: Bench, recipients: int) -> None:
    """Have an order of so many recipients leave, ten of them a second."""
    limiter = bench.engine.backend.limiter  # type: ignore[attr-defined]  # the provider's own
    object.__setattr__(limiter, "_rate", 10.0)
    limiter.acquire(recipients)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repeat_whose_turn_comes_past_the_guard_is_not_made(bench: Bench, when: Any) -> None:
    """It was in time when it began to wait for the rate, which a large order had used up."""
    accepted = bench.accept()
    bench.sandbox.fault("reset", when=when)
    bench.engine.send_due()
    bench.engine.settle()
    slow(bench, 7000)

    bench.run(1200)

    sends = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    assert len(sends) == 1
    placed = when == "after"
    assert bench.stored(accepted).status is (Status.DELIVERED if placed else Status.UNKNOWN)


def test_a_message_whose_turn_comes_past_its_time_expires(bench: Bench) -> None:
    """A code that nobody waits for any more costs nothing."""
    slow(bench, 2000)
    accepted = bench.accept(lifetime=180.0)

    bench.run(300)

    assert bench.stored(accepted).status is Status.EXPIRED
    assert bench.sandbox.ledger == []


def test_an_order_has_no_more_recipients_than_one_may_have(bench: Bench) -> None:
    """A message to many leaves as several orders, to everybody once."""
    numbers = tuple(f"53{number:07d}0" for number in range(2500))
    accepted = bench.accept("x", *numbers)

    bench.run(60)

    ledger = bench.sandbox.ledger
    assert sorted(len(order.numbers) for order in ledger) == [500, 1000, 1000]
    assert sorted(number for order in ledger for number in order.numbers) == list(numbers)
    assert {row.status for row in bench.stored(accepted).deliveries} == {Status.DELIVERED}


def test_an_order_that_may_have_been_placed_is_not_divided(bench: Bench) -> None:
    """The limit was lowered meanwhile: only the identical order is known to the guard."""
    accepted = bench.accept("x", "5301234567", "5301234568")
    bench.sandbox.fault("reset", when="after")
    bench.engine.send_due()
    bench.engine.settle()
    bench.engine.sender.backend = replace(bench.engine.backend, max_recipients=1)  # type: ignore[type-var]  # the provider's own

    bench.run(60)

    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(accepted).status is Status.DELIVERED


def test_what_is_surely_not_sent_is_tried_until_it_goes(bench: Bench) -> None:
    """The network is down for two minutes: one SMS when it is back."""
    accepted = bench.accept()
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    real = client.base_url
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")
    bench.run(120)
    assert bench.stored(accepted).status is Status.WAITING

    object.__setattr__(client, "base_url", real)
    bench.run(70)

    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(accepted).status is Status.DELIVERED


def test_a_message_expires_when_its_time_is_over(bench: Bench) -> None:
    """A provider that is away for two hours: expired after one, and no SMS later."""
    accepted = bench.accept()
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")

    bench.run(7200)

    assert bench.stored(accepted).status is Status.EXPIRED
    assert bench.sandbox.ledger == []


def test_one_bad_recipient_does_not_stop_the_others(bench: Bench) -> None:
    """452 for three recipients: the order is divided until the bad one stands alone."""
    accepted = bench.accept("x", "5301234567", "530123", "5301234568")

    bench.run(60)

    states = {row.number: row.status for row in bench.stored(accepted).deliveries}
    assert states["5301234567"] is states["5301234568"] is Status.DELIVERED
    assert states["530123"] is Status.REFUSED


def test_a_refused_account_stands_still_and_goes_on_by_itself(bench: Bench) -> None:
    """401: no second try of any message until the check succeeds, then all are sent."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    good = client.credentials
    object.__setattr__(client, "credentials", type(good)(good.hash, good.key))
    first, second = bench.accept("one"), bench.accept("two", "5301234568")
    bench.run(130)
    tries = [one for one in bench.sandbox.requests if one.path.endswith("send-sms/json")]
    assert len(tries) <= 2

    object.__setattr__(client, "credentials", good)
    bench.run(180)

    assert bench.stored(first).status is bench.stored(second).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 2


def test_a_key_is_accepted_once(bench: Bench) -> None:
    """The second time it is the message that is there."""
    first = bench.accept(key="a")
    again = bench.accept(key="a")

    bench.run(10)

    assert (again.id, again.duplicate) == (first.id, True)
    assert len(bench.sandbox.ledger) == 1


LADDER = (Rung(90.0, "mailto://ops@example.org"), Rung(180.0, "second"))


def test_a_phone_that_does_not_get_it_climbs_the_ladder(bench: Bench) -> None:
    """At 90 s and at 180 s, each rung once."""
    bench.accept("x", "5301234598", ladder=LADDER)

    bench.run(85)
    assert bench.fallen == []
    bench.run(400)

    assert [job.target for job in bench.fallen] == ["mailto://ops@example.org", "second"]


def test_delivery_ends_the_ladder(bench: Bench) -> None:
    """A delivered message tells nobody else."""
    bench.accept(ladder=LADDER)

    bench.run(400)

    assert bench.fallen == []


def test_451_for_a_text_of_our_own_is_a_success(bench: Bench) -> None:
    """Two messages say the same to the same phone: one SMS, and both are delivered."""
    first, second = bench.accept(), bench.accept()

    bench.run(30)

    assert len(bench.sandbox.ledger) == 1
    assert bench.stored(first).status is bench.stored(second).status is Status.DELIVERED


def test_451_for_a_text_that_is_not_ours_is_a_refusal(bench: Bench) -> None:
    """Somebody else of the account sent it: it is refused, with the code."""
    bench.engine.backend.send(
        Message(
            text="disk full",
            recipients=("5301234567",),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
        )
    )
    accepted = bench.accept()

    bench.run(10)

    assert bench.stored(accepted).status is Status.REFUSED
    assert bench.stored(accepted).orders[0].code == 451


def _in_its_place(bench: Bench) -> Engine:
    """Return the engine that goes on where that of the bench ends, as after a reload."""
    engine = Engine(
        database=bench.database,
        backend=bench.engine.backend,
        clock=bench.watched,
        sender=bench.engine.sender,
    )
    engine.inherit(bench.engine)
    return engine


def test_an_order_that_was_claimed_while_its_sender_ended_is_sent(bench: Bench) -> None:
    """A disk that was slow while the configuration was reloaded; it must not wait for a restart."""
    accepted = bench.accept()
    bench.engine.close()
    bench.engine.send_due()

    bench.engine = _in_its_place(bench)
    bench.run(30)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


def test_who_is_to_end_claims_nothing(bench: Bench) -> None:
    """The loop was asking the provider when it was told."""
    accepted = bench.accept()
    bench.engine.stop()

    bench.engine.send_due()

    assert [order.state for order in bench.stored(accepted).orders] == ["queued"]


@pytest.mark.parametrize(
    ("taken", "statuses"),
    [
        (0, [Status.UNKNOWN, Status.UNKNOWN]),
        (1, [Status.UNKNOWN, Status.UNKNOWN]),
        (2, [Status.DELIVERED, Status.DELIVERED]),
    ],
)
def test_an_order_is_not_taken_for_another_to_the_same_phone(
    bench: Bench, taken: int, statuses: list[Status]
) -> None:
    """Two texts left as the process died, an hour ago; the list tells no texts, so no guess."""
    accepted = [bench.accept("one"), bench.accept("two")]
    now = bench.clock.now().timestamp()
    jobs = bench.database.write(lambda c: claiming.claim(c, now=now, limit=2)).result()
    for job in jobs[:taken]:
        bench.engine.backend.send(job.message)
    bench.clock.advance(3600)

    bench.engine.recover()
    bench.run(3600)

    assert [bench.stored(one).status for one in accepted] == statuses
