from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from im_notify.config import Config
from im_notify.errors import QueryError, RejectedError
from im_notify.hookspecs import hookimpl
from im_notify.models import Consent
from im_notify.outbox import alarms, schema
from im_notify.relay.minding import Mind
from im_notify.relay.posting import Posting
from im_notify.relay.troubles import Troubles
from im_notify.relay_config import RelayConfig
from im_notify.reports import Account
from im_notify.secret import Secret
from im_notify.testing import FakeBackend
from im_notify.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.models import Message, Receipt
    from tests.relay.conftest import Bench

    Make = Callable[..., "Minded"]

URL = "mailto://user:pa55@example.org"
HOUR, DAY = 3_600.0, 86_400.0


@dataclass
class Mail:
    """A plugin that takes `mailto:`, unless it is broken."""

    told: list[str] = field(default_factory=list)
    tried: int = 0
    broken: bool = False

    @hookimpl
    def im_notify_fallback(self, url: str, text: str) -> bool | None:
        """Keep the text."""
        if url != URL:
            return None
        self.tried += 1
        if not self.broken:
            self.told.append(text)
        return not self.broken


class Rich(FakeBackend):
    """A backend that tells its credit, an error instead of one if it is given one."""

    left: str | QueryError = "5000"
    asked = 0

    def check(self) -> Account:
        """Say how many messages are left."""
        self.asked += 1
        if isinstance(self.left, QueryError):
            raise self.left
        return Account(balance="1", messages_left=self.left, senders=())


@dataclass
class Minded:
    """A mind on a bench; `alive` is what the loops say."""

    bench: Bench
    mail: Mail
    backend: Rich
    mind: Mind
    alive: bool = True

    def run(self, seconds: float, *, step: float = 10) -> None:
        """Let time pass with a pass every ten seconds; loops run it more often."""
        for _step in range(round(seconds / step)):
            self.mind.mind_due()
            self.bench.clock.advance(step)

    def refused(self, *, well: bool = False) -> None:
        """Let the provider refuse us, or not any more."""
        pause = self.bench.engine.sender.pause
        pause.reason = None if well else "401 wrong key"

    def texts(self) -> list[str]:
        """Return the texts of messages about alarms."""
        columns = schema.messages.c
        found = select(columns.text).where(columns.source == "alarm").order_by(columns.created_at)
        return list(self.bench.database.read(lambda c: c.scalars(found)).all())


@pytest.fixture
def mail(bench: Bench) -> Mail:
    """Give the plugin, in use."""
    plugin = Mail()
    bench.plugins.add(plugin, "mail")
    return plugin


@pytest.fixture
def make(bench: Bench, mail: Mail) -> Make:
    """Give what makes a mind that tells these targets; several are restarts of one relay."""
    backend = Rich()

    def made(*targets: Secret | str, credit_low: int = 100) -> Minded:
        relay = RelayConfig(database="", alarm=targets, credit_low=credit_low, stale=600.0)
        wording = Wording(language="en", zone=bench.store.wording.zone)
        posting = Posting(
            config=Config(contacts={"ada": ("5301234567",), "none": ()}),
            relay=relay,
            store=bench.store,
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
        )
        troubles = Troubles(
            database=bench.database,
            backend=backend,
            clock=bench.clock,
            pause=bench.engine.sender.pause,
            relay=relay,
            wording=wording,
            alive=lambda: found.alive,
        )
        mind = Mind(
            database=bench.database,
            clock=bench.clock,
            troubles=troubles,
            posting=posting,
            wording=wording,
            tell_url=bench.plugins.fall_back,
        )
        found = Minded(bench, mail, backend, mind)
        return found

    return made


@pytest.fixture
def minded(make: Make) -> Minded:
    """Give a mind that tells an address."""
    return make(Secret(URL))


REFUSED = "im-notify: the provider refuses, no SMS leaves: 401 wrong key"
WELL = "im-notify: the provider: well again"


def test_nothing_is_told_while_all_is_well(minded: Minded) -> None:
    """For an hour, with a message that is sent and delivered."""
    minded.bench.accept()
    minded.bench.run(30)
    minded.run(HOUR)

    assert minded.mail.told == []


def test_a_trouble_is_told_once_and_so_is_its_end(minded: Minded) -> None:
    """However long it lasts within the day."""
    minded.refused()
    minded.run(HOUR)
    minded.refused(well=True)
    minded.run(HOUR)

    assert minded.mail.told == [REFUSED, WELL]


