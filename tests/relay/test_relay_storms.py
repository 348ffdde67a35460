"""Storm control with a stopped clock: what is texted when, and that nothing gets lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.models import Consent, Status
from im_notify.outbox import awaiting, rungs, schema
from im_notify.outbox.accepting import accept
from im_notify.outbox.alarms import alarms
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Accepted, Entry, Route, Rung, Stored
from im_notify.outbox.holding import route_of, route_text
from im_notify.relay.gathering import Gatherer
from im_notify.relay.store import RelayStore
from im_notify.relay.watching import WatchedClock
from im_notify.relay_config import Limit, RelayConfig
from im_notify.testing import FakeClock
from im_notify.text import estimate
from im_notify.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE, HOUR = 60.0, 3600.0
TURKEY = "Europe/Istanbul"


class Settable(FakeClock):
    """A clock of a machine that somebody sets."""

    ahead = 0.0

    def now(self) -> datetime:
        """Return what the wall clock shows."""
        return super().now() + timedelta(seconds=self.ahead)


@dataclass
class Weather:
    """A relay without a provider: alerts come in, texts are what is on disk."""

    database: Database
    clock: Settable
    store: RelayStore
    gatherer: Gatherer
    alarms: list[tuple[str, str]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)

    def rules(self, **changes: Any) -> None:
        """Change the configuration of storm control."""
        self.store.relay = replace(
            self.store.relay, storm=replace(self.store.relay.storm, **changes)
        )

    def alert(self, *alerts: Alert, contact: str = "oncall") -> list[Accepted]:
        """Take one notification in."""
        found = self.store.accept_alerts(alerts, route(contact)).result()
        self.accepted += [one.id for one in found]
        return found

    def one(self, episode: str, state: str = "firing", **told: Any) -> Accepted:
        """Take one alert in, which gives one id."""
        (found,) = self.alert(alert(episode, state, **told))
        return found

    def run(self, seconds: float) -> None:
        """Let time pass, with the pass at each moment that it is due."""
        end = self.clock.monotonic() + seconds
        while True:
            due = self.gatherer.gather_due()
            wait = MINUTE if due is None else due - self.clock.now().timestamp()
            left = end - self.clock.monotonic()
            if left <= 0:
                return
            self.clock.advance(min(left, max(wait, 0.1)))

    def texts(self, contact: str = "oncall") -> list[str]:
        """Return the texts to a contact, in their order."""
        columns = schema.messages.c
        wanted = select(columns.text).where(columns.contact == contact).order_by(columns.created_at)
        return self.database.read(lambda c: list(c.scalars(wanted)))

    def stored(self, accepted: Accepted | str) -> Stored:
        """Return a message as it stands."""
        name = accepted if isinstance(accepted, str) else accepted.id
        found = self.store.message(name)
        assert found is not None
        return found

    def timeline(self, accepted: Accepted | str) -> list[str]:
        """Return what happened to it."""
        return [f"{one.what}: {one.detail}" for one in self.stored(accepted).timeline]

    def deliver(self) -> None:
        """Let every message be delivered."""
        self.settle(Status.DELIVERED)

    def settle(self, status: Status) -> None:
        """Let every message end."""
        self.database.write(
            lambda c: c.execute(update(schema.messages).values(status=status.value))
        ).result()

    def count(self, table: Any) -> int:
        """Count rows."""
        wanted = select(func.count()).select_from(table)
        return self.database.read(lambda c: c.scalar(wanted)) or 0


def alert(episode: str, state: str = "firing", **told: Any) -> Alert:
    """Make an alert about a host called like its episode."""
    values: dict[str, Any] = {"object": episode, "summary": "down"} | told
    return Alert(source="test", episode=episode, state=AlertState(state), **values)


def route(contact: str = "oncall") -> Route:
    """Make a route to one number, with a ladder."""
    return Route(
        contact=contact,
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=HOUR,
        ladder=(Rung(90.0, f"{contact}/1"),),
    )


@pytest.fixture
def weather(tmp_path: Path) -> Iterator[Weather]:
    """Give a relay with storm control as it comes, texts in English."""
    database, clock = Database(f"sqlite:///{tmp_path}/outbox.db"), Settable()
    watched = WatchedClock(clock=clock, database=database)
    store = RelayStore(
        database=database,
        clock=watched,
        relay=RelayConfig(database="", recovery="always"),
        wording=Wording(language="en", zone=ZoneInfo(TURKEY)),
        woken=lambda: None,
    )
    told: list[tuple[str, str]] = []
    gatherer = Gatherer(
        database=database,
        clock=watched,
        store=store,
        alarm=lambda name, text: told.append((name, text)),
    )
    yield Weather(database, clock, store, gatherer, told)
    database.close()


CRITICAL = {"severity": Severity.CRITICAL}


def test_a_quiet_contact_is_told_at_once(weather: Weather) -> None:
    """And again after half a minute of silence."""
    weather.one("a")
    weather.run(30)
    weather.one("b")

    assert [text.split()[1] for text in weather.texts()] == ["a", "b"]
    assert weather.count(schema.held) == 0


def test_what_follows_is_gathered_into_one_text(weather: Weather) -> None:
    """Three requests within half a minute of the first: one more SMS, at its end."""
    weather.one("a")
    held = [weather.one("b"), weather.one("c", **CRITICAL), weather.one("d")]
    weather.run(29.5)
    assert len(weather.texts()) == 1
    assert [weather.stored(one).status for one in held] == [Status.WAITING] * 3
    assert weather.timeline(held[0]) == ["held: gathering"]

    weather.run(1)

    assert len(weather.texts()) == 2
    assert "3 alerts (1 critical) c,b,d" in weather.texts()[1]
    assert len({weather.timeline(one)[1] for one in held}) == 1
    merged = weather.timeline(held[0])[1].removeprefix("merged: into ")
    assert weather.timeline(held[0])[2:] == weather.timeline(merged)
    assert weather.stored(held[0]).orders == weather.stored(merged).orders != ()


def test_without_storm_control_each_is_told_at_once(weather: Weather) -> None:
    """As configured."""
    weather.rules(enabled=False)

    for episode in "abc":
        weather.one(episode)

    assert len(weather.texts()) == 3


def test_what_is_held_is_let_go_when_storm_control_is_turned_off(weather: Weather) -> None:
    """Even what a storm held."""
    weather.rules(limits=(Limit(texts=1, seconds=HOUR),))
    for episode in "abc":
        weather.one(episode)
        weather.run(31)
    held = weather.one("d")
    weather.rules(enabled=False)

    weather.run(16 * MINUTE)

    assert weather.timeline(held)[1].startswith("merged")
    assert weather.count(schema.storms) == 0


def test_one_contact_s_storm_is_nobody_else_s(weather: Weather) -> None:
    """Another contact is quiet."""
    weather.alert(alert("a"))
    weather.alert(alert("b"))
    weather.alert(alert("b"), contact="second")

    assert len(weather.texts("second")) == 1


def test_a_repetition_while_held_is_the_same_alert(weather: Weather) -> None:
    """The other half of an HA pair, a retry: one row, told as a duplicate."""
    weather.one("a")
    first, again = weather.one("b"), weather.one("b")

    assert (again.id, again.duplicate) == (first.id, True)
    assert weather.count(schema.held) == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("resolved", "over before it was told"),
        ("acknowledged", "acknowledged before it was told"),
    ],
)
def test_what_is_over_before_it_was_told_is_not_told(
    weather: Weather, state: str, reason: str
) -> None:
    """It stays to be asked for, its end is silent, and its next beginning is not."""
    weather.one("a")
    held = weather.one("b")
    assert weather.one("b", state) == replace(held, duplicate=True)
    weather.run(31)

    assert len(weather.texts()) == 1
    assert weather.stored(held).status is Status.EXPIRED
    assert weather.timeline(held) == ["held: ", f"expired: {reason}"]
    assert {one.status for one in weather.stored(held).deliveries} == {Status.EXPIRED}
    weather.alert(alert("b", "resolved"))
    assert len(weather.texts()) == 1
    weather.one("b")
    weather.run(31)
    assert len(weather.texts()) == 2


@pytest.mark.parametrize(("state", "word"), [("resolved", "OK"), ("acknowledged", "ACK")])
def test_a_critical_one_is_told_in_its_last_state(weather: Weather, state: str, word: str) -> None:
    """Also when its end is told without a severity."""
    weather.one("a")
    held = weather.one("b", **CRITICAL)
    weather.one("b", state)
    weather.run(31)

    assert weather.texts()[1].startswith(f"{word} b")
    assert weather.timeline(held)[1].startswith("merged")


def test_a_recovery_waits_like_all_others(weather: Weather) -> None:
    """It is told once; one that is taken back while it waits is told as what it is then."""
    weather.one("a")
    weather.deliver()
    weather.one("a", "resolved")
    weather.run(31)
    assert weather.texts()[1].startswith("OK a")
    weather.run(31)
    weather.one("b")
    weather.deliver()
    ended, again = weather.one("b", "resolved"), weather.one("b")

    weather.run(31)

    assert ended.id == again.id
    assert [text.split()[:2] for text in weather.texts()[2:]] == [["WRN", "b"]] * 2


def test_a_recovery_is_told_of_what_was_told_in_a_gathered_text(weather: Weather) -> None:
    """The episode belongs to the message that told of it."""
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    weather.one("a")
    weather.one("b")
    weather.run(61)
    weather.deliver()

    weather.one("b", "resolved")

    assert weather.texts()[2].startswith("OK b")


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    ("status", "second"), [(Status.DELIVERED, ["OK", "a"]), (Status.UNDELIVERED, None)]
)
def test_an_end_that_comes_before_the_report_waits_for_it(
    weather: Weather, status: Status, second: list[str] | None, *, enabled: bool
) -> None:
    """Whether the end is told depends on the problem's text, which is on its way: not lost."""
    weather.rules(enabled=enabled)
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    weather.one("a")
    ended = weather.one("a", "resolved")
    weather.run(5 * MINUTE)
    while_open = weather.texts()[1:]
    other = weather.one("b")
    weather.run(MINUTE)

    weather.settle(status)
    weather.run(MINUTE)

    assert while_open == []
    assert weather.stored(other).timeline[0].what == "stored"
    told = [text.split()[:2] for text in weather.texts()[2:]]
    assert told == ([second] if second else [])
    reasons = "into" if second else "its problem's text was not delivered"
    assert any(reasons in line for line in weather.timeline(ended))


