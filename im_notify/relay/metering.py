"""What the sending half of the relay counts: texts, how they ended, and what the provider took.

Labels are names of the configuration, words of ours and three-digit codes, so that no request
can make new ones.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from math import isfinite
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

from im_notify.models import Status

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from im_notify.clock import Clock
    from im_notify.relay.pausing import Pause

HOUR = 3600.0
MOST = 10_000  #: messages whose end is remembered, since a change may be told twice
_STEP = 60.0  #: seconds that are counted together
_WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
_ANSWERS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CODES = range(100, 1000)


class Meter:
    """Counters that live as long as the process, whatever becomes of the configuration."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        """Register them in `registry`; `clock` tells what was within the last hour."""
        self._recent = _Recent(clock)
        self._how: OrderedDict[str, Status] = OrderedDict()
        self._sent = Counter(
            "im_notify_sent", "Orders placed, by source", ["source"], registry=registry
        )
        self._parts = Counter(
            "im_notify_parts", "SMS parts placed, by source", ["source"], registry=registry
        )
        what = "Messages that ended, by door and how"
        self._ended = Counter(
            "im_notify_messages_ended", what, ["source", "status"], registry=registry
        )
        what = "From accepting a message to the provider taking it"
        self._to_send = Histogram(
            "im_notify_accept_to_send_seconds", what, buckets=_WAITS, registry=registry
        )
        what = "From accepting a message to hearing that all phones have it"
        self._to_delivered = Histogram(
            "im_notify_accept_to_delivered_seconds", what, buckets=_WAITS, registry=registry
        )
        what = "Share of the messages ended within an hour that were not delivered"
        Gauge("im_notify_undelivered_ratio", what, registry=registry).set_function(
            self._recent.ratio
        )
        self._provider = _Provider(registry)
        what = "Whether sending stands still because the provider refuses the account"
        self._paused = Gauge("im_notify_paused", what, registry=registry)
        what = "Alerts held back that will not be texted, by reason"
        self._dropped = Counter("im_notify_storm_dropped", what, ["reason"], registry=registry)

    def placed(self, source: str, parts: int, *, waited: float) -> None:
        """Count an order of `parts` SMS in all, which `waited` for so many seconds."""
        self._sent.labels(source).inc()
        self._parts.labels(source).inc(parts)
        self._to_send.observe(max(0.0, waited))

    def before(self, name: str, status: Status) -> Status | None:
        """Return how a message was known to have ended until now, and remember `status`.

        None is its first end, the only one that is to be counted: one that is corrected, such as
        `unknown` by a push two days later, is no second. That is known for the latest 10,000
        messages, as long as the process lives.
        """
        before = self._how.get(name)
        self._how[name] = status
        if len(self._how) > MOST:
            self._how.popitem(last=False)
        return before

    def ended(self, source: str, status: Status, *, waited: float) -> None:
        """Count the end of a message that was accepted `waited` seconds ago."""
        delivered = status is Status.DELIVERED
        self._ended.labels(source, status.value).inc()
        self._recent.add(delivered=delivered)
        if delivered:
            self._to_delivered.observe(max(0.0, waited))

    def asked(self, operation: str, seconds: float, code: int | None) -> None:
        """Count a call of the backend; `code` is the provider's or, without one, that of HTTP."""
        self._provider.asked(operation, seconds, code)

    def credit(self, left: str) -> None:
        """Note how many messages the account can pay for."""
        self._provider.credit(left)

    def dropped(self, reason: str, count: int) -> None:
        """Count alerts that are given up."""
        self._dropped.labels(reason).inc(count)

    def watch(self, pause: Pause) -> None:
        """Tell from now on whether this one stands still."""
        self._paused.set_function(lambda: float(pause.trouble is not None))


class _Provider:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "im_notify_provider_seconds",
            "Calls of the provider, sends with the wait for the account's rate",
            ["operation"],
            buckets=_ANSWERS,
            registry=registry,
        )
        self._codes = Counter(
            "im_notify_provider_answers",
            "What the provider answered; code none where nothing came",
            ["operation", "code"],
            registry=registry,
        )
        self._credit = Gauge(
            "im_notify_credit", "Messages the account can pay for", registry=registry
        )
        self._credit.set(float("nan"))  # nobody asked yet

    def asked(self, operation: str, seconds: float, code: int | None) -> None:
        shown = "none" if code is None else str(code) if code in _CODES else "other"
        self._seconds.labels(operation).observe(seconds)
        self._codes.labels(operation, shown).inc()

    def credit(self, left: str) -> None:
        try:
            found = float(left)
        except ValueError:
            return
        if isfinite(found):
            self._credit.set(found)


class _Recent:
    """How messages ended within the last hour, by minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: deque[tuple[float, int, int]] = deque()

    def add(self, *, delivered: bool) -> None:
        now = self._clock.monotonic()
        at, ended, failed = self._minutes.pop() if self._minutes else (now, 0, 0)
        if now - at >= _STEP:
            self._minutes.append((at, ended, failed))
            at, ended, failed = now, 0, 0
        self._minutes.append((at, ended + 1, failed + (not delivered)))
        self._forget(now)

    def ratio(self) -> float:
        self._forget(self._clock.monotonic())
        minutes = list(self._minutes)
        ended = sum(one[1] for one in minutes)
        return sum(one[2] for one in minutes) / ended if ended else 0.0

    def _forget(self, now: float) -> None:
        while self._minutes and now - self._minutes[0][0] >= HOUR:
            self._minutes.popleft()
