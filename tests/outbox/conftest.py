"""An outbox whose clock a test sets, and the disk as it can be."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.alerts import Alert, AlertState
from im_notify.models import Consent, Status
from im_notify.outbox import accepting, claiming, episodes, outcomes, reading
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Accepted, AlertPlan, Entry, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from im_notify.outbox.claiming import Job

NOBODY = 65534


def entry(text: str = "disk full", *numbers: str, **fields: Any) -> Entry:
    """Return an entry to one recipient."""
    defaults: dict[str, Any] = {
        "source": "test",
        "sender": "APITEST",
        "consent": Consent.TRANSACTIONAL,
        "lifetime": 3600.0,
    }
    return Entry(text=text, recipients=numbers or ("5301234567",), **defaults | fields)


@dataclass
class Box:
    """An outbox; `now` is its clock, `worded` holds the alerts of each text."""

    database: Database
    now: float = 1_790_000_000.0
    worded: list[list[Alert]] = field(default_factory=list)

    def accept(self, *arguments: str, **fields: Any) -> Accepted:
        """Store an entry."""
        one, now = entry(*arguments, **fields), self.now
        return self.database.write(lambda c: accepting.accept(c, one, now=now)).result()

    def alert(self, *alerts: Alert, **plan: Any) -> list[Accepted]:
        """Take a notification in."""
        made, now = AlertPlan(entry=self._entry, **plan), self.now
        return self.database.write(
            lambda c: episodes.accept_alerts(c, alerts, made, now=now)
        ).result()

    def _entry(self, alerts: Sequence[Alert], _at: float) -> Entry:
        self.worded.append(list(alerts))
        text = " ".join(f"{one.state} {one.episode} {one.started_at:%H:%M}" for one in alerts)
        return entry(text)

    def claim(self) -> Job:
        """Take the next order that is due."""
        now = self.now
        (job,) = self.database.write(lambda c: claiming.claim(c, now=now, limit=1)).result()
        return job

    def do(self, change: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run one of the outbox's changes now."""
        now = self.now
        return self.database.write(lambda c: change(c, *arguments, now=now, **named)).result()

    def place(self, order_id: str = "1") -> Job:
        """Let the next order be taken by the provider."""
        job = self.claim()
        self.do(outcomes.placed, job, order_id, look_at=self.now + 3)
        return job

    def deliver(self, *accepted: Accepted) -> None:
        """Let the messages be delivered."""
        for _one in accepted:
            end = outcomes.End(status=Status.DELIVERED, reason="")
            self.do(outcomes.finish, self.claim(), end)

    def stored(self, accepted: Accepted) -> Stored:
        """Return a message as it stands."""
        found = self.database.read(lambda c: reading.stored(c, accepted.id))
        assert found is not None
        return found

    def timeline(self, accepted: Accepted) -> list[str]:
        """Return the words of a message's timeline."""
        return [event.what for event in self.stored(accepted).timeline]

    def texts(self) -> list[list[str]]:
        """Return which episodes each text was about, in their states."""
        return [[f"{one.state} {one.episode}" for one in alerts] for alerts in self.worded]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """Give an empty outbox."""
    database = Database(f"sqlite:///{tmp_path}/outbox.db")
    yield Box(database)
    database.close()


@pytest.fixture
def new_entry() -> Callable[..., Entry]:
    """Give what makes entries."""
    return entry


@pytest.fixture
def new_alert() -> Callable[..., Alert]:
    """Give what makes alerts: an episode, a state, and what else is said."""

    def made(episode: str = "cpu", state: str = "firing", **fields: Any) -> Alert:
        return Alert(source="test", episode=episode, state=AlertState(state), **fields)

    return made


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Give a folder, and no more rights in it than its mode says."""
    folder = Path(tempfile.mkdtemp(prefix="outbox-"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)
    rmtree(folder)


@pytest.fixture
def at() -> Callable[[float], datetime]:
    """Give what turns seconds since the epoch into a time."""
    from datetime import UTC

    return lambda seconds: datetime.fromtimestamp(seconds, UTC)
