"""For the tests of plugins: clock, sandbox, empty host, a backend, and a contract for backends.

Load the fixtures in your `conftest.py`, all of them or by name:

    pytest_plugins = ["im_notify.testing"]
    from im_notify.testing import clock, sandbox
"""
# ruff: noqa: S101  a contract asserts

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from im_notify.config import Config, ProviderConfig
from im_notify.errors import ConfigError, InvalidMessageError, QueryError, SendError
from im_notify.models import Consent, Message, OrderState, Receipt, Status
from im_notify.plugins import Plugins
from im_notify.protocols import Backend
from im_notify.reports import Delivery, Report
from im_notify.sandbox import Sandbox
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from im_notify.clock import Clock
    from im_notify.errors import ImNotifyError

__all__ = [
    "START",
    "BackendContract",
    "FakeBackend",
    "FakeClock",
    "clock",
    "config_for",
    "empty_host",
    "message",
    "plugins",
    "sandbox",
]

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  #: noon in Türkiye, on a Saturday
_MESSAGE = Message(
    text="disk full on db1",
    recipients=("5301234567", "5301234568"),
    sender="APITEST",
    consent=Consent.TRANSACTIONAL,
)


class FakeClock:
    """Time that passes only while somebody sleeps, and at once; `slept` lists for how long."""

    def __init__(self, start: datetime = START) -> None:
        """Stop at `start`, which has a zone."""
        self.slept: list[float] = []
        self._start = start
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the wall clock time."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Return the seconds that passed since the start."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Note the sleep and let its time pass; none or less is not noted."""
        if seconds > 0:
            self.slept.append(seconds)
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass while nobody sleeps."""
        self._passed += seconds


@dataclass(kw_only=True)
class FakeBackend:
    """A backend that keeps its messages in `sent` and delivers them, or raises `error`."""

    name: str = "fake"
    max_recipients: int = 1000
    error: SendError | None = None
    clock: Clock = field(default_factory=FakeClock)
    sent: list[Message] = field(default_factory=list, repr=False)

    def send(self, message: Message) -> Receipt:
        """Keep the message as order 1, 2, 3 …; raises `error` where there is one."""
        if self.error:
            raise self.error
        self.sent.append(message)
        return Receipt(
            order_id=str(len(self.sent)),
            backend=self.name,
            recipients=message.recipients,
            accepted_at=self.clock.now(),
            scheduled_for=message.send_at,
        )

    def report(self, receipt: Receipt) -> Report:
        """Say that everybody has it."""
        rows = tuple(Delivery(number, Status.DELIVERED) for number in receipt.recipients)
        return Report(order_id=receipt.order_id, state=OrderState.COMPLETED, deliveries=rows)


def empty_host() -> Plugins:
    """Return a host without any plugin: `add` yours and call the hooks."""
    return Plugins()


def config_for(sandbox: Sandbox, environ: Mapping[str, str] | None = None) -> Config:
    """Return the configuration of the sandbox's account, to give to `im_notify_backends`."""
    settings = sandbox.settings
    provider = ProviderConfig(
        base_url=sandbox.base_url,
        key=Secret(settings.key),
        hash=Secret(settings.hash),
        sender=settings.senders[0],
        consent=Consent.TRANSACTIONAL,
    )
    return Config(provider=provider, environ=environ or {})


@pytest.fixture
def message() -> Message:
    """A good message to two recipients."""
    return _MESSAGE


@pytest.fixture
def clock() -> FakeClock:
    """A stopped clock."""
    return FakeClock()


@pytest.fixture
def sandbox(clock: FakeClock) -> Iterator[Sandbox]:
    """The provider imitated over real HTTP, whose time is that of the fixture `clock`."""
    with Sandbox(clock=lambda: clock.now().timestamp()) as running:
        yield running


@pytest.fixture
def plugins() -> Plugins:
    """A host without any plugin."""
    return empty_host()


