from __future__ import annotations

from threading import Lock, Thread

from hypothesis import given
from hypothesis import strategies as st

from im_notify.testing import FakeClock
from im_notify_plugins.iletimerkezi.limiter import RateLimiter

STEPS = st.lists(
    st.tuples(st.floats(0, 30), st.integers(1, 1000)), min_size=1, max_size=40
)  #: pause before an order, its recipients


@given(steps=STEPS, rate=st.floats(0.5, 1000))
def test_no_window_holds_more_than_the_rate(steps: list[tuple[float, int]], rate: float) -> None:
    """In any window: rate times window, and the order that ends it."""
    clock = FakeClock()
    limiter = RateLimiter(rate, clock)
    left: list[tuple[float, int]] = []

    for pause, recipients in steps:
        clock.advance(pause)
        limiter.acquire(recipients)
        left.append((clock.monotonic(), recipients))

    for first in range(len(left)):
        for last in range(first, len(left)):
            window = left[last][0] - left[first][0]
            before_last = sum(recipients for _, recipients in left[first:last])
            assert before_last <= rate * (window + 1e-6) * (1 + 1e-9) + 1e-6


@given(steps=STEPS)
def test_nobody_waits_longer_than_the_debt(steps: list[tuple[float, int]]) -> None:
    """All orders before, divided by the rate, is the longest wait: nothing is starved."""
    clock = FakeClock()
    limiter = RateLimiter(90, clock)
    debt = 0

    for pause, recipients in steps:
        clock.advance(pause)
        began = clock.monotonic()
        limiter.acquire(recipients)
        assert clock.monotonic() - began <= debt / 90 + 1e-6
        debt += recipients


def test_orders_leave_evenly_from_the_first_on() -> None:
    """An idle account sends one at once, then one each ninetieth second."""
    clock = FakeClock()
    limiter = RateLimiter(90, clock)

    for _ in range(91):
        limiter.acquire(1)

    assert abs(sum(clock.slept) - 1) < 1e-6


def test_idle_time_is_not_saved_up() -> None:
    """An hour of silence allows no burst."""
    clock = FakeClock()
    limiter = RateLimiter(90, clock)
    clock.advance(3600)

    for _ in range(3):
        limiter.acquire(90)

    assert abs(sum(clock.slept) - 2) < 1e-6


def test_recipients_count_and_not_orders() -> None:
    """An order of a thousand is paid off before the next one leaves."""
    clock = FakeClock()
    limiter = RateLimiter(90, clock)

    limiter.acquire(1000)
    limiter.acquire(1)

    assert abs(sum(clock.slept) - 1000 / 90) < 1e-6


class _Threads(FakeClock):
    """A clock that stands still and notes for how long threads would sleep."""

    def __init__(self) -> None:
        """Start with a lock."""
        super().__init__()
        self._lock = Lock()

    def sleep(self, seconds: float) -> None:
        """Note the sleep only."""
        with self._lock:
            self.slept.append(seconds)


def test_threads_share_one_rate() -> None:
    """Eight threads get eight different turns, ninety recipients each."""
    clock = _Threads()
    limiter = RateLimiter(90, clock)
    threads = [Thread(target=limiter.acquire, args=(90,)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [round(slept, 6) for slept in sorted(clock.slept)] == [0, 1, 2, 3, 4, 5, 6, 7]
