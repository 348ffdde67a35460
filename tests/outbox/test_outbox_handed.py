"""What programs hand over is taken once for each key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import insert

from im_notify.models import Consent, Status
from im_notify.outbox import accepting, handed, schema
from im_notify.outbox.entries import Accepted, Entry
from im_notify.outbox.marks import marks_of, set_mark

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
    """Forget the keys from before then; returns in how many pages."""
    pages, after = 0, cast("str | None", "")
    while after is not None:
        page = partial(handed.forget, before=before, after=after)
        after, pages = box.database.write(page).result(), pages + 1
    return pages


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

    forget(box, before=box.now)

    assert [take(box, key)[0].duplicate for key in ("old", "new")] == [False, True]


def test_keys_are_forgotten_page_by_page(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, nobody who accepts waits for all of them."""
    monkeypatch.setattr(handed, "PAGE", 2)
    for number in range(5):
        take(box, f"old{number}")
    box.now += 100
    take(box, "new")

    pages = forget(box, before=box.now)

    assert pages == 4
    assert take(box, "new")[0].duplicate
    assert not any(take(box, f"old{number}")[0].duplicate for number in range(5))


@pytest.mark.parametrize(
    ("state", "status"),
    [("held", Status.WAITING), ("dropped", Status.EXPIRED), ("awaiting", Status.WAITING)],
)
def test_an_alert_that_was_held_is_known_as_it_stands(box: Box, state: str, status: Status) -> None:
    """What was dropped does not wait for ever."""
    row: dict[str, Any] = {"id": "h", "audience": "", "source": "s", "episode": "e", "state": state}
    row |= {"reason": "", "alert": "{}", "route": "{}", "at": box.now, "due_at": box.now}
    box.database.write(lambda c: c.execute(insert(schema.held), row)).result()
    one = Accepted(id="h", duplicate=False, status=Status.WAITING)
    box.database.write(lambda c: handed.take_once(c, "a", lambda _c: [one], now=1)).result()

    assert take(box, "a") == [Accepted(id="h", duplicate=True, status=status)]


def test_marks_are_found_without_looking_at_all_of_them(box: Box) -> None:
    """There are as many keys as batches of a week; the alarms stand among them."""
    for name in ("alarm", "alarm/a", "alarm/b", "alarm0", "handed/a"):
        box.database.write(partial(set_mark, name=name, value="")).result()

    found = box.database.read(lambda c: list(marks_of(c, "alarm/")))

    assert found == ["alarm/a", "alarm/b"]