def test_a_problem_that_begins_again_takes_back_an_end_that_nobody_heard_of(
    weather: Weather,
) -> None:
    """The end is over itself; the second beginning is told."""
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    weather.one("a")
    ended = weather.one("a", "resolved")
    weather.one("a")
    weather.run(MINUTE)
    weather.settle(Status.DELIVERED)
    weather.run(MINUTE)

    assert [text.split()[:2] for text in weather.texts()] == [["WRN", "a"]] * 2
    assert weather.timeline(ended)[-1].endswith("its problem began again")
    assert weather.stored(ended).status is Status.EXPIRED


def test_a_problem_that_came_and_went_twice_before_the_report_is_told_as_over(
    weather: Weather,
) -> None:
    """People were told of its first beginning only, so its end is for that, once."""
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    for state in ("firing", "resolved", "firing", "resolved"):
        weather.one("a", state)
    weather.settle(Status.DELIVERED)

    weather.run(2 * MINUTE)

    assert [text.split()[:2] for text in weather.texts()] == [["WRN", "a"], ["OK", "a"]]
    assert " 2 " not in weather.texts()[1]


def test_an_end_that_waits_for_long_is_looked_at_seldom(weather: Weather) -> None:
    """The provider is down and there are thousands; two minutes make few looks, not sixty."""
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    weather.one("a")
    weather.one("a", "resolved")
    looks = 0
    for _second in range(int(HOUR)):
        now = weather.clock.now().timestamp()
        looks += weather.database.read(partial(awaiting.are_due, now=now))
        weather.gatherer.gather_due()
        weather.clock.advance(1)

    assert looks < 100


