from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.errors import AlertError, ConfigError, ImNotifyError
from im_notify.hookspecs import hookimpl
from im_notify.models import Consent, Status
from im_notify.outbox.entries import Route
from im_notify.plugins import Plugins
from im_notify.relay.answering import BACKOFF, Answering
from im_notify.relay_config import HookConfig, RelayConfig, StormConfig, WriteBackConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from im_notify.outbox.entries import Accepted
    from im_notify.protocols import Outcome
    from tests.relay.conftest import Bench

    Accept = Callable[..., Accepted]

RELAY = RelayConfig(
    database="",
    write_back={
        "tickets": WriteBackConfig(name="tickets", kind="paper"),
        "other": WriteBackConfig(name="other", kind="paper"),
        "strange": WriteBackConfig(name="strange", kind="carrier pigeon"),
    },
)


@dataclass
class Paper:
    """A plugin that writes down what it is told, or raises what it is given."""

    told: list[tuple[str, Outcome]] = field(default_factory=list)
    asked: int = 0
    failing: dict[str, Exception] = field(default_factory=dict)

    @hookimpl
    def im_notify_write_back(self, target: WriteBackConfig, outcome: Outcome | None) -> bool | None:
        """Keep the place and the outcome."""
        if target.kind != "paper":
            return None
        self.asked += 1
        if error := self.failing.get(target.name):
            raise error
        if outcome:
            self.told.append((target.name, outcome))
        return True


@pytest.fixture
def paper(bench: Bench) -> Paper:
    """Give the plugin, in use."""
    plugin = Paper()
    bench.plugins.add(plugin, "paper")
    return plugin


@pytest.fixture
def answering(bench: Bench) -> Answering:
    """Give the pass that writes back."""
    return Answering(
        database=bench.database,
        plugins=bench.plugins,
        clock=bench.watched,
        relay=RELAY,
        wording=bench.store.wording,
    )


@pytest.fixture
def accept(bench: Bench) -> Accept:
    """Give what takes an alert in, for a number, whose outcome goes to places."""
    bench.store.relay = RelayConfig(database="", storm=StormConfig(enabled=False))

    def accepted(*places: str, number: str = "5301234567", **fields: Any) -> Accepted:
        alert = Alert(
            **{"source": "door", "episode": "disk", "state": AlertState.FIRING, "object": "db1"}
            | fields
        )
        route = Route(
            contact=None,
            recipients=(number,),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            lifetime=3600.0,
            write_back=places,
        )
        (found,) = bench.store.accept_alerts([alert], route).result()
        return found

    return accepted


def timeline(bench: Bench, accepted: Accepted) -> list[str]:
    """Return the last lines of a message's timeline, those about writing back."""
    lines = [f"{one.what}: {one.detail}" for one in bench.stored(accepted).timeline]
    return [line for line in lines if line.startswith(("written", "write-back"))]


