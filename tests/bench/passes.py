"""Costs inside the relay: of an accept and a tick in a full store, of confirming in calls."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import statistics
import time
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from im_notify.alerts import Alert, AlertState
from im_notify.clock import SystemClock
from im_notify.models import Consent
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Entry, Route
from im_notify.plugins import Plugins
from im_notify.relay.engine import AT_ONCE, Engine
from im_notify.relay.pausing import Pause
from im_notify.relay.sending import Sender
from im_notify.relay.store import RelayStore
from im_notify.relay_config import RelayConfig, StormConfig
from im_notify.sandbox import Sandbox, Settings
from im_notify.testing import FakeBackend, FakeClock, config_for
from im_notify.wording import Wording
from im_notify_plugins.iletimerkezi.account import backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.protocols import Backend

PAGE = 30  #: orders on a page of the provider's list
RATE = 90.0  #: recipients a second, as the configuration has it
NAP = 1.0  #: seconds between two looks when nothing is due
LATENCY = 0.1  #: seconds that the provider takes to answer, by the clock of the measurement
_FILL = (
    """INSERT INTO messages (id, key, source, contact, audience, text, sender, consent, status,
    created_at, expires_at, ended_at) VALUES (:id, :id, 'lobby', 'oncall', 'oncall', :text,
    'APITEST', '0', :status, :at, :at + 3600, :ended)""",
    """INSERT INTO orders (pk, message_id, state, order_id, attempts, repeats, lookups, first_at,
    last_at, placed_at, due_at)
    VALUES (:pk, :id, :state, :order_id, 1, 0, 0, :at, :at, :at, :due)""",
    """INSERT INTO recipients (order_pk, position, number, status)
    VALUES (:pk, 0, '5301234567', :status)""",
    "INSERT INTO events (message_id, at, what, detail) VALUES (:id, :at, 'stored', 'lobby')",
    "INSERT INTO events (message_id, at, what, detail) VALUES (:id, :at, 'sent', :order_id)",
    """INSERT INTO episodes (source, episode, audience, state, times, message_id, fired_at,
    texted_at) VALUES ('old', :id, 'oncall', 'firing', 1, :id, :at, :at)""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A relay without doors."""

    database: Database
    engine: Engine
    store: RelayStore


@contextlib.contextmanager
def inside(path: Path, backend: Backend, clock: Clock) -> Iterator[Inside]:
    """Open a store and what works on it; nothing runs by itself."""
    database, plugins = Database(f"sqlite:///{path}"), Plugins()
    store = RelayStore(
        database=database,
        clock=clock,
        relay=RelayConfig(database="", storm=StormConfig(enabled=False)),
        wording=Wording(zone=UTC),
        woken=lambda: None,
    )
    engine = Engine(
        database=database,
        backend=backend,
        clock=clock,
        sender=Sender(
            database=database,
            plugins=plugins,
            backend=backend,
            clock=clock,
            pause=Pause(clock=clock),
        ),
    )
    yield Inside(database=database, engine=engine, store=store)
    engine.close()
    database.close()


def fill(path: Path, *, stored: int, outstanding: int) -> None:
    """Put messages into a new store, the latest of them with orders whose reports are not due."""
    Database(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    now = time.time()
    for start in range(0, stored, 50_000):
        numbers = range(start, min(start + 50_000, stored))
        rows = [_row(number, number >= stored - outstanding, now) for number in numbers]
        for statement in _FILL:
            connection.executemany(statement, rows)
        connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _row(number: int, waits: bool, now: float) -> dict[str, object]:  # noqa: FBT001  of a loop
    return {
        "pk": number + 1,
        "id": f"{secrets.token_hex(3)}{number:06x}",  # in no order, and none of them twice
        "text": f"KRT db1 /var diski %95 dolu 06:32 {number}",
        "status": "waiting" if waits else "delivered",
        "state": "placed" if waits else "done",
        "order_id": str(300_000_000 + number),
        "at": now - 86_400 + number / 20,
        "ended": None if waits else now - 60,
        "due": now + 3600 + number / 1000,
    }


def costs(folder: Path, *, stored: int, outstanding: int, repeat: int) -> dict[str, list[float]]:
    """Time each pass in turn on an empty and on a full store; microseconds, the empty one first."""
    fill(folder / "full.db", stored=stored, outstanding=outstanding)
    few = PAGE * repeat  # one page for each turn
    fill(folder / "empty.db", stored=few, outstanding=few)
    taken: dict[str, list[list[float]]] = {}
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(inside(folder / name, FakeBackend(), SystemClock()))
            for name in ("empty.db", "full.db")
        ]
        for turn in range(repeat):
            for place, one in enumerate(opened):
                for name, seconds in _timed(one, turn):
                    taken.setdefault(name, [[], []])[place].append(seconds)
    return {
        name: [1e6 * statistics.median(times) for times in both] for name, both in taken.items()
    }


def _timed(relay: Inside, turn: int) -> Iterator[tuple[str, float]]:
    alert = Alert(source="new", episode=f"{turn}", state=AlertState.FIRING, summary="disk full")
    entry = _entry(f"disk full {turn}", key=f"{turn}")
    route = Route(
        contact="oncall",
        recipients=entry.recipients,
        sender=entry.sender,
        consent=entry.consent,
        lifetime=entry.lifetime,
    )
    yield "accept an alert", _seconds(lambda: relay.store.accept_alerts([alert], route).result())
    yield "accept a message", _seconds(lambda: relay.store.accept([entry]).result())
    yield "tick, nothing due", _seconds(relay.engine.confirm_due)
    relay.database.write(_make_due).result()
    yield "tick, a page due", _seconds(relay.engine.confirm_due)


def _make_due(connection: Connection) -> None:
    """Let the reports of a page of orders be due."""
    next_ones = f"SELECT pk FROM orders WHERE state = 'placed' ORDER BY due_at LIMIT {PAGE}"  # noqa: S608
    connection.exec_driver_sql(f"UPDATE orders SET due_at = 1 WHERE pk IN ({next_ones})")  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How many calls it took to learn what became of so many orders, and the most at a time."""

    orders: int
    calls: int
    peak: int


