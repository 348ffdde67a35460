from __future__ import annotations

from typing import TYPE_CHECKING, Any

from im_notify.models import Status
from im_notify.outbox import outcomes, reading
from im_notify.outbox.outcomes import End

if TYPE_CHECKING:
    from tests.outbox.conftest import Box


def test_a_message_is_read_back_whole(box: Box, at: Any) -> None:
    """Source, contact, times, recipients and orders; never its text."""
    accepted = box.accept("secret text", "5301234567", "5301234568", contact="oncall")
    box.place("41")

    stored = box.stored(accepted)

    assert (stored.id, stored.source, stored.contact) == (accepted.id, "test", "oncall")
    assert stored.created_at == at(box.now)
    assert stored.expires_at == at(box.now + 3600)
    assert [row.number for row in stored.deliveries] == ["5301234567", "5301234568"]
    assert [(one.order_id, one.state, one.recipients) for one in stored.orders] == [
        ("41", "placed", 2)
    ]
    assert "secret" not in repr(stored)


def test_the_timeline_tells_what_happened_when(box: Box, at: Any) -> None:
    """In the order in which it happened."""
    accepted = box.accept()
    start = box.now
    box.now = start + 5
    box.do(outcomes.retry, box.claim(), due_at=box.now, reason="no route")
    end = End(status=Status.REFUSED, reason="the sender is wrong", code=450)
    box.do(outcomes.finish, box.claim(), end)

    lines = [(one.at, one.what, one.detail) for one in box.stored(accepted).timeline]

    assert lines == [
        (at(start), "stored", "test"),
        (at(start + 5), "not sent", "no route"),
        (at(start + 5), "refused", "the sender is wrong"),
    ]
    assert box.stored(accepted).orders[0].code == 450


def test_an_unknown_id_is_nothing(box: Box) -> None:
    """Neither a message nor an error."""
    assert box.database.read(lambda c: reading.stored(c, "nobody")) is None
    assert box.database.read(lambda c: reading.message_of(c, "nobody")) is None


def test_the_depth_counts_what_is_not_done(box: Box) -> None:
    """By state."""
    box.accept("a")
    box.place()
    box.accept("b")
    box.accept("c")

    assert box.database.read(reading.depth) == {"placed": 1, "queued": 2}


def test_a_message_is_told_under_its_id(box: Box) -> None:
    """Plugins know it by that, and have the text."""
    accepted = box.accept("x")

    message = box.database.read(lambda c: reading.message_of(c, accepted.id))

    assert message is not None
    assert (message.key, message.text, message.recipients) == (accepted.id, "x", ("5301234567",))