def test_a_restart_repeats_nothing(make: Make) -> None:
    """Neither the trouble nor its end; what happened while it was down is told."""
    first = make(Secret(URL))
    first.refused()
    first.run(60)
    make(Secret(URL)).run(HOUR)
    before = list(first.mail.told)
    first.refused(well=True)
    make(Secret(URL)).run(60)
    make(Secret(URL)).run(60)

    assert before == [REFUSED]
    assert first.mail.told == [REFUSED, WELL]


def test_a_trouble_that_lasts_is_told_every_day(minded: Minded) -> None:
    """Somebody may have overlooked it."""
    minded.refused()
    minded.run(2 * DAY + HOUR, step=600)

    assert minded.mail.told == [REFUSED] * 3


def test_a_trouble_that_comes_and_goes_is_told_hourly(minded: Minded) -> None:
    """Not with each turn."""
    for _turn in range(12):
        minded.refused()
        minded.run(300)
        minded.refused(well=True)
        minded.run(300)

    assert minded.mail.told == [REFUSED, WELL] * 2


def test_a_contact_gets_a_message_of_one_part(make: Make) -> None:
    """Once, also when the process died after it was kept and before that was stored."""
    minded = make("ada")
    minded.bench.engine.sender.pause.reason = "x" * 500
    minded.run(60)
    with_amnesia = alarms.alarms
    (alarm,) = minded.bench.database.read(with_amnesia)
    minded.mind._text(alarm, "ada")  # noqa: SLF001  as after a crash

    (text,) = minded.texts()
    assert text.startswith("im-notify: the provider refuses, no SMS leaves: xxx")
    assert len(text) <= 160


def test_a_target_that_fails_is_tried_again_soon_and_then_hourly(minded: Minded) -> None:
    """Until it works; it is told no second time then."""
    minded.mail.broken = True
    minded.refused()
    minded.run(60)
    soon = minded.mail.tried
    minded.run(3 * HOUR)
    minded.mail.broken = False
    minded.run(2 * HOUR)

    assert soon == 2
    assert minded.mail.tried == 6
    assert minded.mail.told == [REFUSED]


def test_who_never_heard_of_a_trouble_hears_nothing_of_its_end(minded: Minded) -> None:
    """It would only wonder."""
    minded.mail.broken = True
    minded.refused()
    minded.run(60)
    minded.refused(well=True)
    minded.mail.broken = False
    minded.run(2 * HOUR)

    assert minded.mail.told == []


def test_one_target_that_fails_keeps_no_other_silent(make: Make) -> None:
    """A contact without numbers and an unknown scheme are said in the log."""
    minded = make("none", Secret("pigeon://loft"), Secret(URL))
    minded.refused()
    minded.run(60)

    assert minded.mail.told == [REFUSED]


