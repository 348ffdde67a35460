from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry

from im_notify.errors import NotSentError, QueryError, RejectedError
from im_notify.models import OrderState, Status
from im_notify.outbox import reporting
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.reading import message_of
from im_notify.protocols import (
    Backend,
    Cancelling,
    Checkable,
    ListedOrders,
    PagedReports,
)
from im_notify.relay.metered import Metered
from im_notify.relay.metering import Meter
from im_notify.relay.noticing import Noticing
from im_notify.relay.pausing import Pause
from im_notify.reports import Delivery, Report
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from tests.relay.conftest import Bench


@pytest.fixture
def registry() -> CollectorRegistry:
    """Where everything is counted."""
    return CollectorRegistry()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def meter(registry: CollectorRegistry, clock: FakeClock) -> Meter:
    """Counts into the registry."""
    return Meter(registry, clock)


@pytest.fixture
def measured(bench: Bench, meter: Meter) -> Bench:
    """A relay that is measured as one that runs is."""
    bench.plugins.add(Noticing(bench.database, bench.clock, meter), "relay")
    backend = Metered(bench.engine.backend, meter, bench.clock)
    bench.engine.backend = bench.engine.sender.backend = backend
    return bench


class Small:
    """A backend that can only do what it must; `error` is what it raises."""

    name, max_recipients = "small", 10
    error: Exception | None = None

    def send(self, message: Any) -> Any:
        """Return the message, or fail."""
        if self.error:
            raise self.error
        return message

    report = send


class Listing(Small):
    """A backend whose list of orders breaks off after the first."""

    def orders(self, since: Any, until: Any) -> Any:
        """Yield the times asked for, and fail."""
        yield since, until
        raise QueryError("no more", backend="small", code=500)


def test_what_is_sent_and_delivered_is_counted(
    measured: Bench, registry: CollectorRegistry
) -> None:
    """By door, with its parts and how long it took."""
    measured.accept("disk full", "5301234567", "5301234568")
    measured.accept("x" * 200)

    measured.run(60)

    value = registry.get_sample_value
    assert value("im_notify_sent_total", {"source": "test"}) == 2
    assert value("im_notify_parts_total", {"source": "test"}) == 4
    ended = {"source": "test", "status": "delivered"}
    assert value("im_notify_messages_ended_total", ended) == 2
    assert value("im_notify_accept_to_send_seconds_count") == 2
    assert value("im_notify_accept_to_delivered_seconds_count") == 2
    assert value("im_notify_undelivered_ratio") == 0.0
    assert value("im_notify_provider_answers_total", {"operation": "send", "code": "200"}) == 2


