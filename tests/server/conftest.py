"""A relay's edge on a free port, with a store in memory that keeps the promises of the real one."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import socket
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import requests

from im_notify.alerts import Alert, AlertState
from im_notify.config import Config, ProviderConfig
from im_notify.errors import AlertError
from im_notify.models import Consent, OrderState, Status
from im_notify.outbox.entries import Accepted, Entry, Event, OutboxError, Stored, StoredOrder
from im_notify.outbox.figures import Figures
from im_notify.relay_config import DeviceConfig, HookConfig, Listen, RelayConfig, Rung
from im_notify.reports import Delivery, Report
from im_notify.secret import Secret
from im_notify.server.app import build
from im_notify.server.run import open_socket, server
from im_notify.server.services import Limits, Outcome, Services
from im_notify.testing import START, FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from im_notify.outbox.entries import Route
    from im_notify.protocols import Request, Source

T = TypeVar("T")
SECRETS = {
    "hook": "hook-token-3f9c",
    "hmac": "hmac-secret-71aa",
    "device": "device-token-8b21",
    "otp": "otp-token-55d0",
    "api": "api-token-c04e",
    "push": "push-secret-e9b7",
}


@dataclass
class MemoryStore:
    """Keeps everything in lists; `broken` is a full disk, `later` holds futures open."""

    entries: list[Entry] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    broken: bool = False
    later: list[tuple[Future[Any], object]] | None = None
    _ids: dict[str, str] = field(default_factory=dict)
    _states: dict[str, tuple[AlertState, str]] = field(default_factory=dict)
    _kept: dict[str, Entry] = field(default_factory=dict)
    _next: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def accept(self, entries: Sequence[Entry]) -> Future[list[Accepted]]:
        """Keep all entries or none; one whose key is known is that one."""
        return self._done(lambda: [self._accept(entry) for entry in entries])

    def accept_alerts(self, alerts: Sequence[Alert], route: Route) -> Future[list[Accepted]]:
        """Keep what changed as one message."""
        return self._done(lambda: self._alerts(alerts, route))

    def message(self, id: str) -> Stored | None:  # noqa: A002
        """Return a message as it was stored."""
        entry = self._kept.get(id)
        if entry is None:
            return None
        return Stored(
            id=id,
            source=entry.source,
            contact=entry.contact,
            status=Status.WAITING,
            created_at=START,
            expires_at=START + timedelta(seconds=entry.lifetime),
            deliveries=tuple(Delivery(one, Status.WAITING) for one in entry.recipients),
            orders=(StoredOrder(order_id=None, state="queued", recipients=1),),
            timeline=(Event(at=START, what="stored", detail=entry.source),),
        )

    def push(self, report: Report) -> Future[bool]:
        """Note a report; only order 77 is ours."""
        return self._done(lambda: self._note(report))

    def _note(self, report: Report) -> bool:
        self.reports.append(report)
        return report.order_id == "77"

    def figures(self) -> Figures:
        """Count the messages, all of which wait."""
        return Figures(states={"queued": len(self._kept)})

    def settle(self) -> None:
        """Let what is held open be on disk."""
        held, self.later = self.later or [], None
        for future, result in held:
            future.set_result(result)

    def _accept(self, entry: Entry) -> Accepted:
        known = self._ids.get(entry.key or "")
        if known:
            return Accepted(id=known, duplicate=True, status=Status.WAITING)
        id_ = f"m{next(self._next):011}"
        self.entries.append(entry)
        self._kept[id_] = entry
        if entry.key:
            self._ids[entry.key] = id_
        return Accepted(id=id_, duplicate=False, status=Status.WAITING)

    def _alerts(self, alerts: Sequence[Alert], route: Route) -> list[Accepted]:
        self.routes.append(route)
        known = [self._states.get(one.episode, (None, ""))[0] for one in alerts]
        news = [one for one, state in zip(alerts, known, strict=True) if one.state != state]
        if not news:
            ids = dict.fromkeys(self._states[one.episode][1] for one in alerts)
            return [Accepted(id=one, duplicate=True, status=Status.WAITING) for one in ids]
        entry = Entry(
            source=news[0].source,
            text=" ".join(one.summary for one in news),
            recipients=route.recipients,
            sender=route.sender,
            consent=route.consent,
            lifetime=route.lifetime,
            contact=route.contact,
            ladder=route.ladder,
        )
        accepted = self._accept(entry)
        self._states |= {one.episode: (one.state, accepted.id) for one in news}
        return [accepted]

    def _done(self, work: Callable[[], T]) -> Future[T]:
        if self.broken:
            raise OutboxError("the outbox cannot be used: database or disk is full")
        future: Future[T] = Future()
        if self.later is None:
            future.set_result(work())
        else:
            self.later.append((future, work()))
        return future


class JsonSource:
    """Reads `{"alerts": [{"id", "state", "text"}]}`; anything else is none of its format."""

    name = "plain"

    def parse(self, request: Request) -> Iterable[Alert]:
        """Yield the alerts one by one, or that of the query."""
        if request.method == "GET":
            yield self._alert(request.query)
            return
        try:
            alerts = json.loads(request.body)["alerts"]
            yield from [self._alert(one) for one in alerts]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise AlertError("this is not a plain alert") from None

    def _alert(self, one: Mapping[str, str]) -> Alert:
        return Alert(
            source="plain",
            episode=str(one.get("id")),
            state=AlertState(one.get("state", "firing")),
            summary=str(one.get("text", "")),
        )


class BrokenSource:
    """A source with a bug that would show the payload in a trace."""

    name = "broken"

    def parse(self, request: Request) -> Iterable[Alert]:
        """Fail with the body in the error."""
        raise RuntimeError(request.body.decode())


class ReportSource:
    """Reads `{"order", "number"}` as a delivery."""

    name = "reports"

    def parse(self, request: Request) -> Iterable[Report]:
        """Return one report."""
        try:
            pushed = json.loads(request.body)
            row = Delivery(str(pushed["number"]), Status.DELIVERED)
            order = str(pushed["order"])
        except (ValueError, KeyError, TypeError):
            raise AlertError("this is not a delivery push") from None
        return [Report(order_id=order, state=OrderState.COMPLETED, deliveries=(row,))]


SOURCES: dict[str, Source] = {
    one.name: one for one in (JsonSource(), BrokenSource(), ReportSource())
}


def hook(name: str, **changes: Any) -> HookConfig:
    """A hook of the plain source with a token, changed where told."""
    values: dict[str, Any] = {
        "source": "plain",
        "sender": "APITEST",
        "consent": Consent.TRANSACTIONAL,
        "token": Secret(SECRETS["hook"]),
        "to": ("oncall",),
    }
    return HookConfig(name=name, **(values | changes))


def device(name: str, **changes: Any) -> DeviceConfig:
    """An alarm device with a token, changed where told."""
    values: dict[str, Any] = {
        "token": Secret(SECRETS["device"]),
        "sender": "APITEST",
        "consent": Consent.TRANSACTIONAL,
    }
    return DeviceConfig(name=name, **(values | changes))


@dataclass
class Relay:
    """A running edge, its store, and a caller."""

    url: str
    port: int
    store: MemoryStore
    clock: FakeClock
    services: Services
    outcomes: dict[str, Outcome]
    session: requests.Session

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call a path and read the answer."""
        arguments.setdefault("timeout", 10)
        return self.session.request(method, f"{self.url}{path}", **arguments)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        """Call with GET."""
        return self.call("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> requests.Response:
        """Call with POST."""
        return self.call("POST", path, **arguments)

    def raw(self, request: bytes, *, end: bool = False) -> bytes:
        """Send these bytes and read until the other side closes; `end` hangs up after sending."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            if end:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def line(self, address: bytes) -> int:
        """Call an address just as it is with GET and return the status."""
        head = b"GET " + address + b" HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n"
        return int(self.raw(head).split(b" ", 2)[1])

    @property
    def texts(self) -> list[str]:
        """The texts that are stored."""
        return [entry.text for entry in self.store.entries]


def services(relay: RelayConfig, store: MemoryStore, **changes: Any) -> Services:
    """What the doors need, with a stopped clock."""
    config = Config(
        provider=ProviderConfig(sender="APITEST", consent=Consent.TRANSACTIONAL),
        contacts={"oncall": ("5301234567",), "second": ("5301234568",), "bad": ("123",)},
        groups={"night": ("oncall", "second")},
    )
    values: dict[str, Any] = {
        "config": config,
        "relay": relay,
        "store": store,
        "clock": FakeClock(),
        "zone": UTC,
        "source": lambda hook: SOURCES.get(hook.source),
        "pushes": (SOURCES["plain"], SOURCES["reports"]),
        "writable": lambda: not store.broken,
        "sending": lambda: True,
        "limits": Limits(body_seconds=0.3),
    }
    return Services(**(values | changes))


@contextmanager
def running(services: Services, outcomes: dict[str, Outcome]) -> Iterator[Relay]:
    """Serve in a thread on a free port until the end."""
    app = build(services)
    with open_socket(Listen(port=0)) as opened, requests.Session() as session:
        port = opened.getsockname()[1]
        serving = server(app)
        thread = Thread(target=serving.run, args=([opened],), daemon=True)
        thread.start()
        store = services.store
        clock = services.clock
        assert isinstance(store, MemoryStore)
        assert isinstance(clock, FakeClock)
        session.trust_env = False
        url = f"http://127.0.0.1:{port}"
        try:
            yield Relay(url, port, store, clock, services, outcomes, session)
        finally:
            session.close()
            serving.should_exit = True
            thread.join(10)


def relay_config(**changes: Any) -> RelayConfig:
    """A relay with one hook, an alarm device and one for codes, changed where told."""
    values: dict[str, Any] = {
        "database": "sqlite:///unused",
        "api_token": Secret(SECRETS["api"]),
        "push_secret": Secret(SECRETS["push"]),
        "max_body": 50_000,
        "hooks": {"plain": hook("plain")},
        "devices": {
            "lobby": device("lobby"),
            "vpn": device("vpn", token=Secret(SECRETS["otp"]), mode="otp", wait=0.3),
        },
        "ladders": {"oncall": (Rung(after=90.0, to="second"),)},
    }
    return RelayConfig(**(values | changes))


@contextmanager
def started(*, limits: Limits | None = None, **changes: Any) -> Iterator[Relay]:
    """Serve with a changed configuration."""
    outcomes: dict[str, Outcome] = {}

    async def outcome(id_: str) -> Outcome | None:
        await asyncio.sleep(0)
        return outcomes.get(id_)

    found = services(relay_config(**changes), MemoryStore(), outcome=outcome)
    with running(replace(found, limits=limits or found.limits), outcomes) as relay:
        yield relay


@pytest.fixture
def start() -> Iterator[Callable[..., Relay]]:
    """Start relays with changed configuration; all are stopped afterwards."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(started(**changes))


@pytest.fixture(scope="session")
def _shared() -> Iterator[Relay]:
    with started() as relay:
        yield relay


@pytest.fixture
def relay(_shared: Relay) -> Relay:
    """A relay as `relay_config` describes it, shared by all tests, with an empty store."""
    _shared.store.__init__()  # type: ignore[misc]  # empties it in place, the server holds it
    _shared.outcomes.clear()
    return _shared


@pytest.fixture
def secrets() -> dict[str, str]:
    """Every credential of the relay by what it opens."""
    return SECRETS


@pytest.fixture
def new_hook() -> Callable[..., HookConfig]:
    """Make hooks."""
    return hook


@pytest.fixture
def new_device() -> Callable[..., DeviceConfig]:
    """Make devices."""
    return device


@pytest.fixture
def api() -> dict[str, str]:
    """The headers that open the API."""
    return {"Authorization": f"Bearer {SECRETS['api']}"}


@pytest.fixture
def bearer() -> dict[str, str]:
    """The headers that open the hook."""
    return {"Authorization": f"Bearer {SECRETS['hook']}"}


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
