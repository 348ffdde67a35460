"""A plugin of pytest (`-p registered`): our class in the registry of Apprise's own test session.

Their conftest empties the registry before each test, so ours comes in after that.
"""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _registered(no_throttling_everywhere: None) -> None:
    from im_notify_plugins.apprise import register

    del no_throttling_everywhere
    assert register() == "im_notify_plugins.apprise.notify.NotifyIletiMerkezi"
