"""A provider that is away for two hours, while alarms keep coming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.models import Status

if TYPE_CHECKING:
    from tests.relay.conftest import Bench

MINUTE = 60.0
EVERY = 10  #: minutes between two alarms


def test_what_is_accepted_in_an_outage_is_delivered_or_told_as_expired(bench: Bench) -> None:
    """Each lives for an hour: the older expire in their time, the younger leave, once each."""
    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    real = client.base_url
    object.__setattr__(client, "base_url", "http://127.0.0.1:9/v1/")
    accepted = []
    for turn in range(12):
        accepted.append(bench.accept(f"alarm {turn}", f"53012345{turn:02}"))
        bench.run(EVERY * MINUTE)
    waiting = [bench.stored(one).status for one in accepted]
    told_meanwhile = list(bench.listener.told)
    object.__setattr__(client, "base_url", real)

    bench.run(5 * MINUTE)

    old, young = accepted[:7], accepted[7:]
    expired = [(one.id, f"53012345{turn:02}", "expired") for turn, one in enumerate(old)]
    arrived = [(one.id, f"53012345{turn:02}", "delivered") for turn, one in enumerate(young, 7)]
    assert waiting == [Status.EXPIRED] * 7 + [Status.WAITING] * 5
    assert told_meanwhile == expired
    assert sorted(bench.listener.told) == sorted(expired + arrived)
    placed = sorted(order.text for order in bench.sandbox.ledger)
    assert placed == sorted(f"alarm {turn}" for turn in range(7, 12))
