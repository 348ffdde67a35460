"""A backend at a sandbox on a fake clock, and orders placed through it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Consent, Message
from im_notify.sandbox import Sandbox, Settings
from im_notify.testing import FakeClock, config_for
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from im_notify_plugins.iletimerkezi.backends import ProviderBackend


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's proxies out."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def clock() -> FakeClock:
    """Give a stopped clock."""
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with chosen settings, on the fake clock."""
    with ExitStack() as stack:

        def begin(**settings: Any) -> Sandbox:
            sandbox = Sandbox(Settings(**settings), clock=lambda: clock.now().timestamp())
            return stack.enter_context(sandbox)

        yield begin


@pytest.fixture
def sandbox(start: Callable[..., Sandbox]) -> Sandbox:
    """Give a sandbox as the live API is."""
    return start()


@pytest.fixture
def open_backend(clock: FakeClock) -> Callable[[Sandbox], ProviderBackend]:
    """Open the account of a sandbox."""
    return lambda sandbox: backends(config_for(sandbox), clock)[0]


@pytest.fixture
def backend(
    sandbox: Sandbox, open_backend: Callable[[Sandbox], ProviderBackend]
) -> ProviderBackend:
    """Give the way by JSON to the sandbox."""
    return open_backend(sandbox)


@pytest.fixture
def make() -> Callable[..., Message]:
    """Make a message with a text of its own."""
    count = 0

    def made(*recipients: str, **changes: Any) -> Message:
        nonlocal count
        count += 1
        fields: dict[str, Any] = {
            "text": f"alarm {count}",
            "recipients": recipients or ("5301234567",),
            "sender": "APITEST",
            "consent": Consent.TRANSACTIONAL,
        }
        return Message(**{**fields, **changes})

    return made