@pytest.mark.usefixtures("paper")
def test_nothing_is_told_before_the_end(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """A message that is on its way has no outcome yet."""
    accept("tickets")
    bench.run(0.5)

    assert answering.answer_due() is None
    assert paper.told == []


def test_an_outcome_is_told_once(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """Each place hears of the message, its alerts as they were posted, and when it ended."""
    accepted = accept("tickets", "other", labels={"event_id": "20"})
    bench.run(30)
    answering.answer_due()
    answering.answer_due()

    assert [name for name, _outcome in paper.told] == ["other", "tickets"]
    outcome = paper.told[0][1]
    assert (outcome.id, outcome.status) == (accepted.id, Status.DELIVERED)
    assert [(one.number, one.status) for one in outcome.deliveries] == [
        ("5301234567", Status.DELIVERED)
    ]
    assert [(one.episode, one.object, one.labels) for one in outcome.alerts] == [
        ("disk", "db1", {"event_id": "20"})
    ]
    ended = next(e.at for e in bench.stored(accepted).timeline if e.what == "delivered")
    assert outcome.ended_at == ended
    assert outcome.text == f"SMS delivered: 90530*****67 {ended:%H:%M:%S} (#{accepted.id})"
    assert timeline(bench, accepted) == ["written back: other", "written back: tickets"]


def test_an_alert_whose_hook_names_no_place_is_not_told(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """As most do."""
    accept()
    bench.run(30)
    answering.answer_due()

    assert paper.told == []


def test_a_bad_end_is_told_as_well(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """That is what it is for; the sandbox delivers to no number that ends so."""
    accept("tickets", number="5301234598")
    bench.engine.confirm_end = 60.0
    bench.run(200)
    answering.answer_due()

    assert [outcome.status for _name, outcome in paper.told] == [Status.UNKNOWN]
    assert "outcome unknown" in paper.told[0][1].text


def test_a_report_that_comes_late_is_told_again(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """An order that was given up may still learn how it ended."""
    from im_notify.models import OrderState
    from im_notify.reports import Delivery, Report

    accepted = accept("tickets", number="5301234598")
    bench.engine.confirm_end = 60.0
    bench.run(200)
    answering.answer_due()
    (order,) = bench.stored(accepted).orders
    report = Report(
        order_id=str(order.order_id),
        state=OrderState.COMPLETED,
        deliveries=(Delivery("5301234598", Status.DELIVERED),),
    )

    for _twice in range(2):
        bench.store.push(report).result()
        answering.answer_due()

    told = [outcome.status for _name, outcome in paper.told]
    assert told == [Status.UNKNOWN, Status.DELIVERED]


def test_a_place_that_fails_is_told_again_for_an_hour(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """With growing pauses; then the timeline says why it was given up."""
    accepted = accept("tickets")
    bench.run(30)
    paper.failing["tickets"] = ImNotifyError("tickets answered HTTP 500")

    pauses = []
    while (due := answering.answer_due()) is not None:
        pauses.append(round(due - bench.clock.now().timestamp(), 3))
        bench.clock.advance(pauses[-1])

    assert pauses == list(BACKOFF)
    assert 3_600 <= sum(pauses) < 3_700
    assert timeline(bench, accepted) == ["write-back failed: tickets: tickets answered HTTP 500"]


def test_a_place_that_recovers_is_told(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """The next attempt goes through."""
    accept("tickets")
    bench.run(30)
    paper.failing["tickets"] = ImNotifyError("no")
    answering.answer_due()
    paper.failing.clear()
    bench.clock.advance(BACKOFF[0])
    answering.answer_due()

    assert len(paper.told) == 1


def test_a_place_that_fails_holds_up_no_other(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """It has one attempt in a pass, and its other messages have theirs in the next ones."""
    for number in range(4):
        accept("tickets", "other", episode=f"disk {number}")
    bench.run(30)
    paper.failing["other"] = ImNotifyError("no")
    answering.answer_due()
    first = paper.asked
    answering.answer_due()

    assert [name for name, _outcome in paper.told] == ["tickets"] * 4
    assert (first, paper.asked) == (5, 6)


@pytest.mark.parametrize("error", [AlertError("no event"), ConfigError("no url")])
def test_what_never_will_work_is_not_tried_again(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept, error: Exception
) -> None:
    """Nothing changes by waiting."""
    accepted = accept("tickets")
    bench.run(30)
    paper.failing["tickets"] = error

    assert answering.answer_due() is None
    assert timeline(bench, accepted) == [f"write-back failed: tickets: {error}"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("gone", "the configuration has no such place any more"),
        ("strange", "[write_back.strange] no plugin knows the kind carrier pigeon"),
    ],
)
def test_a_place_that_nobody_knows_is_said(
    bench: Bench, answering: Answering, accept: Accept, place: str, reason: str
) -> None:
    """The configuration may have changed since the alert came."""
    accepted = accept(place)
    bench.run(30)
    answering.answer_due()

    assert timeline(bench, accepted) == [f"write-back failed: {place}: {reason}"]


def test_a_plugin_that_breaks_is_tried_again(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """Its fault is named by its type alone: its text may hold anything."""
    accepted = accept("tickets")
    bench.run(30)
    paper.failing["tickets"] = RuntimeError("the token is pa55")

    assert answering.answer_due() is not None
    for pause in BACKOFF:
        bench.clock.advance(pause)
        answering.answer_due()
    assert timeline(bench, accepted) == ["write-back failed: tickets: RuntimeError"]


def test_a_text_about_several_hooks_is_told_to_each_of_its_own(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """A place hears of no alert of a hook that does not name it."""
    hook = HookConfig(name="door", source="x", sender="A", consent=Consent.TRANSACTIONAL)
    answering.relay = RelayConfig(database="", write_back=RELAY.write_back, hooks={"door": hook})
    accept("tickets", source="door")
    accept("tickets", source="back door")
    bench.run(30)
    answering.answer_due()

    told = sorted([alert.source for alert in outcome.alerts] for _name, outcome in paper.told)
    assert told == [[], ["back door"]]


DYING = """
import os, signal, sys
from pathlib import Path
from im_notify.clock import SystemClock
from im_notify.hookspecs import hookimpl
from im_notify.outbox.database import Database
from im_notify.plugins import Plugins
from im_notify.relay.answering import Answering
from im_notify.relay_config import RelayConfig, WriteBackConfig
from im_notify.wording import Wording
from datetime import UTC

class Deadly:
    @hookimpl
    def im_notify_write_back(self, target, outcome):
        Path(sys.argv[2]).write_text(outcome.id)
        os.kill(os.getpid(), signal.SIGKILL)

plugins = Plugins()
plugins.add(Deadly(), "deadly")
place = WriteBackConfig(name="tickets", kind="paper")
Answering(
    database=Database(sys.argv[1]), plugins=plugins, clock=SystemClock(),
    relay=RelayConfig(database="", write_back={"tickets": place}), wording=Wording(zone=UTC),
).answer_due()
"""


def test_an_outcome_survives_a_kill(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept, tmp_path: Path
) -> None:
    """A process that dies after it told and before it could store that leaves it to the next."""
    accepted = accept("tickets")
    bench.run(30)
    bench.clock.advance(datetime.now(UTC).timestamp() - bench.clock.now().timestamp())
    url, sign = f"sqlite:///{tmp_path}/outbox.db", tmp_path / "told"

    dead = subprocess.run(
        [sys.executable, "-c", DYING, url, str(sign)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=False,
    )
    answering.answer_due()

    assert dead.returncode == -signal.SIGKILL
    assert sign.read_text() == accepted.id
    assert [outcome.id for _name, outcome in paper.told] == [accepted.id]


def test_the_end_and_that_it_is_to_be_told_are_one_transaction(
    bench: Bench, paper: Paper, answering: Answering, accept: Accept
) -> None:
    """Where one is undone, so is the other."""
    from im_notify.outbox import claiming, outcomes

    accepted = accept("tickets")
    now = bench.clock.now().timestamp()

    def broken(connection: Any) -> None:
        (job,) = claiming.claim(connection, now=now, limit=1)
        outcomes.finish(connection, job, outcomes.End(status=Status.REFUSED, reason="no"), now=now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bench.database.write(broken).result()
    answering.answer_due()

    assert bench.stored(accepted).status is Status.WAITING
    assert paper.told == []


def test_settings_are_checked_without_an_outcome() -> None:
    """What a plugin says of them reaches whoever starts the relay."""
    plugins, plugin = Plugins(), Paper()
    plugins.add(plugin, "paper")

    plugins.write_back(RELAY.write_back["tickets"], None)
    with pytest.raises(ConfigError, match="no plugin knows the kind carrier pigeon"):
        plugins.write_back(RELAY.write_back["strange"], None)

    assert plugin.told == []
