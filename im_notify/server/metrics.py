"""What the doors count, in a registry of their own; labels come from the configuration only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTENT_TYPE_LATEST", "Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one server."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """Register them in `registry`, by default a new one."""
        own = registry or CollectorRegistry()
        self.registry = own
        self._accepted = Counter(
            "im_notify_accepted", "Messages stored, by door", ["source"], registry=own
        )
        self._refused = Counter(
            "im_notify_refused", "Requests not stored, by reason", ["reason"], registry=own
        )
        self._seconds = Histogram(
            "im_notify_accept_seconds",
            "From the request to its being on disk",
            buckets=_SECONDS,
            registry=own,
        )
        self._messages = Gauge(
            "im_notify_messages", "Messages in the outbox, by state", ["state"], registry=own
        )

    def accepted(self, source: str, count: int, *, seconds: float) -> None:
        """Note that a door stored `count` messages."""
        self._accepted.labels(source).inc(count)
        self._seconds.observe(seconds)

    def refused(self, reason: str) -> None:
        """Note that a request was not stored; `reason` is one of a few words."""
        self._refused.labels(reason).inc()

    def text(self, depth: Mapping[str, int]) -> bytes:
        """Write all figures, with the states of the outbox as they are now."""
        self._messages.clear()
        for state, count in depth.items():
            self._messages.labels(state).set(count)
        return generate_latest(self.registry)
