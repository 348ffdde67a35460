"""When a fallback comes, when it does not, and who hears that the problem is over."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState, Severity
from im_notify.config import Config
from im_notify.hookspecs import hookimpl
from im_notify.models import Consent, OrderState, Status
from im_notify.outbox import rungs
from im_notify.outbox.entries import Route
from im_notify.relay.ladders import Ladders, rungs_of
from im_notify.relay.posting import Posting
from im_notify.relay_config import RelayConfig, StormConfig
from im_notify.relay_config import Rung as Step
from im_notify.reports import Delivery, Report
from im_notify.secret import Secret
from im_notify.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.outbox.rungs import RungJob
    from im_notify.relay.store import RelayStore
    from tests.relay.conftest import Bench

URL, SLOW = "mailto://user:password@example.org", "mailto://slow@example.org"
REACHED, OFF, UNREACHED, SECOND = "5301234567", "5301234598", "5301234597", "5301234568"
CONTACTS = {
    "ada": (REACHED,),
    "bob": (OFF,),
    "both": (REACHED, UNREACHED),
    "second": (SECOND,),
    "third": ("5301234697",),  # whose phone is off, too
}


@dataclass
class Mail:
    """A plugin that takes `mailto:`; `failing` is for how many more times it does not."""

    failing: int = 0
    told: list[tuple[str, str]] = field(default_factory=list)

    @hookimpl
    def im_notify_fallback(self, url: str, text: str) -> bool | None:
        """Keep URL and text."""
        if not url.startswith("mailto:"):
            return None
        if self.failing:
            self.failing -= 1
            return False
        self.told.append((url, text))
        return True


@dataclass
class Night:
    """A bench with ladders, and a door for alerts."""

    bench: Bench
    mail: Mail
    store: RelayStore
    relay: RelayConfig
    given_up: list[str] = field(default_factory=list)

    def ladder(self, contact: str, *steps: Step) -> None:
        """Give a contact a ladder."""
        self.relay.ladders[contact] = steps  # type: ignore[index]

    def accept(self, contacts: str, *numbers: str, **fields: Any) -> Any:
        """Store a message for contacts, with their ladders."""
        ladder = rungs_of(self.relay, contacts)
        return self.bench.accept("CRT db1 full", *numbers, ladder=ladder, **fields)

    def alert(self, state: str = "firing", *, contact: str = "bob", **told: Any) -> list[Any]:
        """Take in an alert for a contact."""
        return self.alerts({"db1": state}, contact=contact, **told)

    def alerts(self, states: dict[str, str], *, contact: str = "bob", **told: Any) -> list[Any]:
        """Take in what one notification tells of several machines."""
        alerts = [
            Alert(
                source="test",
                episode=f"{name}/disk",
                state=AlertState(state),
                summary="disk full",
                object=name,
                **told,
            )
            for name, state in states.items()
        ]
        route = Route(
            contact=contact,
            recipients=CONTACTS[contact],
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            lifetime=3600.0,
            ladder=rungs_of(self.relay, contact),
        )
        return self.store.accept_alerts(alerts, route).result()

    def deliver(self) -> None:
        """Have the provider say that every text arrived at the phone that was off."""
        for placed in self.bench.sandbox.ledger:
            report = Report(
                order_id=placed.order_id,
                state=OrderState.COMPLETED,
                deliveries=(Delivery(OFF, Status.DELIVERED),),
            )
            self.store.push(report).result()

    def mails(self) -> list[str]:
        """Return the first words of what was told by mail."""
        return [" ".join(text.split()[:2]) for _url, text in self.mail.told]

    def telling(self, tell: Callable[[str, str], str | None]) -> None:
        """Have this happen when a mail is told."""
        steps = self.bench.climber.steps
        assert isinstance(steps, Ladders)
        self.bench.climber.steps = replace(steps, tell_url=tell)

    def timeline(self, accepted: Any) -> list[str]:
        """Return what happened to a message, its fallbacks only."""
        lines = [f"{one.what}: {one.detail}" for one in self.bench.stored(accepted).timeline]
        return [line for line in lines if line.startswith("fallback")]


@pytest.fixture
def night(bench: Bench) -> Night:
    """Give a bench that climbs what the configuration says; storm control is off."""
    relay = RelayConfig(database="", ladders={}, storm=StormConfig(enabled=False))
    store = replace(bench.store, relay=relay, wording=Wording(language="en", zone=UTC))
    posting = Posting(
        config=Config(contacts=CONTACTS),
        relay=relay,
        store=store,
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
    )
    mail = Mail()
    bench.plugins.add(mail, "mail")
    found = Night(bench, mail, store, relay)
    bench.climber.steps = Ladders(
        relay=relay,
        posting=posting,
        wording=store.wording,
        tell_url=bench.plugins.fall_back,
    )
    bench.climber.gave_up = lambda job: found.given_up.append(job.message_id)
    return found


def test_nobody_is_called_for_a_text_that_arrived_while_the_relay_was_away(night: Night) -> None:
    """Nobody had asked for the report yet when the time of the rung was long over."""
    night.ladder("ada", Step(after=90.0, to=Secret(URL)))
    accepted = night.accept("ada", REACHED)
    night.bench.send()
    night.bench.clock.advance(100)

    night.bench.climb()
    night.bench.run(60)

    assert night.mail.told == []
    assert night.bench.stored(accepted).status is Status.DELIVERED
    assert night.timeline(accepted) == []


def test_a_provider_that_says_nothing_keeps_no_fallback_waiting(night: Night) -> None:
    """Not knowing is as bad as not delivered."""
    night.ladder("ada", Step(after=90.0, to=Secret(URL)))
    night.accept("ada", REACHED)
    night.bench.send()
    night.bench.sandbox.fault("503", count=100, path="get-report")
    night.bench.clock.advance(100)

    night.bench.climb()

    assert night.mail.told == [(URL, "CRT db1 full")]


def claim(bench: Bench) -> RungJob:
    """Take a rung as the pass does, and die."""
    now = bench.clock.now().timestamp()
    (job,) = bench.database.write(lambda c: rungs.claim_rungs(c, now=now, limit=1)).result()
    return job


def test_a_rung_whose_text_arrived_before_the_process_died_is_not_climbed(night: Night) -> None:
    """It was being tried at that moment, so it might have been told, but it need not be."""
    night.ladder("ada", Step(after=2.0, to=Secret(URL)))
    accepted = night.accept("ada", REACHED)
    night.bench.send()
    night.bench.clock.advance(2)
    claim(night.bench)
    night.bench.clock.advance(3)
    night.bench.engine.confirm_due()
    assert night.bench.stored(accepted).status is Status.DELIVERED

    night.bench.climber.recover()
    night.bench.run(60)

    assert night.mail.told == []


def test_a_rung_of_a_process_that_died_is_climbed_again(night: Night) -> None:
    """Loud twice is better than not at all."""
    night.ladder("bob", Step(after=2.0, to=Secret(URL)))
    night.accept("bob", OFF)
    night.bench.send()
    night.bench.clock.advance(2)
    claim(night.bench)

    night.bench.climber.recover()
    night.bench.climb()

    assert night.mail.told == [(URL, "CRT db1 full")]


@pytest.mark.parametrize(
    ("to", "told"), [("ada,bob", []), ("bob,ada", []), ("both", [(URL, "CRT db1 full")])]
)
def test_the_ladder_of_a_contact_is_for_its_own_phones(
    night: Night, to: str, told: list[Any]
) -> None:
    """That of ada does not begin because bob's phone is off; of her own, each one counts."""
    night.ladder(to if to == "both" else "ada", Step(after=90.0, to=Secret(URL)))
    numbers = [number for name in to.split(",") for number in CONTACTS[name]]
    night.accept(to, *numbers)

    night.bench.run(120)

    assert night.mail.told == told


