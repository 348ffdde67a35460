"""Puts a relay together: outbox, loops and doors of one configuration."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.config_numbers import refuse_wrong_numbers
from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.protocols import Ready
from im_notify.relay.clearing import Clearer
from im_notify.relay.engine import Engine
from im_notify.relay.forgetting import Forgetter
from im_notify.relay.gathering import Gatherer
from im_notify.relay.loops import Loops
from im_notify.relay.noticing import Noticing
from im_notify.relay.sending import Sender
from im_notify.relay.spooling import Spool
from im_notify.relay.store import RelayStore
from im_notify.relay.telling import Teller
from im_notify.relay_config import relay_of, spool_of, zone_of
from im_notify.server.local import Counter
from im_notify.server.services import Outcome, Services
from im_notify.serving.lasting import Account, Lasting, account, lasting
from im_notify.serving.own import (
    Surroundings,
    climber_of,
    mind_of,
    own_passes,
    posting_of,
    refuse_wrong_places,
    refuse_wrong_urls,
)
from im_notify.wording import Templates, Wording, read_templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.app import App
    from im_notify.outbox.database import Database
    from im_notify.protocols import Source
    from im_notify.relay.climbing import Climber
    from im_notify.relay_config import HookConfig, RelayConfig

PASS_SECONDS = 5.0  #: that a pass may take to end
SPARE_SECONDS = 5.0  #: beside those of the provider, for the account's rate and the disk
POLL = 0.05  #: seconds between two looks for the first outcome of a code that is waited for

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay that is not running yet: `services` are for the doors, `loops` send.

    `patience` is for how many seconds orders that are on their way are waited for at the end.
    """

    config: RelayConfig
    database: Database
    engine: Engine
    clearer: Clearer
    climber: Climber
    store: RelayStore
    loops: Loops
    services: Services
    counter: Counter
    spool: Spool
    lasting: Lasting
    account: Account
    patience: float = 60.0

    def start(self) -> None:
        """Take over what a process that died left, and begin."""
        self.engine.recover()
        self.climber.recover()
        self.loops.start()

    def take_over(self, old: Relay) -> None:
        """Go on where `old`, which rests, left off."""
        self.engine.inherit(old.engine)
        self.clearer.inherit(old.clearer)
        self.climber.inherit(old.climber)
        self.spool.prepare()
        self.loops.start()

    def rest(self) -> None:
        """End the loops; one that waits for a stranger is left behind, which can be repeated."""
        self.engine.stop()
        self.climber.stop()
        if not self.loops.stop(PASS_SECONDS):
            _log.warning(_("a loop still waits for an answer and is left behind"))

    def settle(self) -> int:
        """Let the orders that are on their way end; returns how many are left behind."""
        left = self.engine.close(self.patience)
        if left:
            _log.warning(_("%d orders are left behind, they are cleared up later"), left)
        return left

    def close(self) -> bool:
        """Finish what is under way and close the database; false if some of it was left behind.

        What is not told yet is told after the next start.
        """
        self.rest()
        left = self.settle()
        self.lasting.refusals.settle(all_of_them=True)
        self.database.close()
        return not left


