"""A sender that gives its problems no name: their ends are told all the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.serving.conftest import Relay

HOOK = """
[hooks.generic]
token = "hook-token"
to = ["oncall"]
[relay]
recovery = "always"
"""


def placed(relay: Relay, count: int) -> list[str]:
    """Return the texts at the provider once there are so many."""
    give_up = time.monotonic() + 20
    while len(relay.sandbox.ledger) < count:
        assert time.monotonic() < give_up, relay.log
        time.sleep(0.02)
    return [order.text for order in relay.sandbox.ledger]


def test_down_up_and_down_again_are_three_texts(relay: Relay) -> None:
    """Within ten minutes: the end has the id of its beginning, the second problem its own."""
    relay.configure(change=("[relay]", HOOK))
    relay.start()

    for count, status in enumerate(("down", "up", "down"), 1):
        body = {"host": "db1", "message": "Disk full", "status": status}
        relay.session.post(f"{relay.url}/hook/generic?token=hook-token", json=body, timeout=20)
        texts = placed(relay, count)

    assert [text.split()[:2] for text in texts] == [["WRN", "db1"], ["OK", "db1"], ["WRN", "db1"]]
    first, end, again = (text.rpartition("#")[2] for text in texts)
    assert first == end != again
    assert len(set(texts)) == 3
