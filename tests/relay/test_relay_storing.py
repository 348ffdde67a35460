from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from im_notify.hookspecs import hookimpl
from im_notify.models import Status
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from im_notify.models import Receipt
    from tests.relay.conftest import Bench


class FillingUp:
    """A plugin around the send: once, the disk is full when the provider has answered."""

    def __init__(self, disk: AbstractContextManager[None]) -> None:
        """Fill it at the next send."""
        self.disk: Any = disk
        self.full = False

    @hookimpl(wrapper=True)
    def im_notify_send(self) -> Generator[None, Receipt, Receipt]:
        """Place the order, then fill the disk."""
        receipt = yield
        if not self.full:
            self.full = True
            self.disk.__enter__()
        return receipt

    def make_room(self) -> None:
        """End it."""
        self.disk.__exit__(None, None, None)


def test_an_outcome_that_could_not_be_stored_is_cleared_up_later(
    bench: Bench, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """The order was placed, the disk was full: it is unclear, and found again; one SMS."""
    accepted = bench.accept()
    plugin = FillingUp(full_disk())
    bench.plugins.add(plugin, "filling-up")
    bench.engine.send_due()
    bench.engine.settle()
    assert bench.stored(accepted).orders[0].state == "sending"
    with pytest.raises(OutboxError, match="outbox"):
        bench.engine.send_due()
    plugin.make_room()

    bench.run(60)

    lines = [(one.what, one.detail) for one in bench.stored(accepted).timeline]
    assert ("unclear", "its outcome could not be stored") in lines
    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


def test_a_full_disk_sends_nothing(
    bench: Bench, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """What cannot be stored as `sending` does not leave; it leaves when there is room."""
    accepted = bench.accept()
    with full_disk(), pytest.raises(OutboxError):
        bench.engine.send_due()
    assert bench.sandbox.requests == []

    bench.run(10)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1