@pytest.mark.parametrize("off", ["ada", "bob"])
def test_a_rung_that_contacts_share_is_for_whichever_is_not_reached(night: Night, off: str) -> None:
    """It is climbed once, and not at all where both have the text."""
    step = Step(after=90.0, to=Secret(URL))
    night.ladder("ada", step)
    night.ladder("second", step)
    numbers = {"ada": (OFF, SECOND), "bob": (REACHED, SECOND)}[off]
    config = Config(contacts=CONTACTS | {"ada": numbers[:1]})
    steps = night.bench.climber.steps
    assert isinstance(steps, Ladders)
    night.bench.climber.steps = replace(steps, posting=replace(steps.posting, config=config))
    night.accept("ada,second", *numbers)

    night.bench.run(120)

    assert night.mail.told == {"ada": [(URL, "CRT db1 full")], "bob": []}[off]


def test_a_mail_server_that_is_away_is_tried_again(night: Night) -> None:
    """A site that is cut off has neither SMS nor mail for some minutes."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.mail.failing = 3
    accepted = night.accept("bob", OFF)

    night.bench.run(600)

    assert night.mail.told == [(URL, "CRT db1 full")]
    failed = [line for line in night.timeline(accepted) if line.startswith("fallback failed")]
    assert len(failed) == 3
    assert night.timeline(accepted)[-1] == "fallback done: step 1"


def test_it_is_not_tried_again_once_the_text_arrived(night: Night) -> None:
    """The phone came back first."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.mail.failing = 1
    accepted = night.accept("bob", OFF)
    night.bench.run(95)

    night.deliver()
    night.bench.run(600)

    assert night.bench.stored(accepted).status is Status.DELIVERED
    assert night.mail.told == []


