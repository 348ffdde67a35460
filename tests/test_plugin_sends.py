from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify import (
    Message,
    NotSentError,
    Receipt,
    RejectedError,
    SendError,
    UnknownOutcomeError,
    hookimpl,
)
from im_notify.testing import START, FakeBackend, FakeClock

if TYPE_CHECKING:
    from collections.abc import Generator

    from im_notify.clock import Clock
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend


class Metrics:
    """Counts how sends end and how long they take, by a clock."""

    def __init__(self, clock: Clock) -> None:
        """Start at nothing."""
        self.clock = clock
        self.counts: dict[str, int] = {}
        self.seconds: list[float] = []

    @hookimpl(wrapper=True)
    def im_notify_send(self, backend: Backend) -> Generator[None, Receipt, Receipt]:
        """Measure what is inside, whatever comes of it."""
        started, end = self.clock.monotonic(), f"{backend.name} accepted"
        try:
            return (yield)
        except SendError as error:
            end = f"{error.backend} {type(error).__name__}"
            raise
        finally:
            self.seconds.append(self.clock.monotonic() - started)
            self.counts[end] = self.counts.get(end, 0) + 1


class DryRun:
    """Answers in the place of the backend, so that nothing is sent."""

    @hookimpl(tryfirst=True)
    def im_notify_send(self, backend: Backend, message: Message) -> Receipt:
        """Give a receipt that says what it is."""
        return Receipt(
            order_id="dry-run",
            backend=backend.name,
            recipients=message.recipients,
            accepted_at=START,
        )


class QuietHours:
    """Refuses what is sent between ten at night and seven in the morning."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock."""
        self.clock = clock

    @hookimpl(wrapper=True)
    def im_notify_send(self, backend: Backend) -> Generator[None, Receipt, Receipt]:
        """Raise before anything is sent, or stand aside."""
        if not 7 <= self.clock.now().hour < 22:
            raise RejectedError("quiet hours until 07:00", backend=backend.name)
        return (yield)


class SlowBackend(FakeBackend):
    """Takes two seconds."""

    def send(self, message: Message) -> Receipt:
        """Sleep, then send."""
        self.clock.sleep(2)
        return super().send(message)


def test_a_metrics_wrapper_sees_every_send(
    plugins: Plugins, message: Message, clock: FakeClock
) -> None:
    """It measures the backend's time and counts receipts and errors, which pass unchanged."""
    metrics = Metrics(clock)
    plugins.add(metrics, "metrics")
    failure = UnknownOutcomeError("no answer", backend="fake")

    receipt = plugins.send(SlowBackend(clock=clock), message)
    with pytest.raises(UnknownOutcomeError) as raised:
        plugins.send(FakeBackend(error=failure), message)

    assert receipt.order_id == "1"
    assert raised.value is failure
    assert metrics.counts == {"fake accepted": 1, "fake UnknownOutcomeError": 1}
    assert metrics.seconds == [2, 0]


def test_a_dry_run_sends_nothing(plugins: Plugins, message: Message) -> None:
    """The first receipt ends the call before the backend is asked."""
    plugins.add(DryRun(), "dry-run")
    backend = FakeBackend()

    receipt = plugins.send(backend, message)

    assert (receipt.order_id, receipt.recipients) == ("dry-run", message.recipients)
    assert backend.sent == []


@pytest.mark.parametrize(("hour", "quiet"), [(6, True), (7, False), (21, False), (22, True)])
def test_quiet_hours_refuse_before_anything_is_sent(
    plugins: Plugins, message: Message, hour: int, *, quiet: bool
) -> None:
    """The caller gets the plugin's own error, and the backend was not asked."""
    plugins.add(QuietHours(FakeClock(START.replace(hour=hour))), "quiet")
    backend = FakeBackend()

    errors: list[str] = []
    try:
        plugins.send(backend, message)
    except RejectedError as error:
        errors.append(str(error))

    assert errors == (["quiet hours until 07:00"] if quiet else [])
    assert len(backend.sent) == (0 if quiet else 1)


def test_the_three_of_them_work_together(
    plugins: Plugins, message: Message, clock: FakeClock
) -> None:
    """A wrapper is around whatever answers inside, a dry run too."""
    metrics, backend = Metrics(clock), FakeBackend()
    for plugin in (metrics, DryRun(), QuietHours(clock)):
        plugins.add(plugin, type(plugin).__name__)

    plugins.send(backend, message)

    assert metrics.counts == {"fake accepted": 1}
    assert backend.sent == []


def test_the_old_style_of_wrappers_works(plugins: Plugins, message: Message) -> None:
    """What was written for older hosts wraps the send as well."""
    seen: list[str] = []

    class Old:
        @hookimpl(hookwrapper=True)
        def im_notify_send(self) -> Generator[None, object, None]:
            seen.append("before")
            yield
            seen.append("after")

    plugins.add(Old(), "old")
    plugins.send(FakeBackend(), message)

    assert seen == ["before", "after"]


@pytest.mark.parametrize("kind", [RejectedError, NotSentError, UnknownOutcomeError])
def test_errors_of_a_send_are_never_swallowed(
    plugins: Plugins, message: Message, kind: type[SendError]
) -> None:
    """Acting is not isolated: the caller must learn what may be done next."""
    error = kind("no", backend="fake")

    with pytest.raises(kind) as raised:
        plugins.send(FakeBackend(error=error), message)

    assert raised.value is error


class Broken:
    """Fails after the backend took the message, as any plugin may."""

    @hookimpl(wrapper=True)
    def im_notify_send(self) -> Generator[None, Receipt, Receipt]:
        """Let it be sent, then fail."""
        yield
        raise KeyError("a fault of a stranger")


def test_a_wrapper_that_fails_leaves_the_outcome_unknown(
    plugins: Plugins, message: Message
) -> None:
    """The order may be placed: the caller must look it up, not send it again."""
    plugins.add(Broken(), "broken")
    backend = FakeBackend()

    with pytest.raises(UnknownOutcomeError, match="KeyError"):
        plugins.send(backend, message)

    assert len(backend.sent) == 1
