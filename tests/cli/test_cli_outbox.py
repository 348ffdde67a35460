"""`im-notify outbox`: the relay's messages, looked at and steered, also while it runs."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from im_notify.alerts import Alert, AlertState, alert_object
from im_notify.app import App
from im_notify.cli import run
from im_notify.commands.tables import clean
from im_notify.csvout import inert
from im_notify.models import Consent, OrderState, Status
from im_notify.outbox import accepting, claiming, holding, outcomes, reading, reporting, schema
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Entry, Route, Rung, Stored
from im_notify.reports import Delivery, Report
from im_notify.sandbox import Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from im_notify.outbox.claiming import Job
    from tests.cli.conftest import Ran, Shell

ONE, TWO = "5301234567", "5301234568"
ZONES = ("Europe/Istanbul", "Pacific/Kiritimati")
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
[relay]
listen = "127.0.0.1:0"
database = "sqlite:///{folder}/outbox.db"
"""


def configured(folder: Path) -> Path:
    """Write a configuration whose outbox is in `folder`."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=folder), "utf-8")
    return path


@dataclass
class Held:
    """An outbox that is filled, and the command line beside it."""

    database: Database
    shell: Shell
    config: Path

    def __call__(self, *argv: str) -> Ran:
        """Run `im-notify outbox ARGV`."""
        return self.shell("outbox", *argv, "--config", str(self.config))

    def json(self, *argv: str) -> Any:
        """Run it and return what it printed for scripts."""
        ran = self(*argv, "--json")
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    @property
    def now(self) -> float:
        """Return the time of the command line."""
        return self.shell.clock.now().timestamp()

    def accept(self, text: str = "disk full", *numbers: str, **fields: Any) -> str:
        """Store a message and return its id."""
        known: dict[str, Any] = {"source": "lobby", "lifetime": 60.0, **fields}
        entry = Entry(
            text=text,
            recipients=numbers or (ONE,),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            **known,
        )
        now = self.now
        return self.database.write(lambda c: accepting.accept(c, entry, now=now)).result().id

    def claim(self) -> Job:
        """Take the next order, as a relay does."""
        now = self.now
        (job,) = self.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
        return job

    def end(self, status: Status, code: int | None = None) -> None:
        """Let the next order end so."""
        job, now = self.claim(), self.now
        end = outcomes.End(status=status, reason="so it is", code=code)
        self.database.write(lambda c: outcomes.finish(c, job, end, now=now)).result()

    def place(self, order_id: str = "41") -> None:
        """Let the provider take the next order."""
        job, now = self.claim(), self.now
        self.database.write(
            lambda c: outcomes.placed(c, job, order_id, now=now, look_at=now + 3)
        ).result()

    def report(self, **statuses: str) -> None:
        """Let order 41 be reported; `one` and `two` are the recipients."""
        names, now = {"one": ONE, "two": TWO}, self.now
        rows = tuple(Delivery(names[name], Status(status)) for name, status in statuses.items())
        report = Report(order_id="41", state=OrderState.COMPLETED, deliveries=rows)
        self.database.write(lambda c: reporting.reported(c, report, now=now, look_at=None)).result()

    def stored(self, name: str) -> Stored:
        """Return a message as it stands."""
        return found(self.database, name)

    def hold(self, name: str, reason: str, state: str = "dropped") -> None:
        """Keep an alert that is not texted."""
        alert = Alert(
            source="lobby", episode=name, state=AlertState.FIRING, object="db1", summary="disk full"
        )
        route = Route(
            contact="oncall",
            recipients=(ONE,),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            lifetime=60.0,
        )
        row = {
            "id": name,
            "audience": "oncall",
            "source": "lobby",
            "episode": name,
            "state": state,
            "reason": reason,
            "alert": json.dumps(alert_object(alert)),
            "route": holding.route_text(route),
            "at": self.now,
            "due_at": self.now,
        }
        self.database.write(lambda c: c.execute(insert(schema.held), row) and None).result()


def found(database: Database, name: str) -> Stored:
    """Return a message as it stands."""
    message = database.read(lambda c: reading.stored(c, name))
    assert message is not None
    return message


@pytest.fixture
def outbox(shell: Shell, tmp_path: Path) -> Iterator[Held]:
    """Give an empty outbox, open as a relay has it open."""
    database = Database(f"sqlite:///{tmp_path}/outbox.db")
    yield Held(database, shell, configured(tmp_path))
    database.close()


def test_a_list_has_the_newest_first_and_no_texts(outbox: Held) -> None:
    """Neither texts nor numbers are shown unless they are asked for."""
    first = outbox.accept("private one")
    outbox.shell.clock.advance(60)
    second = outbox.accept("private two", ONE, TWO, contact="oncall")

    ran = outbox("list")
    open_ = outbox("list", "--text", "--numbers")

    lines = [line.split() for line in ran.out.splitlines()]
    assert [(line[0], *line[3:]) for line in lines] == [
        (second, "lobby", "oncall", "waiting", "2"),
        (first, "lobby", "-", "waiting", "1"),
    ]
    assert "private two" in open_.out
    assert f"+90{TWO}" in open_.out
    assert "private" not in outbox("list", "--json").out


FILTERS = {
    ("--state", "refused"): {"refused"},
    ("--state", "refused", "--state", "waiting"): {"refused", "waiting", "old"},
    ("--since", "1h"): {"refused", "waiting"},
    ("--source", "gate"): {"old"},
    ("--contact", "oncall"): {"refused"},
    ("--contact", "on"): set(),
    ("--contact", "%"): set(),
    ("--limit", "1"): {"waiting"},
}


@pytest.mark.parametrize(("words", "wanted"), FILTERS.items(), ids=" ".join)
def test_a_list_can_be_narrowed(outbox: Held, words: tuple[str, ...], wanted: set[str]) -> None:
    """By state, age, source, contact and length."""
    outbox.accept("old", source="gate", lifetime=1e6)
    outbox.shell.clock.advance(7200)
    outbox.accept("refused", contact="night,oncall")
    old = outbox.claim()
    outbox.end(Status.REFUSED)
    now = outbox.now
    outbox.database.write(
        lambda c: outcomes.retry(c, old, now=now, due_at=now + 60, reason="")
    ).result()
    outbox.shell.clock.advance(1)
    outbox.accept("waiting")

    listed = outbox.json("list", "--text", *words)["messages"]

    assert {one["text"] for one in listed} == wanted


@pytest.mark.parametrize("words", [("--limit", "0"), ("--state", "gone"), ("--since", "soon")])
def test_a_wrong_filter_is_a_wrong_argument(outbox: Held, words: tuple[str, str]) -> None:
    """Said in one line."""
    assert outbox("list", *words).code == 2


def test_held_alerts_are_listed_with_the_reason(outbox: Held) -> None:
    """What was not texted stays to be asked for, by its id as well."""
    outbox.hold("h0000000aaaa", "daily cap")

    ran = outbox("list", "--held")
    (line,) = outbox.json("list", "--held", "--text")["held"]
    shown = outbox("show", "h0000000aaaa")

    assert ran.out.split()[3:] == ["lobby", "oncall", "dropped", "daily", "cap", "-"]
    assert (line["reason"], line["summary"]) == ("daily cap", "db1 disk full")
    assert "daily cap" in shown.out


def test_show_tells_all_that_happened(outbox: Held) -> None:
    """Recipients, orders, ladder, timeline; the text when asked for."""
    name = outbox.accept("private", ONE, TWO, ladder=(Rung(90.0, "oncall/1"),))
    outbox.place()
    outbox.report(one="delivered", two="undelivered")

    shown = outbox("show", name)
    whole = outbox.json("show", name, "--text")

    for said in (name, f"+90{ONE}  delivered", f"+90{TWO}  undelivered", "41  ", "oncall/1"):
        assert said in shown.out
    assert "private" not in shown.out
    assert whole["text"] == "private"
    assert [one["what"] for one in whole["timeline"]] == ["stored", "sent", "undelivered"]
    assert [one["to"] for one in whole["ladder"]] == ["oncall/1"]


def test_times_are_those_of_the_relay_s_zone(outbox: Held) -> None:
    """Not of the machine, in lists as in a timeline; JSON keeps them with their offset."""
    outbox.hold("h0000000aaaa", "daily cap")
    name = outbox.accept(ladder=(Rung(90.0, "oncall/1"),))
    at = outbox.shell.clock.now()
    words = (("list",), ("list", "--held"), ("show", name), ("show", "h0000000aaaa"))
    told = {zone: [in_zone(outbox, zone)(*one).out for one in words] for zone in ZONES}
    (event,) = outbox.json("show", name)["timeline"]

    for zone, texts in told.items():
        time_there = f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"
        assert [time_there in text for text in texts] == [True] * len(words)
    assert event["at"] == at.isoformat()


def in_zone(outbox: Held, zone: str) -> Held:
    """Let the relay's configuration name a zone."""
    text = CONFIG.format(folder=outbox.config.parent)
    outbox.config.write_text(f'{text}zone = "{zone}"\n', "utf-8")
    return outbox