def test_an_end_that_was_gathered_before_the_report_waits_for_it(weather: Weather) -> None:
    """The same for one that storm control had held back already."""
    weather.store.relay = replace(weather.store.relay, recovery="delivered")
    weather.one("a")
    weather.one("b")
    weather.run(31)
    weather.one("c")
    weather.one("b", "resolved")
    weather.run(MINUTE)
    assert len(weather.texts()) == 3

    weather.settle(Status.DELIVERED)
    weather.run(MINUTE)

    assert weather.texts()[3].startswith("OK b")


def test_the_end_of_a_problem_whose_message_is_forgotten_is_told_after_a_wait(
    weather: Weather,
) -> None:
    """It lasted for longer than messages are kept; storm control makes no difference."""
    weather.one("a")
    weather.deliver()
    weather.database.write(
        lambda c: c.execute(update(schema.episodes).values(message_id=None))
    ).result()
    weather.one("a", "resolved")

    weather.run(MINUTE)

    assert [text.split()[:2] for text in weather.texts()[1:]] == [["OK", "a"]]


def test_a_repeated_problem_that_ends_while_held_is_told_as_ended(weather: Weather) -> None:
    """People know of it since the first text."""
    weather.one("b")
    weather.run(4 * HOUR)
    weather.one("a")
    weather.one("b")
    weather.one("b", "resolved")
    weather.run(31)

    assert weather.texts()[2].startswith("OK b")


