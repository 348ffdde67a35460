from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import OrderState, Status
from im_notify.outbox import telling
from im_notify.outbox.telling import _packed, _unpacked
from im_notify.reports import Counters, Delivery, Report

if TYPE_CHECKING:
    from tests.outbox.conftest import Box

TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
COUNTS = st.integers(0, 10**6)
REPORTS = st.builds(
    Report,
    order_id=st.text(),
    state=st.sampled_from(OrderState),
    deliveries=st.lists(st.builds(Delivery, st.text(), st.sampled_from(Status))).map(tuple),
    counters=st.none()
    | st.builds(Counters, total=COUNTS, delivered=COUNTS, undelivered=COUNTS, waiting=COUNTS),
    sender=st.none() | st.text(),
    price=st.none() | st.text(),
    submitted_at=TIMES,
    sent_at=TIMES,
)


@given(REPORTS)
def test_a_report_is_told_as_it_was_stored(report: Report) -> None:
    """Whatever is in it."""
    assert _unpacked(_packed(report)) == report


def test_what_is_to_be_told_keeps_its_order_and_goes_once_told(box: Box) -> None:
    """The message is handed over with it, the text is stored in one place only."""
    accepted = box.accept("a private text")
    for order_id in ("1", "2", "3"):
        report = Report(
            order_id=order_id, state=OrderState.SENDING, sent_at=datetime(2026, 1, 1, tzinfo=UTC)
        )
        box.do(telling.enqueue, accepted.id, report)

    first, *_rest = found = box.database.read(lambda c: telling.pending(c, 2))
    box.database.write(lambda c: telling.told(c, [first.pk])).result()

    assert [one.report.order_id for one in found] == ["1", "2"]
    assert first.message is not None
    assert first.message.text == "a private text"
    assert "private" not in repr(first)
    left = box.database.read(lambda c: telling.pending(c, 10))
    assert [one.report.order_id for one in left] == ["2", "3"]
