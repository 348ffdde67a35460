from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from im_notify.config import Config, ProviderConfig
from im_notify.secret import Secret
from im_notify.testing import BackendContract, config_for
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from im_notify.protocols import Backend
    from im_notify.sandbox import Sandbox
    from im_notify.testing import FakeClock

NOBODY_LISTENS = "http://127.0.0.1:9/v1/"


def _backend(name: str, config: Config, clock: FakeClock) -> Backend:
    return next(one for one in backends(config, clock) if one.name == name)


def _unreachable() -> Config:
    provider = ProviderConfig(base_url=NOBODY_LISTENS, key=Secret("key"), hash=Secret("hash"))
    return Config(provider=provider)


class TestJson(BackendContract):
    """The backend `json` keeps the contract that every author is given."""

    @pytest.fixture
    def backend(self, sandbox: Sandbox, clock: FakeClock) -> Backend:
        """Send to the sandbox."""
        return _backend("json", config_for(sandbox), clock)

    @pytest.fixture
    def unreachable(self, clock: FakeClock) -> Backend:
        """Send to where nobody listens."""
        return _backend("json", _unreachable(), clock)


class TestGet(BackendContract):
    """The backend `get` keeps it, too."""

    @pytest.fixture
    def backend(self, sandbox: Sandbox, clock: FakeClock) -> Backend:
        """Send to the sandbox."""
        return _backend("get", config_for(sandbox), clock)

    @pytest.fixture
    def unreachable(self, clock: FakeClock) -> Backend:
        """Send to where nobody listens."""
        return _backend("get", _unreachable(), clock)