def test_a_gathered_text_has_the_ladder_while_it_tells_of_trouble(weather: Weather) -> None:
    """Two texts with a problem, one with an end only; the end of all stops the ladder."""
    weather.one("a")
    weather.one("b")
    weather.run(61)
    assert weather.count(schema.rungs) == 2

    weather.one("b", "resolved")
    weather.one("a", "resolved")
    weather.run(31)

    assert weather.count(schema.rungs) == 2
    assert weather.database.read(rungs.next_rung) is None


def test_a_group_that_is_held_has_an_id_for_each_alert(weather: Weather) -> None:
    """Known ones that are held are duplicates among them."""
    weather.one("x")
    first = weather.alert(alert("a"), alert("b"))
    then = weather.alert(alert("a", "resolved"), alert("b"), alert("c"))

    assert [one.duplicate for one in then] == [True, False]
    assert then[0].id == first[0].id
    assert weather.count(schema.held) == 3


def test_the_sixth_text_in_a_quarter_of_an_hour_begins_a_storm(weather: Weather) -> None:
    """Alerts 40 s apart: five texts, then a notice that names the sixth, then a digest."""
    for number in range(8):
        weather.one(f"host{number}")
        weather.run(40)

    texts = weather.texts()
    assert len(texts) == 6
    assert texts[5].startswith("STORM: 6 alerts in 4 min, digest mode: host5 +5 ")

    weather.run(15 * MINUTE)

    assert len(weather.texts()) == 7
    assert "2 alerts host6,host7 " in weather.texts()[6]
    assert weather.count(schema.storms) == 0, "two in a quarter of an hour are no storm"


def test_a_storm_of_2800_posts_costs_few_texts(weather: Weather) -> None:
    """Half of them at once, the others over an hour: each is accounted for, each text is short."""
    for number in range(1400):
        weather.one(f"web{number:04}", severity=Severity(["warning", "critical"][number % 2]))
    for number in range(1400, 2800):
        weather.one(f"web{number:04}")
        weather.run(2.5)
    weather.run(HOUR)

    texts = weather.texts()
    assert len(texts) <= 1 + 4 + 1 + 5
    assert [text.startswith("STORM") for text in texts[:7]] == [False] * 5 + [True, False]
    assert {estimate(text).parts for text in texts} == {1}
    assert len(set(texts)) == len(texts)
    assert " 1411 alerts (700 critical) " in texts[1], "what came in the first half minute"
    assert [*map(_said, texts[:5])] == [1, *_merged(weather)[1:5]]
    assert _said(texts[5]) == sum(map(_said, texts[:5])) + _merged(weather)[5]
    assert [*map(_said, texts[6:])] == _merged(weather)[6:]
    assert sum(map(_said, texts[5:])) == len(set(weather.accepted)) == 2800
    told = {weather.timeline(name)[1].partition(" into ")[0] for name in weather.accepted[1:]}
    assert told == {"merged:"}
    assert weather.count(schema.storms) == 0