_ODD = {
    "long": replace(_MESSAGE, text="disk full on db1, " * 500),
    "emoji": replace(_MESSAGE, text="\N{FIRE} disk full \N{FIRE}"),
    "control": replace(_MESSAGE, text="disk full\r\non db1\x00"),
    "unknown sender": replace(_MESSAGE, sender="x y.Z"),
    "past": replace(_MESSAGE, send_at=datetime(2020, 1, 1, tzinfo=UTC)),
    "commercial": replace(_MESSAGE, consent=Consent.TACIR),
    "abroad": replace(_MESSAGE, recipients=("+4915112345678",)),
    "no number": replace(_MESSAGE, recipients=("nobody",)),
    "many": replace(_MESSAGE, recipients=tuple(str(5301000000 + one) for one in range(300))),
}


class BackendContract:
    """What a backend owes to the host, as tests to inherit.

    Give the fixture `backend`, and `unreachable` if you can: a backend whose far end is gone.

        class TestPager(BackendContract):
            @pytest.fixture
            def backend(self, sandbox, clock):
                return Pager(sandbox.base_url, clock)
    """

    @pytest.fixture
    def backend(self) -> Backend:
        """The backend under test, able to send; yours overrides this."""
        raise NotImplementedError("a contract's test class gives the fixture `backend`")

    @pytest.fixture
    def unreachable(self, backend: Backend) -> Backend:
        """A backend that cannot reach its far end; the reachable one where you give none."""
        return backend

    @pytest.fixture
    def message(self) -> Message:
        """A message to two recipients that the backend takes; override it for another sender."""
        return _MESSAGE

    def test_it_has_all_that_a_backend_needs(self, backend: Backend) -> None:
        """The host finds a name to choose it by and how many recipients an order takes."""
        assert isinstance(backend, Backend), "name, max_recipients, send or report is missing"
        assert backend.name == backend.name.strip() != "", "the name is empty or has spaces"
        assert backend.max_recipients >= 1, "no order could have a recipient"

    def test_a_receipt_names_what_was_sent(self, backend: Backend, message: Message) -> None:
        """The receipt has an order, this backend's name, all recipients and a time with a zone."""
        receipt = backend.send(message)

        assert receipt.order_id, "the order has no id"
        assert receipt.backend == backend.name, "the receipt is another backend's"
        assert receipt.recipients == message.recipients, "the receipt is for other recipients"
        assert receipt.accepted_at.tzinfo is not None, "the time has no zone"

    def test_a_report_covers_every_recipient(self, backend: Backend, message: Message) -> None:
        """Each recipient has one row, in the message's order, as soon as the order is taken."""
        receipt = backend.send(message)

        report = backend.report(receipt)

        assert report.order_id == receipt.order_id, "the report is another order's"
        assert tuple(row.number for row in report.deliveries) == message.recipients

    def test_an_unknown_order_is_a_query_error(self, backend: Backend, message: Message) -> None:
        """Asking for an order that never was raises QueryError or reports something."""
        receipt = backend.send(message)

        try:
            found: Report | QueryError = backend.report(replace(receipt, order_id="999999999999"))
        except QueryError as error:
            found = error

        assert str(found), "the error does not say what happened"

    @pytest.mark.parametrize("odd", _ODD.values(), ids=_ODD)
    def test_an_odd_message_is_sent_or_refused(self, backend: Backend, odd: Message) -> None:
        """Whatever the message, there is a receipt or an error of im-notify, without the text."""
        outcome = _outcome(backend, odd)

        assert str(outcome), "the error does not say what happened"
        assert odd.text not in str(outcome), "the error shows the text"

    def test_a_far_end_that_is_gone_is_a_send_error(
        self, unreachable: Backend, message: Message
    ) -> None:
        """What the transport raises comes out as SendError, which says what may be done next."""
        outcome = _outcome(unreachable, message)

        assert str(outcome), "the error does not say what happened"
        assert message.text not in str(outcome), "the error shows the text"

    def test_no_repr_shows_the_text(self, backend: Backend, message: Message) -> None:
        """Texts are private: neither the backend nor the receipt prints one."""
        receipt = backend.send(message)

        assert message.text not in repr(backend), "the backend's repr shows the text"
        assert message.text not in repr(receipt), "the receipt's repr shows the text"


def _outcome(backend: Backend, message: Message) -> Receipt | ImNotifyError:
    """Send and return what a backend may answer; any other error fails the test."""
    try:
        return backend.send(message)
    except (SendError, InvalidMessageError, ConfigError) as error:
        return error