def assemble(app: App, *, running: Relay | None = None) -> Relay:
    """Make a relay of the configuration. Raises ConfigError, OutboxError, PluginError.

    One that is to take the place of a `running` one shares with it what outlives both.
    """
    refuse_wrong_numbers(app.config)
    config = relay_of(app.config)
    _refuse_wrong_sources(app, config)
    refuse_wrong_places(app, config)
    refuse_wrong_urls(app, config)
    _refuse_what_cannot_send(app)
    kept = running.lasting if running else lasting(app, config.database)
    used = account(app, kept, running.account if running else None)
    database, clock, backend = kept.database, kept.clock, used.backend
    app.plugins.add(Noticing(database, app.clock, kept.meter), "relay")
    sender = Sender(
        database=database,
        plugins=app.plugins,
        backend=backend,
        clock=clock,
        pause=used.pause,
    )
    store = RelayStore(
        database=database,
        clock=clock,
        relay=config,
        wording=_wording(config),
        templates=_templates(config),
        woken=lambda: loops.wake("send"),
        heard=lambda: loops.wake("send", "tell"),
    )
    posting = posting_of(app, config, store)
    engine = Engine(
        database=database,
        backend=backend,
        clock=clock,
        sender=sender,
        confirm_end=app.config.confirm_end,
    )
    clearer = Clearer(database=database, backend=backend, clock=clock, pause=used.pause)
    teller = Teller(database=database, plugins=app.plugins, clock=clock)
    forgetter = Forgetter(database=database, clock=clock, keep=config.keep)
    services = replace(
        _services(app, config, store=store, alive=lambda: loops.alive),
        metrics=kept.metrics,
        refusals=kept.refusals,
    )
    counter = Counter(services, store.accept_once)
    spool = Spool(
        folder=spool_of(config),
        limit=config.max_body,
        database=database,
        clock=clock,
        take=counter.take_somehow,
    )
    around = Surroundings(
        app=app,
        relay=config,
        database=database,
        backend=backend,
        watched=clock,
        pause=sender.pause,
        posting=posting,
        wording=_wording(config),
        alive=lambda: loops.alive,
    )
    mind = mind_of(around)
    gatherer = Gatherer(database=database, clock=clock, store=store, alarm=mind.alarm)
    gatherer.dropped = kept.meter.dropped
    climber = climber_of(around, mind)
    own = own_passes(around, mind) | {"gather": gatherer.gather_due}
    own |= {"clear": clearer.clear_due, "climb": climber.climb_due}
    loops = Loops({**passes(engine, teller, forgetter, spool), **own}, clock)
    engine.woken = lambda: loops.wake("send", "tell")
    gatherer.woken = lambda: loops.wake("send", "climb")
    return Relay(
        config=config,
        database=database,
        engine=engine,
        clearer=clearer,
        climber=climber,
        store=store,
        loops=loops,
        services=services,
        counter=counter,
        spool=spool,
        lasting=kept,
        account=used,
        patience=_patience(app),
    )


def _patience(app: App) -> float:
    """Return for how long the provider's slowest answer is waited for."""
    provider = app.config.provider
    return provider.connect_timeout + provider.read_timeout + SPARE_SECONDS


def passes(
    engine: Engine, teller: Teller, forgetter: Forgetter, spool: Spool
) -> dict[str, Callable[[], float | None]]:
    """Return what a relay does all the time, by the names of the loops that do it."""
    return {
        "send": engine.send_due,
        "confirm": engine.confirm_due,
        "tell": teller.tell_due,
        "forget": forgetter.forget_due,
        "spool": spool.pick_up_due,
    }


def _services(
    app: App, config: RelayConfig, *, store: RelayStore, alive: Callable[[], bool]
) -> Services:
    sources = app.plugins.sources(app.config)

    async def outcome(message_id: str) -> Outcome | None:
        return await asyncio.to_thread(first_outcome, store, message_id)

    def source(hook: HookConfig) -> Source | None:
        return sources.get(source_name(hook))

    return Services(
        config=app.config,
        relay=config,
        store=store,
        clock=app.clock,
        zone=zone_of(config),
        source=source,
        pushes=tuple(one for one in sources.values() if getattr(one, "pushes", False)),
        outcome=outcome,
        writable=store.writable,
        sending=alive,
    )


def first_outcome(store: RelayStore, message_id: str) -> Outcome | None:
    """Return what the provider said to a message first, None as long as it said nothing."""
    found = store.message(message_id)
    for order in found.orders if found else ():
        if order.order_id is not None or order.state == "done":
            return Outcome(order_id=order.order_id, code=order.code)
    return None


def _wording(config: RelayConfig) -> Wording:
    return Wording(
        language=config.language,
        zone=zone_of(config),
        parts=config.parts,
        transliterate=config.transliterate,
    )


def _templates(config: RelayConfig) -> Templates:
    hooks = {hook.name: hook.template for hook in config.hooks.values()}
    return read_templates(hooks, config.template, _wording(config))


def _refuse_what_cannot_send(app: App) -> None:
    """Say what the backend lacks before the database is opened."""
    backend = app.backend()
    if isinstance(backend, Ready):
        backend.ready()


def _refuse_wrong_sources(app: App, config: RelayConfig) -> None:
    known = app.plugins.sources(app.config)
    for hook in config.hooks.values():
        source = known.get(source_name(hook))
        if isinstance(source, Ready):
            source.ready()
        if source is None:
            text = _("[hooks.{name}] source {source} is not known; there are: {known}")
            names = ", ".join(sorted(known))
            raise ConfigError(text.format(name=hook.name, source=hook.source, known=names))


def source_name(hook: HookConfig) -> str:
    """Return the name of a hook's parser: one with a map of its own is called like the hook."""
    return hook.name if hook.map else hook.source