def confirming(folder: Path, *, orders: int, delivery_seconds: float) -> Confirmed:
    """Send orders at the rate of the configuration and confirm them, by a clock of its own.

    Each question takes the provider a moment, in which others fall due.
    """
    clock, asked = FakeClock(), 0
    settings = Settings(delivery_seconds=delivery_seconds)
    with Sandbox(settings, clock=lambda: clock.now().timestamp()) as sandbox:
        config = config_for(sandbox, {})
        config = replace(config, provider=replace(config.provider, rate=1e6))
        backend = backends(config, clock)[0]
        transport = backend.client().transport

        def watched(method: str, url: str, **request: Any) -> object:
            nonlocal asked
            if "send-sms" not in url:
                asked += 1
                clock.advance(LATENCY)
            return transport(method, url, **request)

        object.__setattr__(backend.client(), "transport", watched)
        with inside(folder / "confirming.db", backend, clock) as relay:
            relay.store.accept(
                [
                    _entry(f"text {one}", number=f"53{one // 90:06d}{one % 90:02d}")
                    for one in range(orders)
                ]
            ).result()
            peak = _confirm_all(relay, clock, orders)
        transport.close()  # type: ignore[attr-defined]  # the pooled one
    return Confirmed(orders=orders, calls=asked, peak=peak)


def _placed(connection: Connection) -> int:
    counted = connection.exec_driver_sql("SELECT count(*) FROM orders WHERE state = 'placed'")
    return int(counted.scalar_one())


def _confirm_all(relay: Inside, clock: FakeClock, orders: int) -> int:
    """Run the passes that are due as the loops would; return the most orders outstanding."""
    sent, peak, start = 0, 0, clock.monotonic()
    due: float | None = 0.0
    while sent < orders or due is not None:
        while sent < min(orders, RATE * (clock.monotonic() - start)):
            relay.engine.send_due()
            relay.engine.settle()
            sent += AT_ONCE
        if due is None or due <= clock.now().timestamp():
            due = relay.engine.confirm_due()
            peak = max(peak, relay.database.read(_placed))
        now = clock.now().timestamp()
        to_send = AT_ONCE / RATE if sent < orders else NAP
        clock.advance(max(0.001, min(to_send, NAP, (due or now + NAP) - now)))
    return peak


def _entry(text: str, *, key: str | None = None, number: str = "5301234567") -> Entry:
    return Entry(
        source="bench",
        text=text,
        recipients=(number,),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
        lifetime=3600.0,
        key=key,
    )


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