def _merged(weather: Weather) -> list[int]:
    """Count the held alerts that each text tells of, none for one that was sent at once."""
    messages, held = schema.messages.c, schema.held.c
    wanted = (
        select(func.count(held.id))
        .select_from(schema.messages)
        .outerjoin(schema.held, held.message_id == messages.id)
        .group_by(messages.id)
        .order_by(messages.created_at)
    )
    return weather.database.read(lambda c: list(c.scalars(wanted)))


def _said(text: str) -> int:
    found = re.search(r"(\d+) alerts", text)
    return int(found[1]) if found else 1


def test_a_storm_lasts_while_too_much_comes(weather: Weather) -> None:
    """One every minute for two hours: one notice, a digest each quarter, then it is over."""
    for number in range(120):
        weather.one(f"host{number}")
        weather.run(MINUTE)
    weather.run(31 * MINUTE)
    texts = weather.texts()

    assert sum(text.startswith("STORM") for text in texts) == 1
    assert sum(" 15 alerts " in text for text in texts) >= 6
    assert len(texts) <= 6 + 9
    assert weather.count(schema.storms) == 0
    weather.one("later")
    assert weather.texts()[-1].startswith("WRN later")


def test_the_day_s_parts_end_what_is_not_critical(weather: Weather) -> None:
    """It is dropped and says why; critical ones go as digests; tomorrow all is as before."""
    weather.rules(daily_parts=10)
    _spend(weather, 10)
    weather.run(1)
    dropped, critical = weather.one("a"), weather.one("b", **CRITICAL)
    weather.run(1)
    later = weather.one("c", **CRITICAL)
    weather.run(14 * MINUTE)

    assert [text.split()[1] for text in weather.texts()] == ["b"]
    assert weather.timeline(dropped) == ["held: ", "expired: daily cap"]
    assert weather.timeline(critical)[1].startswith("merged")
    assert weather.timeline(later) == ["held: daily cap"]
    weather.run(2 * MINUTE)
    assert [text.split()[1] for text in weather.texts()] == ["b", "c"]

    weather.run(13 * HOUR)
    weather.one("a")

    assert weather.texts()[-1].startswith("WRN a"), "it still fires"


def test_the_end_of_what_was_dropped_is_silent(weather: Weather) -> None:
    """Nobody knows of it."""
    weather.rules(daily_parts=1)
    _spend(weather, 1)
    dropped = weather.one("a")
    weather.run(1)

    again = weather.one("a", "resolved")

    assert again == Accepted(id=dropped.id, duplicate=True, status=Status.EXPIRED)
    assert weather.texts() == []


def test_the_day_s_parts_are_warned_of_once(weather: Weather) -> None:
    """At 80 % and at their end, once a day, also by a relay that was started anew."""
    weather.rules(daily_parts=10)
    _spend(weather, 7)
    weather.run(MINUTE)
    assert weather.alarms == []
    _spend(weather, 1)
    weather.run(MINUTE)
    weather.gatherer._told = ""  # noqa: SLF001  as after a start
    weather.run(MINUTE)
    _spend(weather, 2)
    weather.run(HOUR)

    assert [text for _name, text in weather.alarms] == [
        "im-notify: 8 of the 10 SMS parts of today are used",
        "im-notify: the 10 SMS parts of today are used up, only critical alerts go out",
    ]
    weather.run(24 * HOUR)
    _spend(weather, 9)
    weather.run(MINUTE)
    assert len(weather.alarms) == 3


