"""Puts together what a relay does beside sending alerts: writes back, beats, minds itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.models import Consent
from im_notify.relay.answering import Answering
from im_notify.relay.beating import Heart
from im_notify.relay.climbing import Climber
from im_notify.relay.ladders import Ladders
from im_notify.relay.minding import Mind
from im_notify.relay.posting import Posting
from im_notify.relay.troubles import Troubles
from im_notify.wording.own import trouble_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.app import App
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.outbox.rungs import RungJob
    from im_notify.protocols import Backend
    from im_notify.relay.pausing import Pause
    from im_notify.relay.store import RelayStore
    from im_notify.relay_config import RelayConfig
    from im_notify.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the parts here share with the rest of the relay; `watched` is its clock.

    `alive` says whether all loops run.
    """

    app: App
    relay: RelayConfig
    database: Database
    backend: Backend
    watched: Clock
    pause: Pause
    posting: Posting
    wording: Wording
    alive: Callable[[], bool]


def posting_of(app: App, relay: RelayConfig, store: RelayStore) -> Posting:
    """Return what sends texts of the relay's own. Raises ConfigError when nobody is their sender.

    They come through no hook that could name one.
    """
    provider = app.config.provider
    rungs = (rung.to for ladder in relay.ladders.values() for rung in ladder)
    named = any(isinstance(one, str) for one in (*rungs, *relay.alarm))
    if provider.sender is None and (named or relay.heartbeat):
        text = _("[provider] has no sender: fallbacks, heartbeats and alarms to contacts need one")
        raise ConfigError(text)
    return Posting(
        config=app.config,
        relay=relay,
        store=store,
        sender=provider.sender or "",
        consent=provider.consent or Consent.TRANSACTIONAL,
    )


def refuse_wrong_places(app: App, relay: RelayConfig) -> None:
    """Raise ConfigError for a place that no plugin can write back to."""
    for target in relay.write_back.values():
        app.plugins.write_back(target, None)


def refuse_wrong_urls(app: App, relay: RelayConfig) -> None:
    """Raise ConfigError for a URL that no plugin would tell anything: nobody would hear of it."""
    ladders = {f"[contacts.{name}] fallback": ladder for name, ladder in relay.ladders.items()}
    places = {where: [rung.to for rung in ladder] for where, ladder in ladders.items()}
    for where, targets in (places | {"[relay] alarm": relay.alarm}).items():
        for url in (one.reveal() for one in targets if not isinstance(one, str)):
            if reason := app.plugins.fall_back(url, None):
                raise ConfigError(_("{name}: {allowed}").format(name=where, allowed=reason))


def mind_of(around: Surroundings) -> Mind:
    """Return what looks for troubles; its `alarm` is for who finds one."""
    troubles = Troubles(
        database=around.database,
        backend=around.backend,
        clock=around.app.clock,
        pause=around.pause,
        relay=around.relay,
        wording=around.wording,
        alive=around.alive,
    )
    return Mind(
        database=around.database,
        clock=around.app.clock,
        troubles=troubles,
        posting=around.posting,
        wording=around.wording,
        tell_url=around.app.plugins.fall_back,
    )


def climber_of(around: Surroundings, mind: Mind) -> Climber:
    """Return what climbs the ladders of the configuration."""
    relay, wording = around.relay, around.wording

    def give_up(job: RungJob) -> None:
        hour = around.watched.now().strftime("%Y-%m-%dT%H")  # one alarm an hour names one of many
        mind.alarm(f"fallback/{hour}", trouble_line("fallback", wording, id=job.message_id))

    return Climber(
        database=around.database,
        backend=around.backend,
        clock=around.watched,
        steps=Ladders(
            relay=relay,
            posting=around.posting,
            wording=wording,
            tell_url=around.app.plugins.fall_back,
        ),
        gave_up=give_up,
    )


def own_passes(around: Surroundings, mind: Mind) -> dict[str, Callable[[], float | None]]:
    """Return the passes by the names of their loops; without a heartbeat nothing beats."""
    answering = Answering(
        database=around.database,
        plugins=around.app.plugins,
        clock=around.watched,
        relay=around.relay,
        wording=around.wording,
    )
    passes = {"answer": answering.answer_due, "mind": mind.mind_due}
    return passes if around.relay.heartbeat is None else passes | {"beat": _heart(around).beat_due}


def _heart(around: Surroundings) -> Heart:
    assert around.relay.heartbeat is not None  # noqa: S101  its only caller has looked
    return Heart(
        database=around.database,
        clock=around.app.clock,
        posting=around.posting,
        heartbeat=around.relay.heartbeat,
        wording=around.wording,
    )
