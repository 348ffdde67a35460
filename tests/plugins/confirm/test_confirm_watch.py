from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import im_notify_plugins.confirm
from im_notify.errors import QueryError
from im_notify.hookspecs import hookimpl
from im_notify.models import OrderState, Status
from im_notify.sending import Outcome, confirm
from im_notify.testing import START, empty_host
from im_notify_plugins.confirm.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.models import Message
    from im_notify.reports import Report
    from im_notify.sandbox import Sandbox
    from im_notify.testing import FakeClock
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Make = Callable[..., Message]

HOUR = timedelta(hours=1)
DELIVERED, UNREACHED, WAITING, MISSING = "5301234567", "5301234597", "5301234598", "5301234596"


def looks(sandbox: Sandbox, path: str = "get-report/") -> list[float]:
    """List when reports were asked for, in seconds since the start."""
    return [one.at - START.timestamp() for one in sandbox.requests if path in one.path]


def test_an_order_is_followed_to_its_end(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """One report, when it is delivered; nothing is asked before three seconds."""
    receipt = backend.send(make())

    reports = list(watch(backend, [receipt], clock=clock, until=START + HOUR))

    assert [report.status for report in reports] == [Status.DELIVERED]
    assert reports[0].final
    assert looks(sandbox) == [3.0]


def test_each_change_is_told_once(
    start: Callable[..., Sandbox],
    open_backend: Callable[[Sandbox], ProviderBackend],
    clock: FakeClock,
    make: Make,
) -> None:
    """However often it is looked at, waiting is told once, and so is the end."""
    sandbox = start(delivery_seconds=600)
    backend = open_backend(sandbox)
    receipt = backend.send(make(DELIVERED, UNREACHED, MISSING))

    reports = list(watch(backend, [receipt], clock=clock, until=START + HOUR))

    rows = [[row.status for row in report.deliveries] for report in reports]
    assert rows == [
        [Status.WAITING, Status.WAITING, Status.MISSING],
        [Status.DELIVERED, Status.UNDELIVERED, Status.MISSING],
    ]
    assert len(looks(sandbox)) > 10


def test_looks_are_further_and_further_apart(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """Who waits for two days is asked for some hundred times, the last time at the end."""
    receipt = backend.send(make(WAITING))

    list(watch(backend, [receipt], clock=clock, until=START + 48 * HOUR))

    asked = looks(sandbox)
    gaps = [later - earlier for earlier, later in pairwise(asked)][:-1]
    assert asked[0] == 3.0
    assert asked[-1] == pytest.approx(48 * 3600)
    assert all(later > earlier * 0.8 for earlier, later in pairwise(gaps))
    assert max(gaps) <= 1800 * 1.1 + 1
    assert len(asked) < 130


@pytest.mark.parametrize("hours", [0.01, 1, 48, 72])
def test_the_end_is_as_configured(
    *,
    sandbox: Sandbox,
    backend: ProviderBackend,
    clock: FakeClock,
    make: Make,
    hours: float,
) -> None:
    """Neither earlier nor later, also where it is longer than two days."""
    receipt = backend.send(make(WAITING))

    reports = list(watch(backend, [receipt], clock=clock, until=START + hours * HOUR))

    assert [report.status for report in reports] == [Status.WAITING]
    assert looks(sandbox)[-1] == pytest.approx(hours * 3600)


def test_a_scheduled_order_starts_at_its_time(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """Nothing is asked until three seconds after it."""
    receipt = backend.send(make(send_at=START + 5 * HOUR))

    reports = list(watch(backend, [receipt], clock=clock, until=START + 48 * HOUR))

    assert [report.status for report in reports] == [Status.DELIVERED]
    assert looks(sandbox) == [5 * 3600 + 3.0]


def test_an_order_that_is_due_after_the_end_is_scheduled(
    backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """It is looked at once, at the end."""
    receipt = backend.send(make(send_at=START + 5 * HOUR))

    (report,) = watch(backend, [receipt], clock=clock, until=START + HOUR)

    assert (report.state, report.status) == (OrderState.SCHEDULED, Status.SCHEDULED)


def test_an_outage_is_waited_out(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """Twenty lost answers delay the report and end nothing."""
    receipt = backend.send(make())
    sandbox.fault("503", path="get-report", count=20)

    reports = list(watch(backend, [receipt], clock=clock, until=START + HOUR))

    assert [report.status for report in reports] == [Status.DELIVERED]


def test_an_outage_is_waited_out_for_many(
    sandbox: Sandbox, backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """The list of orders may fail as well."""
    receipts = [backend.send(make()) for _ in range(10)]
    sandbox.fault("503", path="get-report", count=50)

    reports = list(watch(backend, receipts, clock=clock, until=START + 48 * HOUR))

    assert {report.order_id for report in reports} == {one.order_id for one in receipts}
    assert all(report.final for report in reports)


def test_an_unknown_order_is_looked_for_until_the_end(
    start: Callable[..., Sandbox],
    open_backend: Callable[[Sandbox], ProviderBackend],
    clock: FakeClock,
    make: Make,
) -> None:
    """Another's order or a removed one has no report, and disturbs no other."""
    backend, other = open_backend(start()), open_backend(start())
    known, strange = backend.send(make()), None
    for _ in range(5):
        strange = other.send(make())
    assert strange is not None

    reports = list(watch(backend, [strange, known], clock=clock, until=START + HOUR))

    assert [report.order_id for report in reports] == [known.order_id]
    assert clock.now() >= START + HOUR


@pytest.mark.parametrize("count", [1, 10])
def test_a_refusal_ends_the_watch(
    *,
    start: Callable[..., Sandbox],
    open_backend: Callable[[Sandbox], ProviderBackend],
    clock: FakeClock,
    make: Make,
    count: int,
) -> None:
    """401 does not get better by asking two days long."""
    backend, shut = open_backend(start()), open_backend(start(api_access=False))
    receipts = [backend.send(make()) for _ in range(count)]

    with pytest.raises(QueryError) as caught:
        list(watch(shut, receipts, clock=clock, until=START + HOUR))

    assert caught.value.code == 401


def test_nothing_to_watch_ends_at_once(backend: ProviderBackend, clock: FakeClock) -> None:
    """No order, no sleep."""
    assert list(watch(backend, [], clock=clock, until=START + HOUR)) == []
    assert clock.slept == []


@pytest.mark.parametrize(("count", "pages"), [(8, 1), (30, 1), (31, 2), (90, 3)])
def test_many_orders_take_a_call_for_thirty(
    *,
    sandbox: Sandbox,
    backend: ProviderBackend,
    clock: FakeClock,
    make: Make,
    count: int,
    pages: int,
) -> None:
    """Where the sums say it all, no order is asked for on its own."""
    receipts = [backend.send(make()) for _ in range(count)]

    reports = list(watch(backend, receipts, clock=clock, until=START + HOUR))

    assert len(reports) == count
    assert all(report.status is Status.DELIVERED for report in reports)
    assert (len(looks(sandbox, "get-reports/")), len(looks(sandbox))) == (pages, 0)


def test_many_waiting_orders_stay_cheap(
    start: Callable[..., Sandbox],
    open_backend: Callable[[Sandbox], ProviderBackend],
    clock: FakeClock,
    make: Make,
) -> None:
    """Sixty orders watched for ten minutes stay together: two calls a look and no other."""
    sandbox = start(delivery_seconds=590)
    backend = open_backend(sandbox)
    receipts = [backend.send(make()) for _ in range(60)]

    reports = list(watch(backend, receipts, clock=clock, until=START + HOUR))

    ends = [report for report in reports if report.status is Status.DELIVERED]
    assert len(ends) == 60
    assert looks(sandbox) == []
    assert len(looks(sandbox, "get-reports/")) <= 2 * 15


class _Told:
    """A plugin that keeps what it is told."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.heard: list[tuple[Report, Message | None]] = []

    @hookimpl
    def im_notify_report(self, report: Report, message: Message | None) -> None:
        """Keep the report and its message."""
        self.heard.append((report, message))


def test_the_report_hook_hears_each_change_with_its_message(
    backend: ProviderBackend, clock: FakeClock, make: Make
) -> None:
    """Before the caller sees the report; a plugin that raises disturbs nobody."""
    told, messages = _Told(), [make(DELIVERED, UNREACHED), make()]
    plugins = empty_host()
    plugins.add(im_notify_plugins.confirm, "confirm")
    plugins.add(_Raising(), "raising")
    plugins.add(told, "told")
    outcomes = [Outcome(message=one, receipt=backend.send(one)) for one in messages]
    outcomes.append(Outcome(message=make()))

    seen = []
    for report in confirm(plugins, backend, outcomes, clock=clock, until=START + HOUR):
        seen.append(report)
        assert [heard for heard, _ in told.heard] == seen

    assert {one.order_id for one in seen} == {
        one.receipt.order_id for one in outcomes if one.receipt
    }
    assert [message for _, message in told.heard] == messages


class _Raising:
    """A plugin that fails whenever it is told."""

    @hookimpl
    def im_notify_report(self) -> None:
        """Fail."""
        raise RuntimeError("broken")