def _spend(weather: Weather, parts: int) -> None:
    """Text alerts to others, of two parts to two recipients each, and then of one."""
    for _time in range(parts // 4):
        _post(weather, "x" * 200, ("5301234567", "5301234568"))
    for _time in range(parts % 4):
        _post(weather, "x", ("5301234567",))


def _post(
    weather: Weather, text: str, numbers: tuple[str, ...], audience: str | None = "others"
) -> None:
    entry = Entry(
        source="api",
        text=text,
        recipients=numbers,
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=HOUR,
        audience=audience,
    )
    weather.store.accept([entry]).result()


def test_what_is_no_alert_uses_none_of_the_day_s_parts(weather: Weather) -> None:
    """Programs that text much do not silence a warning."""
    weather.rules(daily_parts=1)
    _post(weather, "x" * 200, ("5301234567", "5301234568"), audience=None)
    weather.run(MINUTE)

    weather.one("a")

    assert weather.texts()[-1].startswith("WRN a")
    assert weather.alarms == []


def test_a_warning_of_the_day_s_parts_outlives_a_crash(weather: Weather) -> None:
    """It is on disk together with the mark that keeps it from being raised again."""
    weather.rules(daily_parts=10)
    _spend(weather, 8)
    weather.run(1)

    (stored,) = weather.database.read(alarms)

    assert (stored.text, stored.heard) == (weather.alarms[0][1], ())


def test_messages_that_are_no_alerts_do_not_make_a_contact_loud(weather: Weather) -> None:
    """Only alerts count for gathering and limits."""
    now = weather.clock.now().timestamp()
    entry = Entry(
        source="api",
        text="x",
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=HOUR,
        contact="oncall",
    )
    weather.database.write(lambda c: accept(c, entry, now=now)).result()

    weather.one("a")

    assert len(weather.texts()) == 2


def test_what_could_not_be_worded_and_stored_is_told_later_once(
    weather: Weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wording, message and marks are one transaction: all of it or nothing."""
    weather.one("a")
    held = weather.one("b")
    monkeypatch.setattr("im_notify.outbox.holding.merge", _fails)
    weather.clock.advance(31)
    with pytest.raises(RuntimeError, match="killed"):
        weather.gatherer.gather_due()
    assert len(weather.texts()) == 1
    monkeypatch.undo()

    weather.run(31)

    assert len(weather.texts()) == 2
    assert weather.timeline(held)[1].startswith("merged")


def _fails(*_: object) -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
@pytest.mark.parametrize(
    ("stormy", "waits"), [(False, 30.0), (True, 15 * MINUTE)], ids=["gathering", "storm"]
)
def test_what_is_held_keeps_its_time_when_the_clock_is_set(
    weather: Weather, *, jump: float, stormy: bool, waits: float
) -> None:
    """Half a minute, and a quarter of an hour, are what they are."""
    if stormy:
        weather.rules(limits=(Limit(texts=1, seconds=HOUR),))
        weather.one("x")
        weather.run(31)
    weather.one("a")
    weather.run(0)
    held, before = weather.one("b"), len(weather.texts())
    weather.run(5)
    weather.clock.ahead += jump

    weather.run(waits - 6)
    assert len(weather.texts()) == before
    weather.run(2)

    assert len(weather.texts()) == before + 1
    assert weather.timeline(held)[1].startswith("merged")


def test_a_clock_that_went_back_holds_nobody_up(weather: Weather) -> None:
    """A text from what is now the future makes nobody wait for that time."""
    weather.one("a")
    weather.clock.ahead -= HOUR
    weather.clock.advance(31)

    weather.one("b")

    assert len(weather.texts()) == 2


@pytest.mark.parametrize("changes", [{}, {"contact": None, "write_back": ("z",)}])
def test_a_route_is_read_as_it_was_written(changes: dict[str, Any]) -> None:
    """What a newer version wrote beside it is left out."""
    sent = replace(route(), **changes)

    written = route_text(sent).replace("{", '{"unheard_of": [1], ', 1)

    assert route_of(written) == sent


def test_a_storm_config_that_allows_nothing_else_still_tells(weather: Weather) -> None:
    """No limits: only gathering."""
    weather.rules(limits=(), daily_parts=0)
    for number in range(40):
        weather.one(f"h{number}")
        weather.run(31)

    assert len(weather.texts()) == 40
