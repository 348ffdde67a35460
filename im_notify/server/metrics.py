"""What the doors count, in a registry of their own; labels come from the configuration only."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from im_notify.outbox.figures import UNSENT
from im_notify.server.errors import REASONS

if TYPE_CHECKING:
    from im_notify.outbox.figures import Figures

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

SOURCES = 256  #: whose counters are at hand; those of others take a little longer
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_log = logging.getLogger(__name__)


class Metrics:
    """Counters of one server, and what is measured in the outbox when they are asked for."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register them in `registry`, by default a new one."""
        own = registry or CollectorRegistry()
        self.registry = own
        ProcessCollector(registry=own)
        self._accepted = Counter(
            "im_notify_accepted", "Messages stored, by source", ["source"], registry=own
        )
        self._refused = Counter(
            "im_notify_refused", "Requests not stored, by reason", ["reason"], registry=own
        )
        for reason in REASONS:  # a counter that is there from the start shows its first increase
            self._refused.labels(reason)
        self._seconds = Histogram(
            "im_notify_accept_seconds",
            "From the request to its being on disk",
            buckets=_SECONDS,
            registry=own,
        )
        self._measured = _Measured(own)
        self._counter_of = lru_cache(SOURCES)(self._accepted.labels)

    def accepted(self, source: str, count: int, *, seconds: float) -> None:
        """Note that a door stored `count` messages."""
        _log.debug("accepted", extra={"source": source, "count": count})
        self._counter_of(source).inc(count)
        self._seconds.observe(seconds)

    def refused(self, reason: str) -> None:
        """Note that a request was not stored; `reason` is one of a few words."""
        self._refused.labels(reason).inc()

    def text(self, figures: Figures) -> bytes:
        """Write all figures, those of the outbox as they are now."""
        self._measured.set(figures)
        return generate_latest(self.registry)


class _Measured:
    def __init__(self, own: CollectorRegistry) -> None:
        self._messages = Gauge(
            "im_notify_messages", "Orders that are not done, by state", ["state"], registry=own
        )
        self._depth = Gauge("im_notify_queue_depth", "Orders not sent yet", registry=own)
        self._oldest = Gauge(
            "im_notify_queue_oldest_seconds", "How long the oldest has waited", registry=own
        )
        self._lag = Gauge(
            "im_notify_report_lag_seconds", "How overdue the latest report is", registry=own
        )
        self._held = Gauge(
            "im_notify_storm_held", "Alerts held back now, by reason", ["reason"], registry=own
        )

    def set(self, figures: Figures) -> None:
        self._held.clear()
        for state, count in figures.states.items():
            self._messages.labels(state).set(count)
        for reason, count in figures.held.items():
            self._held.labels(reason).set(count)
        self._depth.set(sum(figures.states.get(state, 0) for state in UNSENT))
        self._oldest.set(figures.oldest)
        self._lag.set(figures.late)
