from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from im_notify.config import Config
from im_notify.hookspecs import hookimpl
from im_notify.models import Consent
from im_notify.outbox import rungs
from im_notify.outbox.entries import OutboxError, Rung
from im_notify.relay.ladders import Ladders, rungs_of
from im_notify.relay.posting import Posting
from im_notify.relay_config import RelayConfig
from im_notify.relay_config import Rung as Step
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from im_notify.outbox.rungs import RungJob
    from tests.relay.conftest import Bench

URL = "mailto://user:password@example.org"
LADDERS = {
    "oncall": (Step(after=90.0, to=Secret(URL)), Step(after=180.0, to="second")),
    "second": (Step(after=60.0, to="nobody"), Step(after=90.0, to=Secret(URL))),
}
CONTACTS = {"second": ("5301234568",), "abroad": ("+4915112345678",), "nobody": ()}


@dataclass
class Mail:
    """A plugin that takes `mailto:` and keeps what it is told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    @hookimpl
    def im_notify_fallback(self, url: str, text: str) -> bool | None:
        """Keep URL and text."""
        self.told.append((url, text))
        return True if url.startswith("mailto:") else None


@pytest.fixture
def mail(bench: Bench) -> Mail:
    """Give what the rungs of the bench really do."""
    config = Config(contacts=CONTACTS, allow_foreign=True)
    relay = RelayConfig(database="", ladders=dict(LADDERS))
    posting = Posting(
        config=config,
        relay=relay,
        store=bench.store,
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
    )
    bench.climber.steps = Ladders(
        relay=relay,
        posting=posting,
        wording=bench.store.wording,
        tell_url=bench.plugins.fall_back,
    )
    plugin = Mail()
    bench.plugins.add(plugin, "mail")
    return plugin


def climb(bench: Bench, target: str) -> list[str]:
    """Reach a rung of an undelivered message; returns the timeline's end."""
    accepted = bench.accept("x", "5301234598", ladder=(Rung(90.0, target),))
    bench.clock.advance(90)
    bench.climb()
    return [f"{one.what}: {one.detail}" for one in bench.stored(accepted).timeline][1:]


def test_rungs_are_references_in_the_order_of_time() -> None:
    """No URL is stored; a rung that two contacts share is climbed once."""
    relay = RelayConfig(database="", ladders=LADDERS)

    assert rungs_of(relay, "oncall,second") == (
        Rung(60.0, "second/1"),
        Rung(90.0, "oncall/1,second/2"),
        Rung(180.0, "oncall/2"),
    )
    assert rungs_of(relay, None) == ()


def test_a_url_goes_to_the_plugins(bench: Bench, mail: Mail) -> None:
    """With the text that did not arrive; the URL is in no timeline."""
    lines = climb(bench, "oncall/1")

    assert mail.told == [(URL, "x")]
    assert lines == ["fallback: step 1", "fallback done: step 1"]


@pytest.mark.usefixtures("mail")
def test_a_contact_gets_the_text_as_a_message(bench: Bench) -> None:
    """It is stored, sent and confirmed as any other."""
    climb(bench, "oncall/2")

    bench.run(10)

    assert bench.sandbox.phone("5301234568") == ["x"]


@pytest.mark.usefixtures("mail")
def test_a_rung_that_is_climbed_twice_is_sent_once(bench: Bench) -> None:
    """Killed after the message was stored and before the rung was: it is tried again."""
    accepted = bench.accept("x", "5301234598", ladder=(Rung(90.0, "oncall/2"),))
    bench.clock.advance(90)
    now = bench.clock.now().timestamp()
    (job,) = bench.database.write(lambda c: rungs.claim_rungs(c, now=now, limit=1)).result()
    bench.climber.steps.climb(job)

    bench.climber.recover()
    bench.run(10)

    assert bench.sandbox.phone("5301234568") == ["x"]
    assert "fallback done" in [one.what for one in bench.stored(accepted).timeline]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("oncall/3", "the configuration has no such step any more"),
        ("gone/1", "the configuration has no such step any more"),
        ("mailto://old", "the configuration has no such step any more"),
        ("second/1", "nobody has no number"),
    ],
)
@pytest.mark.usefixtures("mail")
def test_a_rung_that_leads_nowhere_is_noted(bench: Bench, target: str, why: str) -> None:
    """The configuration changed since the message was stored: the timeline says why."""
    assert climb(bench, target)[-1] == f"fallback failed: {why}"


