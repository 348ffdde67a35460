from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import (
    InvalidMessageError,
    NotSentError,
    RejectedError,
    SendError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify.models import Consent, Message, Receipt, Status
from im_notify.sending import Outcome, send_all, split
from im_notify.testing import empty_host

if TYPE_CHECKING:
    from im_notify.reports import Report

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def message_to(count: int, send_at: datetime | None = None) -> Message:
    """Make a message to so many recipients."""
    return Message(
        text="disk full",
        recipients=tuple(str(5_300_000_000 + one) for one in range(count)),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        send_at=send_at,
    )


class Counting:
    """A backend that takes orders of at most `max_recipients` and raises what it was given."""

    name = "counting"

    def __init__(self, max_recipients: int, fails: dict[int, Exception] | None = None) -> None:
        """Fail at these orders, counted from 0."""
        self.max_recipients = max_recipients
        self.fails = fails or {}
        self.taken: list[Message] = []

    def send(self, message: Message) -> Receipt:
        """Take the order."""
        self.taken.append(message)
        if error := self.fails.get(len(self.taken) - 1):
            raise error
        return Receipt(
            order_id=str(len(self.taken)),
            backend=self.name,
            recipients=message.recipients,
            accepted_at=NOW,
            scheduled_for=message.send_at,
        )

    def report(self, receipt: Receipt) -> Report:
        """Have none."""
        raise NotImplementedError(receipt)


@given(count=st.integers(1, 300), size=st.integers(1, 300))
def test_parts_are_the_whole_in_order(count: int, size: int) -> None:
    """Nobody is lost, doubled or moved; no part is too large or empty; the rest stays."""
    message = message_to(count)

    parts = list(split(message, size))

    assert tuple(one for part in parts for one in part.recipients) == message.recipients
    assert [len(part.recipients) for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert 1 <= len(parts[-1].recipients) <= size
    assert {part.text for part in parts} == {message.text}


def test_a_message_that_fits_is_sent_as_it_is() -> None:
    """The same object, no copy."""
    message = message_to(1000)

    assert [*split(message, 1000)] == [message]


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [
        (1000, 1000, [1000]),
        (1001, 1000, [1000, 1]),
        (2500, 1000, [1000, 1000, 500]),
        (50_000, 50_000, [50_000]),
        (50_001, 50_000, [50_000, 1]),
    ],
)
def test_each_order_has_its_own_receipt(count: int, size: int, sizes: list[int]) -> None:
    """More recipients than an order takes become several orders."""
    backend = Counting(size)

    outcomes = list(send_all(empty_host(), backend, message_to(count)))

    assert [len(one.recipients) for one in backend.taken] == sizes
    receipts = [one.receipt for one in outcomes if one.receipt]
    assert [receipt.order_id for receipt in receipts] == [str(one + 1) for one in range(len(sizes))]
    assert [receipt.recipients for receipt in receipts] == [
        outcome.message.recipients for outcome in outcomes
    ]


ERRORS: list[tuple[SendError, Status]] = [
    (RejectedError("no", backend="counting", code=402), Status.REFUSED),
    (NotSentError("no", backend="counting"), Status.UNSENT),
    (ThrottledError("no", backend="counting", retry_after=1), Status.UNSENT),
    (UnknownOutcomeError("no", backend="counting"), Status.UNKNOWN),
]


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda one: type(one).__name__)
def test_after_an_error_nothing_more_is_tried(error: SendError, status: Status) -> None:
    """Nothing is repeated either; each order's fate is known."""
    backend = Counting(10, {1: error})

    outcomes = list(send_all(empty_host(), backend, message_to(40)))

    assert len(backend.taken) == 2
    assert [one.status for one in outcomes] == [
        Status.WAITING,
        status,
        Status.UNSENT,
        Status.UNSENT,
    ]
    assert [one.error for one in outcomes] == [None, error, None, None]
    assert sum(len(one.message.recipients) for one in outcomes) == 40


def test_outcomes_come_as_they_are_known() -> None:
    """The second order leaves when somebody asks for its outcome."""
    backend = Counting(10)

    first = next(send_all(empty_host(), backend, message_to(40)))

    assert first.receipt is not None
    assert len(backend.taken) == 1


def test_a_send_time_that_passes_between_orders_is_said() -> None:
    """The first order is placed; the others are unsent, with the reason, and none is lost."""
    error = InvalidMessageError("past", code=457)
    backend = Counting(10, {1: error})

    outcomes = list(send_all(empty_host(), backend, message_to(30)))

    assert [one.status for one in outcomes] == [Status.WAITING, Status.UNSENT, Status.UNSENT]
    assert outcomes[1].error is error


@pytest.mark.parametrize(
    ("later", "status"), [(None, Status.WAITING), (timedelta(hours=1), Status.SCHEDULED)]
)
def test_an_order_that_was_taken_waits(later: timedelta | None, status: Status) -> None:
    """For the network, or for its time."""
    backend = Counting(10)
    message = message_to(1, send_at=NOW + later if later else None)

    (outcome,) = send_all(empty_host(), backend, message)

    assert outcome.status is status


def test_an_order_that_was_not_tried_is_unsent() -> None:
    """Neither receipt nor error."""
    assert Outcome(message=message_to(1)).status is Status.UNSENT