def test_a_message_that_is_refused_ends_too(
    measured: Bench, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """With the provider's code; the log names message and reason, not text and number."""
    caplog.set_level(logging.DEBUG)
    accepted = measured.accept("secret text", "123456")

    measured.run(5)

    value = registry.get_sample_value
    assert value("im_notify_messages_ended_total", {"source": "test", "status": "refused"}) == 1
    assert value("im_notify_undelivered_ratio") == 1.0
    assert value("im_notify_provider_answers_total", {"operation": "send", "code": "452"}) == 1
    told = [one for one in caplog.records if getattr(one, "message_id", "") == accepted.id]
    assert [one.getMessage().partition(":")[0] for one in told] == ["not sent by json", "refused"]
    assert "secret" not in caplog.text
    assert "123456" not in caplog.text


def test_an_end_is_counted_once(measured: Bench, registry: CollectorRegistry, meter: Meter) -> None:
    """A change may be told twice, and to who takes the place of the first after a reload."""
    accepted = measured.accept()
    measured.run(60)
    message = measured.database.read(lambda c: message_of(c, accepted.id))
    report = Report(order_id="1", state=OrderState.COMPLETED)

    again = Noticing(measured.database, measured.clock, meter)
    again.im_notify_report(report, message)
    again.im_notify_report(report, message)
    again.im_notify_report(report, None)

    ended = {"source": "test", "status": "delivered"}
    assert registry.get_sample_value("im_notify_messages_ended_total", ended) == 1


def ends(registry: CollectorRegistry) -> dict[str, float]:
    """Return how messages ended and how many."""
    (family,) = (one for one in registry.collect() if one.name == "im_notify_messages_ended")
    counted = (one for one in family.samples if one.name.endswith("_total"))
    return {one.labels["status"]: one.value for one in counted}


def test_a_message_of_which_nobody_knows_has_ended(
    measured: Bench, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """As `unknown`, in the figures, the share of what was not delivered and the log."""
    accepted = measured.accept()
    measured.sandbox.fault("502", when="before", count=10**6)

    measured.run(7200)

    assert measured.stored(accepted).status is Status.UNKNOWN
    assert ends(registry) == {"unknown": 1}
    assert registry.get_sample_value("im_notify_undelivered_ratio") == 1.0
    said = [one for one in caplog.records if one.getMessage() == "unknown"]
    assert [one.message_id for one in said] == [accepted.id]  # type: ignore[attr-defined]  # extra


def test_a_message_that_no_report_names_has_ended(
    measured: Bench, registry: CollectorRegistry
) -> None:
    """As `missing`."""
    measured.accept("x", "5301234596")

    measured.run(60)

    assert ends(registry) == {"missing": 1}


def test_an_end_that_is_corrected_is_counted_as_it_was_first(
    measured: Bench, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    """The push comes after the order was given up: it is logged, and one message ended."""
    caplog.set_level(logging.INFO)
    accepted = measured.accept("x", "5301234598")
    measured.run(5)
    order_id = str(measured.stored(accepted).orders[0].order_id)
    now = measured.watched.now().timestamp()
    give_up = partial(reporting.look_later, order_id=order_id, now=now, look_at=None)
    measured.database.write(give_up).result()
    measured.tell()
    rows = (Delivery("5301234598", Status.DELIVERED),)
    report = Report(order_id=order_id, state=OrderState.COMPLETED, deliveries=rows)

    measured.database.write(partial(reporting.pushed, report=report, now=now + 60)).result()
    measured.tell()

    assert measured.stored(accepted).status is Status.DELIVERED
    assert ends(registry) == {"unknown": 1}
    told = [one.getMessage() for one in caplog.records if hasattr(one, "seconds")]
    assert told == ["sent", "unknown", "delivered"]


def test_a_message_that_waits_for_somebody_has_not_ended(
    measured: Bench, registry: CollectorRegistry
) -> None:
    """One recipient was refused, another one's phone is off."""
    measured.accept("x", "123456", "5301234598")
    measured.run(600)

    assert ends(registry) == {}


def test_the_ratio_is_of_the_last_hour(
    meter: Meter, registry: CollectorRegistry, clock: FakeClock
) -> None:
    """Older ends are forgotten."""

    def ratio() -> float | None:
        return registry.get_sample_value("im_notify_undelivered_ratio")

    empty = ratio()
    for _turn in range(3):
        meter.ended("a", Status.DELIVERED, waited=1)
        clock.advance(600)
    meter.ended("a", Status.UNDELIVERED, waited=1)
    mixed = ratio()
    clock.advance(3000)
    late = ratio()
    clock.advance(3600)

    assert (empty, mixed, late, ratio()) == (0.0, 0.25, 1.0, 0.0)


def test_a_measured_backend_has_the_abilities_of_the_one_inside(
    bench: Bench, meter: Meter, clock: FakeClock
) -> None:
    """No more and no less."""
    abilities = (Backend, PagedReports, ListedOrders, Cancelling, Checkable)
    full = Metered(bench.engine.backend, meter, clock)
    small = Metered(Small(), meter, clock)

    assert [isinstance(full, one) for one in abilities] == [True] * 5
    assert [isinstance(small, one) for one in abilities] == [True, *[False] * 4]
    assert (small.name, small.max_recipients) == ("small", 10)


def test_every_question_is_measured(measured: Bench, registry: CollectorRegistry) -> None:
    """By its name; the credit is noted when it is asked for."""
    backend: Any = measured.engine.backend
    measured.accept()
    measured.run(60)
    now = measured.clock.now()

    listed = list(backend.orders(now, now))
    pages = list(backend.report_pages(listed[0].order_id))
    backend.check()
    with pytest.raises(QueryError):
        backend.cancel("0")

    value = registry.get_sample_value
    assert (len(listed), len(pages)) == (1, 1)
    for operation in ("orders", "check"):
        labels = {"operation": operation, "code": "200"}
        assert value("im_notify_provider_answers_total", labels) == 1, operation
    assert value("im_notify_provider_seconds_count", {"operation": "cancel"}) == 1
    assert value("im_notify_credit") == 9_999_999


def test_a_list_is_read_no_further_than_is_asked(
    meter: Meter, registry: CollectorRegistry, clock: FakeClock
) -> None:
    """It may have thousands of pages; it counts as one question, with how it ended."""
    backend: Any = Metered(Listing(), meter, clock)

    orders = backend.orders(clock.now(), clock.now())
    next(orders)
    orders.close()
    with pytest.raises(QueryError):
        list(backend.orders(clock.now(), clock.now()))

    answers = [
        registry.get_sample_value(
            "im_notify_provider_answers_total", {"operation": "orders", "code": code}
        )
        for code in ("200", "500")
    ]
    assert answers == [1, 1]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RejectedError("no", backend="small", code=402), "402"),
        (NotSentError("no route", backend="small"), "none"),
        (RejectedError("no", backend="small", http_status=502), "502"),
        (RejectedError("no", backend="small", code=1234567), "other"),
        (RuntimeError("a bug"), "none"),
    ],
)
def test_a_failure_is_counted_by_its_code(
    meter: Meter, registry: CollectorRegistry, clock: FakeClock, error: Exception, code: str
) -> None:
    """A provider cannot make labels without end."""
    small = Small()
    small.error = error

    with pytest.raises(type(error)):
        Metered(small, meter, clock).send(None)  # type: ignore[arg-type]

    labels = {"operation": "send", "code": code}
    assert registry.get_sample_value("im_notify_provider_answers_total", labels) == 1