def test_a_message_for_bare_numbers_names_nobody(outbox: Held) -> None:
    """No dash stands where a name would."""
    head, *_rest = outbox("show", outbox.accept()).out.splitlines()
    named, *_rest = outbox("show", outbox.accept(contact="oncall")).out.splitlines()

    assert "from lobby, worth sending" in head
    assert "from lobby for oncall, worth sending" in named


def test_details_are_in_the_reader_s_language(
    outbox: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the relay says itself; what a script reads is the same in every language."""
    name = outbox.accept("x", ONE, TWO)
    job, now = outbox.claim(), outbox.now
    outbox.database.write(lambda c: outcomes.divide(c, job, now=now)).result()
    outbox("cancel", name)
    english = outbox("show", name).out
    monkeypatch.setenv("LANGUAGE", "tr")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")

    turkish = outbox("show", name).out
    details = [one["detail"] for one in outbox.json("show", name)["timeline"]]

    assert "recipients: 2" in english
    assert "alıcı: 2" in turkish
    assert "elle" in turkish
    assert details == ["lobby", "2 recipients", "by hand", "by hand"]


@pytest.mark.parametrize("action", ["show", "retry", "cancel"])
def test_an_unknown_id_is_an_error(outbox: Held, action: str) -> None:
    """It says so."""
    ran = outbox(action, "nothing")

    assert ran.code == 1
    assert ran.err == "im-notify: the outbox holds no message nothing\n"


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_a_held_alert_is_no_message(outbox: Held, action: str) -> None:
    """It says why it is held."""
    outbox.hold("h0000000aaaa", "gathering", state="held")

    ran = outbox(action, "h0000000aaaa")

    assert ran.code == 1
    assert "gathering" in ran.err


def test_without_an_outbox_nothing_is_made(shell: Shell, tmp_path: Path) -> None:
    """A wrong configuration must not leave an empty file."""
    ran = shell("outbox", "list", "--config", str(configured(tmp_path)))

    assert ran.code == 1
    assert "there is no outbox" in ran.err
    assert not (tmp_path / "outbox.db").exists()


def test_retry_sends_to_who_did_not_get_it(outbox: Held) -> None:
    """The same text, a new lifetime, nobody twice; its end counts anew."""
    name = outbox.accept("the text", ONE, TWO)
    outbox.place()
    outbox.report(one="delivered", two="undelivered")
    outbox.shell.clock.advance(3600)

    told = outbox.json("retry", name)
    job = outbox.claim()

    assert told["recipients"] == 1
    assert (job.message.text, job.message.recipients) == ("the text", (TWO,))
    assert job.expires_at == outbox.now + 3600
    stored = outbox.stored(name)
    assert {row.number: row.status for row in stored.deliveries} == {
        ONE: "delivered",
        TWO: "waiting",
    }
    assert [(one.order_id, one.recipients) for one in stored.orders] == [("41", 1), (None, 1)]
    assert stored.timeline[-1].what == "retried"


def test_a_retry_that_is_delivered_ends_the_message_as_delivered(outbox: Held) -> None:
    """What came before does not spoil it."""
    name = outbox.accept("x", ONE)
    outbox.end(Status.EXPIRED)
    outbox("retry", name)

    outbox.place()
    outbox.report(one="delivered")

    assert outbox.stored(name).status is Status.DELIVERED


@pytest.mark.parametrize(
    "status", [Status.REFUSED, Status.EXPIRED, Status.CANCELLED, Status.UNSENT, Status.MISSING]
)
def test_what_was_surely_not_delivered_is_retried(outbox: Held, status: Status) -> None:
    """At once: the provider never took it."""
    name = outbox.accept()
    outbox.end(status)

    assert outbox.json("retry", name)["recipients"] == 1
    assert outbox.claim().message_id == name


def test_a_retry_waits_until_the_provider_takes_the_same_text_again(outbox: Held) -> None:
    """Ten minutes after the order to the same recipients; the time is said."""
    name = outbox.accept("x", ONE)
    outbox.place()
    outbox.report(one="undelivered")

    ran = outbox("retry", name)
    due = outbox.database.read(lambda c: claiming.next_due(c, ("queued",)))

    assert ran.code == 0
    assert "may refuse" in ran.out
    assert due is not None
    assert due >= outbox.now + 600


def test_what_may_have_been_sent_is_never_repeated_blindly(outbox: Held) -> None:
    """Only with --force; the reason is said."""
    name = outbox.accept()
    outbox.end(Status.UNKNOWN)

    refused = outbox("retry", name)
    waiting = outbox.database.read(lambda c: claiming.next_due(c, ("queued",)))
    forced = outbox("retry", name, "--force")

    assert refused.code == 1
    assert "may arrive twice" in refused.err
    assert waiting is None
    assert forced.code == 0
    assert outbox.claim().message_id == name


def test_what_was_delivered_or_is_under_way_is_not_retried(outbox: Held) -> None:
    """Each says why."""
    name = outbox.accept()
    early = outbox("retry", name)
    outbox.place()
    underway = outbox("retry", name, "--force")
    outbox.report(one="delivered")
    late = outbox("retry", name, "--force")

    assert (early.code, underway.code, late.code) == (1, 1, 1)
    assert "under way" in early.err
    assert "under way" in underway.err
    assert "delivered" in late.err


def test_cancel_takes_back_what_waits(outbox: Held) -> None:
    """Nothing is sent and nobody falls back; the hook is to hear of it."""
    name = outbox.accept(ladder=(Rung(90.0, "oncall/1"),))

    told = outbox.json("cancel", name)

    assert told == {"id": name, "cancelled": 1, "sent": 0}
    assert outbox.stored(name).status is Status.CANCELLED
    assert outbox.database.read(lambda c: claiming.next_due(c, ("queued",))) is None
    assert [one["state"] for one in outbox.json("show", name)["ladder"]] == ["skipped"]


TOO_LATE: dict[str, Callable[[Held], object]] = {
    "being sent": lambda outbox: outbox.claim(),
    "sent already (order 41)": lambda outbox: outbox.place(),
    "has ended": lambda outbox: outbox.end(Status.EXPIRED),
}


@pytest.mark.parametrize(("reason", "before"), TOO_LATE.items(), ids=TOO_LATE)
def test_it_may_be_too_late_to_cancel(
    outbox: Held, reason: str, before: Callable[[Held], object]
) -> None:
    """Nothing changes, and it says why."""
    name = outbox.accept()
    before(outbox)
    was = outbox.stored(name)

    ran = outbox("cancel", name)

    assert ran.code == 1
    assert reason in ran.err
    assert outbox.stored(name) == was


def test_cancel_says_for_whom_it_was_too_late(outbox: Held) -> None:
    """One half of a divided order was sent."""
    name = outbox.accept("x", ONE, TWO)
    job, now = outbox.claim(), outbox.now
    outbox.database.write(lambda c: outcomes.divide(c, job, now=now)).result()
    outbox.place()

    ran = outbox("cancel", name)

    assert ran.code == 0
    assert ran.out == f"{name} is cancelled, recipients: 1\n"
    assert ran.err == "it was too late for some, recipients: 1\n"


def test_export_has_a_line_a_recipient(outbox: Held) -> None:
    """Without texts unless they are asked for; what computes in a spreadsheet does not."""
    name = outbox.accept("=1+1", ONE, TWO, contact="oncall")
    outbox.accept("second")

    plain = list(csv.DictReader(io.StringIO(outbox("export").out)))
    texts = list(csv.DictReader(io.StringIO(outbox("export", "--text").out)))

    assert [row["number"] for row in plain if row["id"] == name] == [f"+90{ONE}", f"+90{TWO}"]
    assert {row["text"] for row in texts} == {"'=1+1", "second"}
    assert "text" not in plain[0]


def test_a_long_export_is_whole(outbox: Held) -> None:
    """It is read in pages; messages of one moment are neither lost nor repeated."""
    now = outbox.now
    entries = [
        Entry(
            source="x",
            text=str(number),
            recipients=(ONE,),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            lifetime=60.0,
        )
        for number in range(450)
    ]
    outbox.database.write(lambda c: [accepting.accept(c, one, now=now) for one in entries]).result()

    messages = json.loads(outbox("export", "--format", "json", "--text").out)["messages"]

    assert sorted(int(one["text"]) for one in messages) == list(range(450))


def test_an_empty_export_is_whole_too(outbox: Held) -> None:
    """A head, an empty list."""
    assert outbox("export").out.startswith("id,created_at,")
    assert json.loads(outbox("export", "--json").out) == {"messages": []}


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    """Whatever came in; what is harmless stays as it is."""
    cell = inert(text)

    harmless = cell[:1] not in set("=+-@\t\r\n") or cell[1:].isdecimal()
    assert harmless
    assert cell.removeprefix("'") == text.removeprefix("'")


@given(st.text())
def test_nothing_that_came_in_steers_the_terminal(text: str) -> None:
    """No escape, no new line."""
    assert all(char.isprintable() for char in clean(text))


@pytest.mark.parametrize("words", [("list",), ("show", "x"), ("export",)])
def test_json_and_config_may_stand_on_either_side(outbox: Held, words: tuple[str, ...]) -> None:
    """As for every other command."""
    outbox.hold("x", "daily cap")

    before = outbox.shell("outbox", "--json", "--config", str(outbox.config), *words)
    after = outbox.shell("outbox", *words, "--config", str(outbox.config), "--json")

    assert before.code == after.code == 0
    assert json.loads(before.out) == json.loads(after.out)


def eventually(check: Callable[[], bool]) -> None:
    """Wait until `check` holds."""
    give_up = time.monotonic() + 20
    while not check():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_running_relay_sends_what_is_retried_and_not_what_is_cancelled(
    outbox: Held, tmp_path: Path
) -> None:
    """Two processes, one file: the relay notices within a second or so."""
    outbox.shell.clock.advance(time.time() - outbox.now)
    expired = outbox.accept("again")
    outbox.end(Status.EXPIRED)
    scheduled = outbox.accept(
        "never", lifetime=3600.0, send_at=outbox.shell.clock.now().replace(year=2100)
    )
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox, (tmp_path / "log").open("wb") as log:
        environ = {
            **os.environ,
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        command = [sys.executable, "-m", "im_notify", "serve", "--config", str(outbox.config)]
        with subprocess.Popen(command, env=environ, stderr=log) as relay:
            eventually(lambda: b"listening" in (tmp_path / "log").read_bytes())

            codes = [outbox("retry", expired).code, outbox("cancel", scheduled).code]
            eventually(lambda: len(sandbox.ledger) == 1)
            eventually(lambda: outbox.stored(expired).status is Status.DELIVERED)
            relay.send_signal(signal.SIGTERM)
            ended = relay.wait(timeout=20)

        texts = [one.text for one in sandbox.ledger]

    assert codes == [0, 0]
    assert texts == ["again"]
    assert outbox.stored(scheduled).status is Status.CANCELLED
    assert ended in {0, -signal.SIGTERM}


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_on_a_terminal_a_table_has_a_head(outbox: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came in is no markup there."""
    monkeypatch.setenv("TERM", "dumb")
    outbox.accept("[b]x[/b]")
    screen = Terminal()
    app = App(environ=outbox.shell.environ, clock=outbox.shell.clock, stdout=screen)

    run(["outbox", "list", "--text", "--config", str(outbox.config)], app)

    head, *_rest = [line for line in screen.getvalue().splitlines() if line.strip()]
    assert head.split() == ["id", "time", "source", "contact", "state", "recipients", "text"]
    assert "[b]x[/b]" in screen.getvalue()
