"""What programs hand over is taken once for each key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.models import Consent, Status
from im_notify.outbox import accepting, handed
from im_notify.outbox.entries import Accepted, Entry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.outbox.conftest import Box


def take(box: Box, key: str) -> list[Accepted]:
    """Take one message under a key."""
    now = box.now
    one = Entry(
        source="test",
        text="disk full",
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=60.0,
    )

    def work(connection: Connection) -> list[Accepted]:
        return [accepting.accept(connection, one, now=now)]

    return box.database.write(lambda c: handed.take_once(c, key, work, now=now)).result()


def forget(box: Box, before: float) -> int:
    """Forget the keys from before then."""
    return box.database.write(lambda c: handed.forget(c, before=before)).result()


def test_a_key_is_taken_once(box: Box) -> None:
    """The second time it is what it was, and another key is another."""
    first, second, other = take(box, "a"), take(box, "a"), take(box, "b")

    assert [one.duplicate for one in (*first, *second, *other)] == [False, True, False]
    assert first[0].id == second[0].id != other[0].id


def test_a_message_that_is_forgotten_is_still_known(box: Box) -> None:
    """What was accepted may be gone or held back; it is not taken again for that."""
    box.database.write(
        lambda c: handed.take_once(
            c, "a", lambda _c: [Accepted(id="gone", duplicate=False, status=Status.WAITING)], now=1
        )
    ).result()

    (known,) = take(box, "a")

    assert (known.id, known.duplicate) == ("gone", True)


def test_keys_are_forgotten_when_they_are_old(box: Box) -> None:
    """Whoever hands over again after days means something new."""
    take(box, "old")
    box.now += 100
    take(box, "new")

    forgotten = forget(box, before=box.now)

    assert forgotten == 1
    assert [take(box, key)[0].duplicate for key in ("old", "new")] == [False, True]