def test_the_newest_pause_is_shown(
    meter: Meter, registry: CollectorRegistry, clock: FakeClock
) -> None:
    """A new account begins without one."""
    pause = Pause(clock=clock)
    meter.watch(pause)
    pause.begin(RejectedError("no credit", backend="small", code=402), "APITEST")
    stands = registry.get_sample_value("im_notify_paused")
    meter.watch(Pause(clock=clock))

    assert (stands, registry.get_sample_value("im_notify_paused")) == (1.0, 0.0)


@pytest.mark.parametrize("left", ["?", "", "nan", "inf"])
def test_a_credit_that_is_no_number_is_not_shown(
    meter: Meter, registry: CollectorRegistry, left: str
) -> None:
    """What was known before stays."""
    meter.credit("12.5")
    meter.credit(left)

    assert registry.get_sample_value("im_notify_credit") == 12.5


def test_why_nothing_is_sent_is_said_seldom(
    measured: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """When the provider is down every message fails, again and again."""
    measured.sandbox.fault("503", count=1000)
    for one in range(20):
        measured.accept(f"text {one}")

    measured.run(30)

    lines = [one for one in caplog.records if one.name == "im_notify.relay.noticing"]
    assert 1 <= len(lines) <= 3


def test_a_broken_outbox_does_not_keep_from_sending(
    bench: Bench, meter: Meter, registry: CollectorRegistry
) -> None:
    """What is not known is not counted; the order is placed all the same."""
    broken: Any = _Broken()
    bench.plugins.add(Noticing(broken, bench.clock, meter), "relay")
    accepted = bench.accept()

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert registry.get_sample_value("im_notify_accept_to_send_seconds_count") == 0


class _Broken:
    def read(self, _work: Any) -> Any:
        raise OutboxError("locked")
