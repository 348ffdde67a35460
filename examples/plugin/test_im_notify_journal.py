"""The journal in a host without other plugins: no account, no network, no waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import im_notify_journal
import pytest

from im_notify import NotSentError
from im_notify.testing import FakeBackend

if TYPE_CHECKING:
    from pathlib import Path

    from im_notify import Message
    from im_notify.plugins import Plugins


def test_all_that_becomes_of_an_order_is_noted(
    plugins: Plugins, message: Message, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a line for the order, for its delivery and for the order that failed."""
    monkeypatch.setenv("IM_NOTIFY_JOURNAL", str(tmp_path / "journal"))
    plugins.add(im_notify_journal, "journal")
    backend = FakeBackend()
    broken = FakeBackend(error=NotSentError("no connection", backend="fake"))

    receipt = plugins.send(backend, message)
    plugins.report(backend.report(receipt), message)
    with pytest.raises(NotSentError):
        plugins.send(broken, message)

    assert (tmp_path / "journal").read_text("utf-8").splitlines() == [
        "order 1 to 2 accepted",
        "order 1 delivered",
        "order to 2 failed: NotSentError",
    ]