def test_a_scheme_that_nobody_knows_is_noted(bench: Bench, mail: Mail) -> None:
    """It is named without the rest of the URL."""
    steps = (Step(after=1.0, to=Secret("carrier://pigeon:secret@loft")),)
    bench.climber.steps.relay.ladders["oncall"] = steps  # type: ignore[attr-defined]

    lines = climb(bench, "oncall/1")

    assert mail.told != []
    assert "carrier" in lines[-1]
    assert "secret" not in lines[-1]


def test_a_rung_that_breaks_leaves_the_others(bench: Bench) -> None:
    """Whatever a target raises: it is noted, and the next one is told."""
    told: list[int] = []

    def fall_back(job: RungJob) -> None:
        told.append(job.position)
        if job.position == 1:
            raise ZeroDivisionError

    bench.fall(fall_back)
    accepted = bench.accept("x", "5301234598", ladder=(Rung(90.0, "a/1"), Rung(90.0, "a/2")))
    bench.clock.advance(90)

    bench.climb()

    ends = [one.what for one in bench.stored(accepted).timeline if "fallback " in one.what]
    assert told == [1, 2]
    assert sorted(ends) == ["fallback done", "fallback failed"]


def test_a_rung_that_could_not_be_stored_is_tried_again(bench: Bench) -> None:
    """The disk was full when its message was to be kept."""
    tries: list[str] = []

    def fall_back(job: RungJob) -> None:
        tries.append(job.target)
        if len(tries) == 1:
            raise OutboxError

    bench.fall(fall_back)
    bench.accept("x", "5301234598", ladder=(Rung(90.0, "a/1"),))
    bench.clock.advance(90)

    bench.climb()
    bench.climb()
    at_once = len(tries)
    bench.clock.advance(1)
    bench.climb()
    bench.climb()

    assert at_once == 1
    assert tries == ["a/1", "a/1"]


def test_a_rung_is_not_told_again_while_its_outcome_cannot_be_stored(
    bench: Bench, full_disk: Callable[[], AbstractContextManager[None]]
) -> None:
    """One mail, not one each second."""
    tries: list[str] = []
    bench.accept("x", "5301234598", ladder=(Rung(90.0, "a/1"),))
    bench.clock.advance(90)
    disk = full_disk()

    def fall_back(job: RungJob) -> None:
        tries.append(job.target)
        disk.__enter__()

    bench.fall(fall_back)
    for _time in range(3):
        with pytest.raises(OutboxError):
            bench.climb()
    disk.__exit__(None, None, None)
    bench.climb()

    assert tries == ["a/1"]


def test_a_foreign_number_is_a_rung_too(bench: Bench, mail: Mail) -> None:
    """Where the configuration allows such numbers."""
    steps = (Step(after=1.0, to="abroad"),)
    bench.climber.steps.relay.ladders["oncall"] = steps  # type: ignore[attr-defined]

    assert climb(bench, "oncall/1")[-1] == "fallback done: step 1"
    assert mail.told == []


def test_a_target_that_hangs_holds_up_no_other(bench: Bench) -> None:
    """Both are told at the same time; one after the other they would wait for each other."""
    together = Barrier(2)

    def tell(_job: RungJob) -> str | None:
        together.wait(10)
        return None

    bench.fall(tell)
    accepted = [bench.accept(name, "5301234598", ladder=(Rung(90.0, "x/1"),)) for name in "ab"]
    bench.clock.advance(90)

    bench.climb()

    ends = [bench.stored(one).timeline[-1].what for one in accepted]
    assert ends == ["fallback done", "fallback done"]
