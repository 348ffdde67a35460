"""What the host asks of objects that plugins hand over.

A backend must offer `Backend`; the other protocols about backends are abilities that it may have,
found with `isinstance`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from im_notify.alerts import Alert
    from im_notify.app import App
    from im_notify.models import Message, Receipt, Status
    from im_notify.reports import Account, Delivery, Order, Report


@runtime_checkable
class Backend(Protocol):
    """A way to send: one message is one order of at most `max_recipients` recipients."""

    @property
    def name(self) -> str:
        """Return the name that people choose it by."""

    @property
    def max_recipients(self) -> int:
        """Return how many recipients one order may have."""

    def send(self, message: Message) -> Receipt:
        """Place one order. Raises SendError, by what the caller may do next, and nothing else.

        What is wrong before any request is made, a ConfigError or an InvalidMessageError.
        """

    def report(self, receipt: Receipt) -> Report:
        """Return where every recipient of `receipt` stands. Raises QueryError."""


@runtime_checkable
class PagedReports(Protocol):
    """A backend that reads long reports page by page, without holding more than one."""

    def report_pages(self, order_id: str) -> Iterator[Report]:
        """Yield each page as it is read. Raises QueryError."""


@runtime_checkable
class ListedOrders(Protocol):
    """A backend that lists past orders."""

    def orders(self, since: datetime, until: datetime) -> Iterator[Order]:
        """Yield the orders of the days from `since` to `until`, lazily. Raises QueryError."""


@runtime_checkable
class Cancelling(Protocol):
    """A backend that takes back what is scheduled."""

    def cancel(self, order_id: str) -> None:
        """Cancel a scheduled order. Raises NotFoundError when it is unknown or has left."""


@runtime_checkable
class Ready(Protocol):
    """A backend or source that can say at the start what it lacks, without asking anybody."""

    def ready(self) -> None:
        """Return if it could do its work. Raises ConfigError that says what is missing."""


@runtime_checkable
class Checkable(Protocol):
    """A backend that can prove its credentials without sending."""

    def check(self) -> Account:
        """Ask for balance and senders. Raises QueryError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came in over HTTP for a source; header names are lower case."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@runtime_checkable
class Source(Protocol):
    """A payload format that others post to us: alerts, or a delivery push."""

    @property
    def name(self) -> str:
        """Return the name that stands in its address."""

    def parse(self, request: Request) -> Iterable[Alert | Report]:
        """Return what the payload says, nothing when it says nothing of interest.

        Alerts of one request are one notification. One that is odd is told as well as it can be;
        AlertError, and nothing else, is raised for a payload that is none of this format.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a message about alerts ended, for where the alerts came from.

    `alerts` are those that it told of, as they stood then. `text` is one line for people, in the
    relay's language and without line ends; it shows numbers in part only. One `id` can end twice,
    when its last report comes late.
    """

    id: str
    status: Status
    ended_at: datetime
    deliveries: tuple[Delivery, ...]
    alerts: tuple[Alert, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A subcommand of `im-notify`; `run` returns the exit code.

    `configure` adds arguments to a parser that already knows `--config` and `--json`; `epilog`
    holds examples.
    """

    name: str
    help: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, App], int]
    epilog: str = ""
