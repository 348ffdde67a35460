from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import apprise
import pytest

from im_notify.sandbox import Sandbox, Settings
from im_notify_plugins.apprise import register
from im_notify_plugins.apprise.notify import NotifyIletiMerkezi
from im_notify_plugins.apprise.rate import Limiters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StoppedClock:
    """Time that passes only while somebody sleeps; remembers for how long each time."""

    def __init__(self) -> None:
        """Start at a fixed moment."""
        self.at = 1_790_000_000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the moment as wall clock time."""
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        """Return the moment in seconds."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move the moment on."""
        if seconds > 0:
            self.slept.append(seconds)
            self.at += seconds


@pytest.fixture(scope="session", autouse=True)
def _registry() -> None:
    """Load Apprise's own plugins once: what they import may warn, which is not our affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        register()


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that service and sandbox share."""
    return StoppedClock()


@pytest.fixture
def sandbox(clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The provider imitated, on the shared clock; the environment points to it."""
    with Sandbox(Settings(), clock=clock.monotonic) as running:
        monkeypatch.setenv("IM_NOTIFY_BASE_URL", running.base_url)
        yield running


@pytest.fixture
def open_url(clock: StoppedClock) -> Callable[..., NotifyIletiMerkezi]:
    """Open services of the sandbox's account, on the shared clock.

    The first argument is what follows the credentials in the URL; others go to AppriseAsset.
    """
    settings, limiters = Settings(), Limiters()

    def opened(rest: str, **asset: object) -> NotifyIletiMerkezi:
        url = f"iletimerkezi://{settings.key}:{settings.hash}@{rest}"
        service = apprise.Apprise.instantiate(url, asset=apprise.AppriseAsset(**asset))
        assert isinstance(service, NotifyIletiMerkezi)
        service.clock, service.limiters = clock, limiters
        return service

    return opened