def test_who_could_tell_nobody_says_so_in_the_end(night: Night) -> None:
    """An hour after the message's lifetime, and not while another step has told somebody."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.ladder("both", Step(after=90.0, to=Secret(SLOW)), Step(after=100.0, to="second"))
    night.mail.failing = 10**6
    night.accept("both", UNREACHED)
    lost = night.accept("bob", OFF)

    night.bench.run(3600)
    assert night.given_up == []
    night.bench.run(3 * 3600)

    assert night.given_up == [lost.id]


def test_a_problem_that_was_told_again_has_one_ladder(night: Night) -> None:
    """It got worse, so there are two texts: when it is over, the ladders of both are."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert(severity=Severity.WARNING)
    night.bench.clock.advance(30)
    night.alert(severity=Severity.CRITICAL)
    night.bench.clock.advance(30)

    night.alert("resolved")
    night.bench.run(600)

    assert night.mail.told == []


def test_the_ladder_of_the_last_text_goes_on(night: Night) -> None:
    """That of the one before does not: nobody is called twice."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert(severity=Severity.WARNING)
    night.bench.clock.advance(30)
    night.alert(severity=Severity.CRITICAL)

    night.bench.run(600)

    assert [text.partition(" #")[0][:10] for _url, text in night.mail.told] == ["CRT db1 di"]


@pytest.mark.parametrize(
    ("recovery", "end"), [("delivered", True), ("always", True), ("never", False)]
)
def test_who_was_woken_by_a_fallback_hears_the_end(
    night: Night, *, recovery: Any, end: bool
) -> None:
    """By mail and by SMS, once; the phone that got neither text hears nothing."""
    steps = (Secret(URL), "second", "third")
    night.ladder("bob", *(Step(after=90.0, to=to) for to in steps))
    night.store.relay = replace(night.relay, recovery=recovery)
    night.alert()
    night.bench.run(900)

    night.alert("resolved")
    night.bench.run(60)
    night.alert()
    night.alert("resolved")
    night.bench.run(60)

    begun, *over = [text for _url, text in night.mail.told]
    assert begun.startswith("WRN db1 disk full ")
    assert over == ([begun.replace("WRN", "OK")] if end else [])
    assert night.bench.sandbox.phone(SECOND) == [begun, *over]
    assert night.bench.sandbox.phone("5301234697") == []


def test_one_phone_of_several_is_enough_for_the_end(night: Night) -> None:
    """Else who was told of the problem would wait for its end in vain."""
    night.alert(contact="both")
    night.bench.run(900)

    night.alert("resolved", contact="both")
    night.bench.run(10)

    texts = night.bench.sandbox.phone(REACHED)
    assert [text.partition(" ")[0] for text in texts] == ["WRN", "OK"]


def test_an_end_that_nobody_is_told_of_says_why(night: Night) -> None:
    """In the timeline of the problem's text."""
    (accepted,) = night.alert(contact="third")
    night.bench.run(60)

    night.alert("resolved", contact="third")

    last = night.bench.stored(accepted).timeline[-1]
    assert (last.what, last.detail) == ("no text", "its problem's text was not delivered")