def test_without_a_target_the_log_is_loud_once(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """And says what to set."""
    minded = make()
    minded.refused()
    with caplog.at_level(logging.ERROR):
        minded.run(HOUR)

    assert caplog.messages == [REFUSED, "nobody but this log is told: set alarm in [relay]"]


def test_no_address_is_in_the_log(minded: Minded, caplog: pytest.LogCaptureFixture) -> None:
    """Nor in the database: it may hold a password."""
    minded.mail.broken = True
    minded.refused()
    with caplog.at_level(logging.DEBUG):
        minded.run(60)
    rows = minded.bench.database.read(lambda c: c.execute(select(schema.marks)).all())

    assert "could not be told" in caplog.text
    assert "pa55" not in caplog.text + str(rows)


def test_an_alarm_of_others_is_told(minded: Minded) -> None:
    """Whoever finds a trouble hands it in, once a day for a name, and from any thread."""
    minded.run(60)
    database, mind = minded.bench.database, minded.mind
    database.write(lambda _c: mind.alarm("parts", "80 % of the day's parts")).result()
    minded.run(10)
    mind.alarm("parts", "81 % of the day's parts")
    minded.run(60)

    assert minded.mail.told == ["80 % of the day's parts"]


def test_loops_that_died_are_told(minded: Minded) -> None:
    """Nothing is sent or confirmed then."""
    minded.alive = False
    minded.run(30)

    assert minded.mail.told == ["im-notify: a loop has died, restart it"]


def test_reports_that_nobody_asks_for_are_told(minded: Minded) -> None:
    """The loop that asks hangs."""
    minded.bench.accept()
    minded.bench.engine.send_due()
    minded.bench.engine.settle()
    minded.run(590)
    before = list(minded.mail.told)
    minded.run(60)

    assert before == []
    assert minded.mail.told == ["im-notify: delivery reports are 10 min late"]


def watch(minded: Minded, seconds: float) -> None:
    """Let everything run for a while."""
    for _turn in range(round(seconds / 30)):
        minded.bench.run(30)
        minded.mind.mind_due()


@pytest.mark.parametrize("fault", ["503", "reset", "junk"])
def test_reports_that_cannot_be_read_are_told(minded: Minded, fault: Any) -> None:
    """They are asked for in vain, again and again; when they can be read, all is well."""
    minded.bench.accept()
    minded.bench.sandbox.fault(fault, when="before", count=40, path="get-report")
    watch(minded, 3 * HOUR)

    assert minded.mail.told == [
        "im-notify: delivery reports are 10 min late",
        "im-notify: delivery reports: well again",
    ]


def test_one_question_that_fails_is_no_trouble(minded: Minded) -> None:
    """A phone is off for hours: it is asked for every half hour, and sooner after a failure."""
    minded.bench.accept("x", "5301234598")
    watch(minded, 2 * HOUR)
    minded.bench.sandbox.fault("503", when="before", count=4, path="get-report")
    watch(minded, 2 * HOUR)

    assert minded.mail.told == []


def test_a_queue_that_nobody_sends_is_told(minded: Minded) -> None:
    """The loop that sends hangs."""
    minded.bench.accept()
    minded.run(590)
    before = list(minded.mail.told)
    minded.run(60)

    assert before == []
    assert minded.mail.told == [
        "im-notify: the queue stands still, the oldest SMS has waited 10 min"
    ]


def test_a_provider_that_cannot_be_reached_is_told(minded: Minded) -> None:
    """Orders are tried again and again, so that none is overdue, and nothing gets out."""
    from im_notify.errors import NotSentError

    class Unreachable(FakeBackend):
        def send(self, message: Message) -> Receipt:
            raise NotSentError(f"no route for {message.sender}", backend="fake")

    minded.bench.engine.sender.backend = Unreachable()
    minded.bench.accept()
    for _minute in range(11):
        minded.bench.run(60)
        minded.run(10)

    assert [text.partition(",")[0] for text in minded.mail.told] == [
        "im-notify: the queue stands still"
    ]


def test_a_queue_that_stands_still_for_a_reason_is_told_by_its_reason(minded: Minded) -> None:
    """One trouble, one text."""
    minded.bench.accept()
    minded.refused()
    minded.run(HOUR)

    assert minded.mail.told == [REFUSED]


def test_a_message_for_later_does_not_wait(minded: Minded) -> None:
    """Its time has not come."""
    from datetime import timedelta

    minded.bench.accept(send_at=minded.bench.clock.now() + timedelta(hours=2))
    minded.run(HOUR)

    assert minded.mail.told == []


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("99", ["im-notify: credit is low, 99 SMS are left"]),
        ("99.5", ["im-notify: credit is low, 99 SMS are left"]),
        ("100", []),
        ("?", []),
        (QueryError("HTTP 500", backend="fake"), []),
    ],
)
def test_low_credit_is_told(minded: Minded, left: str | QueryError, told: list[str]) -> None:
    """What cannot be read is no reason to alarm anybody."""
    minded.backend.left = left
    minded.run(HOUR)

    assert minded.mail.told == told
    assert minded.backend.asked == 4


def test_credit_that_is_bought_is_told(minded: Minded) -> None:
    """At the next question."""
    minded.backend.left = "5"
    minded.run(HOUR)
    minded.backend.left = "5000"
    minded.run(HOUR)

    assert minded.mail.told[1:] == ["im-notify: credit: well again"]


def test_credit_is_not_asked_for_where_nobody_wants_to_know(make: Make) -> None:
    """`credit_low = 0`."""
    minded = make(Secret(URL), credit_low=0)
    minded.run(HOUR)

    assert minded.backend.asked == 0


def test_a_refusal_by_the_provider_is_such_a_trouble(minded: Minded) -> None:
    """From the send path itself."""
    error = RejectedError("401 wrong key", backend="fake", code=401)
    minded.bench.engine.sender.pause.begin(error, "APITEST")
    minded.run(30)

    assert minded.mail.told == [REFUSED]


def test_old_alarms_are_forgotten(minded: Minded) -> None:
    """Marks do not pile up."""
    minded.mind.alarm("parts", "80 %")
    minded.run(30)
    minded.bench.clock.advance(8 * DAY)
    minded.run(60)

    assert minded.bench.database.read(alarms.alarms) == []
