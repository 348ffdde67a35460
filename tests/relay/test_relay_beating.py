from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from im_notify.config import Config
from im_notify.models import Consent
from im_notify.outbox import schema
from im_notify.relay.beating import Heart, contacts_of, last_time
from im_notify.relay.posting import Posting
from im_notify.relay_config import HeartbeatConfig, RelayConfig, Rung, Weekly
from im_notify.text import Encoding, estimate
from im_notify.wording import Wording
from im_notify.wording.own import heartbeat_line

if TYPE_CHECKING:
    from tests.relay.conftest import Bench

ISTANBUL = ZoneInfo("Europe/Istanbul")
CONTACTS = {
    "ada": ("5301234567",),
    "bora": ("5301234568", "5301234569"),
    "away": ("5301234598",),
    "none": (),
}
GROUPS = {"night": ("ada", "bora"), "all": ("night", "ada", "none")}
#: the bench begins at noon, on a Saturday
AT_ELEVEN = Weekly(weekday=5, hour=11, minute=0)


def heart_of(bench: Bench, at: Weekly, *to: str) -> Heart:
    """Return a heart that beats for these contacts and groups."""
    relay = RelayConfig(database="", ladders={"away": (Rung(after=60.0, to="bora"),)})
    posting = Posting(
        config=Config(contacts=CONTACTS, groups=GROUPS),
        relay=relay,
        store=bench.store,
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
    )
    return Heart(
        database=bench.database,
        clock=bench.clock,
        posting=posting,
        heartbeat=HeartbeatConfig(at=at, to=to),
        wording=Wording(zone=ISTANBUL),
    )


def keys(bench: Bench) -> list[str]:
    """Return the keys of all messages."""
    columns = schema.messages.c
    found = select(columns.key).order_by(columns.created_at, columns.key)
    return list(bench.database.read(lambda c: c.scalars(found)).all())


def passes(bench: Bench, heart: Heart, span: timedelta) -> None:
    """Let time pass, with a look every minute."""
    for _minute in range(int(span.total_seconds()) // 60):
        heart.beat_due()
        bench.clock.advance(60)


def test_each_contact_gets_a_test_of_its_own(bench: Bench) -> None:
    """Whether named itself or by a group; a contact without numbers is left out, and said."""
    heart_of(bench, AT_ELEVEN, "all").beat_due()

    assert keys(bench) == ["heartbeat/ada/2026-11-21", "heartbeat/bora/2026-11-21"]
    bench.run(10)
    assert sorted(order.numbers for order in bench.sandbox.ledger) == [
        ("5301234567",),
        ("5301234568", "5301234569"),
    ]


def test_it_beats_once(bench: Bench) -> None:
    """Neither later looks nor another process, nor a second relay, send it again."""
    heart = heart_of(bench, AT_ELEVEN, "ada")
    passes(bench, heart, timedelta(minutes=5))
    passes(bench, heart_of(bench, AT_ELEVEN, "ada"), timedelta(minutes=5))

    assert keys(bench) == ["heartbeat/ada/2026-11-21"]


def test_who_got_it_before_a_crash_gets_no_second(bench: Bench) -> None:
    """The process died between two contacts: only the second one is missing."""
    heart_of(bench, AT_ELEVEN, "ada").posting.post(
        "ada", "before", source="heartbeat", key="heartbeat/ada/2026-11-21"
    )
    heart_of(bench, AT_ELEVEN, "ada", "bora").beat_due()

    assert keys(bench) == ["heartbeat/ada/2026-11-21", "heartbeat/bora/2026-11-21"]


@pytest.mark.parametrize(
    ("at", "beats"),
    [
        (AT_ELEVEN, 1),
        (Weekly(weekday=5, hour=12, minute=0), 1),
        (Weekly(weekday=5, hour=0, minute=0), 1),
        (Weekly(weekday=4, hour=23, minute=59), 0),
        (Weekly(weekday=5, hour=12, minute=1), 0),
        (Weekly(weekday=None, hour=12, minute=1), 0),
        (Weekly(weekday=None, hour=1, minute=0), 1),
    ],
)
def test_a_beat_that_was_missed_is_made_up_for_within_twelve_hours(
    bench: Bench, at: Weekly, beats: int
) -> None:
    """A relay that was down for longer waits for the next time."""
    heart_of(bench, at, "ada").beat_due()

    assert len(keys(bench)) == beats


def test_it_beats_when_its_time_comes(bench: Bench) -> None:
    """Every day at 12:30 in Istanbul, which is 09:30 here."""
    heart = heart_of(bench, Weekly(weekday=None, hour=12, minute=30), "ada")
    passes(bench, heart, timedelta(minutes=29))
    before = keys(bench)
    passes(bench, heart, timedelta(days=1, minutes=5))

    assert before == []
    assert keys(bench) == ["heartbeat/ada/2026-11-21", "heartbeat/ada/2026-11-22"]


def test_a_test_that_does_not_arrive_climbs_the_ladder(bench: Bench) -> None:
    """That is what it is for."""
    heart_of(bench, AT_ELEVEN, "away").beat_due()
    bench.run(65)

    assert [job.target for job in bench.fallen] == ["away/1"]


@pytest.mark.parametrize(
    ("now", "weekday", "last"),
    [
        ("2026-11-23 09:00", 0, "2026-11-23 09:00"),
        ("2026-11-23 08:59", 0, "2026-11-16 09:00"),
        ("2026-11-29 23:00", 0, "2026-11-23 09:00"),
        ("2026-11-23 08:59", None, "2026-11-22 09:00"),
        ("2026-11-23 09:01", None, "2026-11-23 09:00"),
    ],
)
def test_the_last_time_is_told(now: str, weekday: int | None, last: str) -> None:
    """Of a week or of a day; the moment itself counts."""
    at = Weekly(weekday=weekday, hour=9, minute=0)

    found = last_time(at, datetime.fromisoformat(now).replace(tzinfo=ISTANBUL))

    assert found == datetime.fromisoformat(last).replace(tzinfo=ISTANBUL)


def test_groups_lead_to_contacts() -> None:
    """In the order of the file, each once, also where groups hold groups."""
    assert contacts_of(["all", "bora"], GROUPS) == ["ada", "bora", "none"]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_text_is_one_cheap_part(language: str) -> None:
    """And tells when it was sent."""
    text = heartbeat_line(
        Wording(language=language, zone=ISTANBUL),
        at=datetime(2026, 11, 21, 6, 0, tzinfo=UTC),
        name="7f3a",
    )

    assert "21.11 09:00 #7f3a" in text
    assert (estimate(text).encoding, estimate(text).parts) == (Encoding.GSM, 1)


def test_a_day_has_one_name_for_all() -> None:
    """The key of a test is built on it, so it must not depend on when the relay looks."""
    at = Weekly(weekday=None, hour=23, minute=30)
    moments = [datetime(2026, 11, 21, 20, 30, tzinfo=UTC) + timedelta(hours=h) for h in range(24)]

    found = [last_time(at, moment.astimezone(ISTANBUL)) for moment in moments]

    assert {one.date().isoformat() for one in found} == {"2026-11-21"}
