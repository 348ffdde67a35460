from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from im_notify.looking import from_sums, look
from im_notify.models import OrderState, Receipt, Status
from im_notify.reports import Counters, Order
from im_notify.testing import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify.testing import FakeClock
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Make = Callable[..., Message]

RECEIPT = Receipt(
    order_id="1", backend="json", recipients=("5301234567", "5301234568"), accepted_at=START
)
TOLD = {  # total, delivered, undelivered, waiting
    (2, 2, 0, 0): Status.DELIVERED,
    (2, 0, 2, 0): Status.UNDELIVERED,
    (2, 0, 0, 2): Status.WAITING,
    (2, 1, 1, 0): None,
    (2, 1, 0, 1): None,
    (2, 1, 0, 0): None,
    (2, 0, 0, 0): None,
    (3, 3, 0, 0): None,
    (1, 1, 0, 0): None,
    (3, 2, 0, 0): None,
}


def order_of(sums: tuple[int, int, int, int], state: OrderState = OrderState.COMPLETED) -> Order:
    """Make a line of the list."""
    return Order(order_id="1", state=state, counters=Counters(**dict(zip(KEYS, sums, strict=True))))


KEYS = ("total", "delivered", "undelivered", "waiting")


@pytest.mark.parametrize(("sums", "status"), TOLD.items())
def test_sums_tell_only_what_they_leave_open_for_nobody(
    sums: tuple[int, int, int, int], status: Status | None
) -> None:
    """One state for all, and as many as were sent to; else the order is asked for."""
    report = from_sums(RECEIPT, order_of(sums))

    assert (report and {row.status for row in report.deliveries}) == (status and {status})
    assert (report and [row.number for row in report.deliveries]) == (
        status and list(RECEIPT.recipients)
    )


@pytest.mark.parametrize("state", [OrderState.FAILED, OrderState.SENDING])
def test_a_failed_order_is_asked_for(state: OrderState) -> None:
    """Its sums may not count who was never sent to."""
    report = from_sums(RECEIPT, order_of((2, 0, 2, 0), state))

    assert (report is None) == (state is OrderState.FAILED)


def test_where_sums_do_not_tell_only_those_orders_are_asked_for(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """Forty orders, three of them mixed: two pages and three reports."""
    receipts = [backend.send(make()) for _ in range(37)]
    receipts += [backend.send(make("5301234567", f"530123459{end}")) for end in (6, 7, 8)]
    clock.advance(3)

    reports = [report for _receipt, report in look(backend, receipts) if report]

    bodies = [json.loads(one.body) for one in sandbox.requests if "get-report" in one.path]
    assert len([one for one in bodies if "filter" in one["request"]]) == 2
    singles = {one["request"]["order"]["id"] for one in bodies if "order" in one["request"]}
    assert singles == {receipt.order_id for receipt in receipts[-3:]}
    assert [report.status for report in reports[-3:]] == [
        Status.MISSING,
        Status.UNDELIVERED,
        Status.WAITING,
    ]


@pytest.mark.parametrize(("count", "lists"), [(1, 0), (7, 0), (8, 1)])
def test_few_orders_are_asked_for_one_by_one(
    sandbox: Sandbox, backend: ProviderBackend, make: Make, count: int, lists: int
) -> None:
    """A list pays from eight on."""
    receipts = [backend.send(make()) for _ in range(count)]

    assert len(list(look(backend, receipts))) == count

    asked = [one.path for one in sandbox.requests if "get-report" in one.path]
    assert asked.count("/v1/get-reports/json") == lists
    assert asked.count("/v1/get-report/json") == (0 if lists else count)


def test_a_long_list_of_others_orders_is_given_up(
    sandbox: Sandbox, backend: ProviderBackend, make: Make
) -> None:
    """Reading on would take more calls than asking for the eight does."""
    for _ in range(400):
        backend.send(make())
    receipts = [backend.send(make()) for _ in range(8)]

    reports = [report for _receipt, report in look(backend, receipts) if report]

    assert len(reports) == 8
    asked = [one.path for one in sandbox.requests if "get-report" in one.path]
    assert asked.count("/v1/get-reports/json") == 9
    assert asked.count("/v1/get-report/json") == 8
