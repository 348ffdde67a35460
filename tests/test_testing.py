from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from im_notify.errors import NotSentError
from im_notify.testing import START, BackendContract, FakeBackend, FakeClock, config_for

if TYPE_CHECKING:
    from im_notify.models import Message, Receipt
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend
    from im_notify.sandbox import Sandbox


class TestFakeBackend(BackendContract):
    """The kit's own backend keeps the kit's contract."""

    @pytest.fixture
    def backend(self) -> Backend:
        """One that sends."""
        return FakeBackend()

    @pytest.fixture
    def unreachable(self) -> Backend:
        """One that cannot."""
        return FakeBackend(error=NotSentError("no connection", backend="fake"))


class LosingBackend(FakeBackend):
    """Sends to the first recipient only."""

    def send(self, message: Message) -> Receipt:
        """Return a receipt for one."""
        return super().send(replace(message, recipients=message.recipients[:1]))


class CrashingBackend(FakeBackend):
    """Lets an error of its transport through."""

    def send(self, message: Message) -> Receipt:
        """Raise what no caller knows."""
        raise ConnectionResetError(len(message.recipients))


def test_a_backend_that_loses_a_recipient_fails_the_contract(message: Message) -> None:
    """The contract is no formality: neither receipt nor report may leave anybody out."""
    contract, losing = BackendContract(), LosingBackend()

    with pytest.raises(AssertionError, match="other recipients"):
        contract.test_a_receipt_names_what_was_sent(losing, message)
    with pytest.raises(AssertionError):
        contract.test_a_report_covers_every_recipient(losing, message)


def test_a_backend_that_raises_a_foreign_error_fails_the_contract(message: Message) -> None:
    """What is not one of im-notify's errors comes through and fails the test."""
    with pytest.raises(ConnectionResetError):
        BackendContract().test_a_far_end_that_is_gone_is_a_send_error(CrashingBackend(), message)


def test_the_clock_moves_only_when_it_is_told_to() -> None:
    """A sleep is noted and its time passes on both hands; advancing is no sleep."""
    clock = FakeClock()

    clock.sleep(1.5)
    clock.sleep(0)
    clock.advance(60)

    assert clock.slept == [1.5]
    assert clock.monotonic() == 61.5
    assert clock.now() == START + timedelta(seconds=61.5)


def test_the_sandbox_shares_the_clock(sandbox: Sandbox, clock: FakeClock) -> None:
    """Who sleeps on the clock moves the sandbox's time, so that nothing has to wait."""
    before = sandbox.now()

    clock.sleep(600)

    assert sandbox.now() == before + 600


def test_the_configuration_opens_the_sandbox(sandbox: Sandbox) -> None:
    """Address, credentials and sender are the sandbox's, and a plugin's own variables are kept."""
    config = config_for(sandbox, {"PAGER_TOKEN": "1"})

    provider = config.provider
    assert provider.base_url == sandbox.base_url
    assert provider.key is not None
    assert provider.key.reveal() == sandbox.settings.key
    assert provider.sender in sandbox.settings.senders
    assert config.environ == {"PAGER_TOKEN": "1"}


def test_the_empty_host_has_no_plugin_and_still_sends(plugins: Plugins, message: Message) -> None:
    """Nothing is listed, and a send reaches the backend."""
    backend = FakeBackend()

    receipt = plugins.send(backend, message)

    assert plugins.infos() == []
    assert receipt.order_id == "1"
    assert backend.sent == [message]
