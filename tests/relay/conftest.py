"""A relay whose passes a test calls itself: real database, real sandbox, one stopped clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.hookspecs import hookimpl
from im_notify.models import Consent, Status
from im_notify.outbox import accepting, reading
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Accepted, Entry, Stored
from im_notify.plugins import Plugins
from im_notify.relay.clearing import Clearer
from im_notify.relay.climbing import Climber
from im_notify.relay.engine import Engine
from im_notify.relay.pausing import Pause
from im_notify.relay.sending import Sender
from im_notify.relay.store import RelayStore
from im_notify.relay.telling import Teller
from im_notify.relay.watching import WatchedClock
from im_notify.relay_config import RelayConfig
from im_notify.sandbox import Sandbox, Settings
from im_notify.testing import FakeClock, config_for
from im_notify.wording import Wording
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from im_notify.models import Message
    from im_notify.outbox.rungs import RungJob
    from im_notify.reports import Report


class SettableClock(FakeClock):
    """A clock of a machine, which somebody sets: `ahead` is by how many seconds it is wrong."""

    ahead = 0.0

    def now(self) -> datetime:
        """Return what the wall clock shows."""
        return super().now() + timedelta(seconds=self.ahead)

    def true(self) -> float:
        """Return what it should show, in seconds since the epoch."""
        return super().now().timestamp()


class Listener:
    """A plugin that keeps what the report hook is told."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.told: list[tuple[str, str, str]] = []

    @hookimpl
    def im_notify_report(self, report: Report, message: Message | None) -> None:
        """Keep message, recipient and status."""
        assert message is not None
        self.told += [(str(message.key), row.number, row.status) for row in report.deliveries]


@dataclass
class Fall:
    """Steps that are needed as long as anybody waits; `climb` is a function of the test."""

    climb: Callable[[RungJob], str | None]

    def is_needed(self, job: RungJob, statuses: Mapping[str, Status]) -> bool:
        """Say whether anybody has no text yet, or the end of the problem is to be told."""
        return job.ends or set(statuses.values()) != {Status.DELIVERED}


@dataclass
class Bench:
    """Everything of one relay, within reach."""

    sandbox: Sandbox
    clock: SettableClock
    watched: WatchedClock
    database: Database
    plugins: Plugins
    engine: Engine
    clearer: Clearer
    climber: Climber
    store: RelayStore
    teller: Teller
    listener: Listener
    fallen: list[RungJob] = field(default_factory=list)

    def accept(self, text: str = "disk full", *numbers: str, **fields: Any) -> Accepted:
        """Store a message."""
        entry = Entry(
            source="test",
            text=text,
            recipients=numbers or ("5301234567",),
            sender="APITEST",
            consent=Consent.TRANSACTIONAL,
            lifetime=3600.0,
        )
        entry = replace(entry, **fields)
        now = self.watched.now().timestamp()
        return self.database.write(lambda c: accepting.accept(c, entry, now=now)).result()

    def stored(self, accepted: Accepted) -> Stored:
        """Return a message as it stands."""
        found = self.database.read(lambda c: reading.stored(c, accepted.id))
        assert found is not None
        return found

    def run(self, seconds: float) -> None:
        """Let time pass, with every pass at the moment that it is due."""
        end = self.clock.now().timestamp() + seconds
        while (now := self.clock.now().timestamp()) <= end:
            dues = [self.send(), self.clear(), self.engine.confirm_due(), self.climb()]
            self.tell()
            coming = [due for due in dues if due is not None]
            step = min([*coming, now + 60.0, end + 0.001]) - now
            self.clock.advance(max(step, 0.001))

    def clear(self) -> float | None:
        """Look up what is due, with the provider as the engine has it."""
        self.clearer.backend = self.engine.backend
        return self.clearer.clear_due()

    def fall(self, climb: Callable[[RungJob], str | None]) -> None:
        """Have rungs do this from now on."""
        self.climber.steps = Fall(climb)

    def climb(self) -> float | None:
        """Climb what is due, with the provider as the engine has it."""
        self.climber.backend = self.engine.backend
        return self.climber.climb_due()

    def tell(self) -> None:
        """Tell the plugins all that is to be told."""
        while self.teller.tell_due() is not None:
            pass

    def send(self) -> float | None:
        """Send what is due and what that makes due at once, until all of it is settled."""
        while True:
            self.engine.send_due()
            self.engine.settle()
            due = self.engine.send_due()
            self.engine.settle()
            if due is None or due > self.clock.now().timestamp():
                return due
            if self.engine.sender.pause.stands_still:  # until a moment that is not quite there
                return due


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give a relay that is not running."""
    clock = SettableClock()
    with Sandbox(Settings(), clock=clock.true) as sandbox:
        config = config_for(sandbox, {})
        config = replace(config, provider=replace(config.provider, rate=1e6, read_timeout=0.3))
        backend = backends(config, clock)[0]
        database = Database(f"sqlite:///{tmp_path}/outbox.db")
        plugins, listener = Plugins(), Listener()
        plugins.add(listener, "listener")
        watched = WatchedClock(clock=clock, database=database)
        store = RelayStore(
            database=database,
            clock=watched,
            relay=RelayConfig(database=""),
            wording=Wording(language="en", zone=UTC),
            woken=lambda: None,
        )
        sender = Sender(
            database=database,
            plugins=plugins,
            backend=backend,
            clock=watched,
            pause=Pause(clock=clock),
        )
        clearer = Clearer(database=database, backend=backend, clock=watched, pause=sender.pause)
        fallen: list[RungJob] = []
        climber = Climber(
            database=database, backend=backend, clock=watched, steps=Fall(fallen.append)
        )
        engine = Engine(
            database=database,
            backend=backend,
            clock=watched,
            sender=sender,
        )
        teller = Teller(database=database, plugins=plugins, clock=watched)
        yield Bench(
            sandbox=sandbox,
            clock=clock,
            watched=watched,
            database=database,
            plugins=plugins,
            engine=engine,
            clearer=clearer,
            climber=climber,
            store=store,
            teller=teller,
            listener=listener,
            fallen=fallen,
        )
        engine.close()
        database.close()
        backend.client().transport.close()  # type: ignore[attr-defined]  # the pooled one