def test_nobody_is_said_to_be_unreached_whose_text_arrived_meanwhile(night: Night) -> None:
    """While the mail server that was tried said no."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))

    def tell(_url: str, _text: str) -> str:
        night.deliver()
        return "away"

    night.telling(tell)
    accepted = night.accept("bob", OFF)

    night.bench.run(4 * 3600)

    assert night.bench.stored(accepted).status is Status.DELIVERED
    assert night.given_up == []


def test_one_phone_that_has_the_text_is_not_nobody(night: Night) -> None:
    """The other one is off, and its fallback leads nowhere."""
    night.ladder("both", Step(after=90.0, to="nobody"))
    night.accept("both", REACHED, UNREACHED)

    night.bench.run(4 * 3600)

    assert night.given_up == []


def test_the_end_of_an_old_problem_is_tried_again(night: Night) -> None:
    """For an hour, however long the problem lasted; that it failed is no alarm."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert()
    night.bench.run(3 * 3600)
    night.mail.failing = 2

    night.alert("resolved")
    night.bench.run(600)

    assert night.mails() == ["WRN db1", "OK db1"]
    assert night.given_up == []


def test_an_end_that_comes_while_the_problem_is_told_is_told_next(night: Night) -> None:
    """The mail server took its time."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert()
    tell = night.bench.plugins.fall_back

    def tell_slowly(url: str, text: str) -> str | None:
        if not night.mail.told:
            night.alert("resolved")
        return tell(url, text)

    night.telling(tell_slowly)
    night.bench.run(600)

    assert night.mails() == ["WRN db1", "OK db1"]


def test_who_heard_only_of_the_first_text_hears_the_end(night: Night) -> None:
    """The problem got worse and the phone got that text, so that its ladder was not climbed."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert(severity=Severity.WARNING)
    night.bench.run(300)
    night.alert(severity=Severity.CRITICAL)
    night.bench.run(5)
    night.deliver()
    night.bench.run(300)

    night.alert("resolved")
    night.bench.run(60)

    assert night.mails() == ["WRN db1", "OK db1"]


def test_nothing_is_said_to_be_over_while_a_problem_of_the_text_is_there(night: Night) -> None:
    """Two problems in one text; one got worse and is told by another, the other one ends."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alerts({"db1": "firing", "db2": "firing"}, severity=Severity.WARNING)
    night.bench.run(300)
    night.alerts({"db1": "firing"}, severity=Severity.CRITICAL)
    night.bench.run(5)
    night.deliver()

    night.alerts({"db2": "resolved"})
    night.bench.run(300)

    assert night.mails() == ["WRN disk"]


def test_what_is_acknowledged_is_not_over(night: Night) -> None:
    """The end is told when the last problem of the text is."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alerts({"db1": "firing", "db2": "firing"})
    night.bench.run(300)

    night.alerts({"db1": "acknowledged"})
    night.alerts({"db2": "resolved"})
    night.bench.run(60)
    before = night.mails()
    night.alerts({"db1": "resolved"})
    night.bench.run(60)

    assert before == ["WRN disk"]
    assert night.mails() == ["WRN disk", "OK disk"]


def test_an_end_is_not_told_of_what_began_again(night: Night) -> None:
    """The mail server was away when it ended; what is told later is true then."""
    night.ladder("bob", Step(after=90.0, to=Secret(URL)))
    night.alert()
    night.bench.run(300)
    night.mail.failing = 1
    night.alert("resolved")
    night.bench.run(5)
    night.alert()
    night.bench.run(600)
    again = night.mails()

    night.alert("resolved")
    night.bench.run(60)

    assert again == ["WRN db1", "WRN db1"]
    assert set(night.mails()[2:]) == {"OK db1"}
