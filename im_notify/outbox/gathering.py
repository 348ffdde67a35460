"""Lets go of what is held back: one text about everything that is held for an audience.

What is worded is stored in the transaction that marks its alerts as merged, so that a process
that dies tells them once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import func, select

from im_notify.alerts import AlertState
from im_notify.outbox import holding, schema, storming
from im_notify.outbox.accepting import accept
from im_notify.outbox.awaiting import AWAITING, let_wait
from im_notify.outbox.ending import is_end_told
from im_notify.outbox.entries import Surge
from im_notify.outbox.episodes import restate
from im_notify.outbox.holding import DAILY_CAP, LIMIT, Held, Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from im_notify.alerts import Alert
    from im_notify.outbox.entries import Entry, Route
    from im_notify.outbox.storming import StormControl

    Tell: TypeAlias = Callable[[Sequence[Alert], Route, float, Surge | None], Entry]

OVER = "over before it was told"
ACKNOWLEDGED = "acknowledged before it was told"
UNTOLD = "its problem was not told"


@dataclass(slots=True)
class Gathered:
    """What became of alerts that were held: the message they are in, and how many were dropped."""

    message_id: str | None = None
    dropped: Counter[str] = field(default_factory=Counter)


def due(connection: Connection, *, now: float) -> list[str]:
    """Return the audiences for which something is to be done."""
    held, storms = schema.held.c, schema.storms.c
    audiences = select(held.audience).where(held.state == "held", held.due_at <= now)
    stormy = select(storms.audience).where(storms.digest_at <= now)
    return list(connection.scalars(audiences.union(stormy)))


def next_due(connection: Connection) -> float | None:
    """Return when the next audience is due."""
    held, storms = schema.held.c, schema.storms.c
    moments = (
        *(
            connection.scalar(select(func.min(held.due_at)).where(held.state == state))
            for state in ("held", AWAITING)
        ),
        connection.scalar(select(func.min(storms.digest_at))),
    )
    return min((at for at in moments if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What is done for one `audience` at `now`; `tell` words a message, a storm's notice too."""

    connection: Connection
    audience: str
    control: StormControl
    tell: Tell
    now: float

    def run(self) -> Gathered:
        """Tell what is held if it may be told now; drop what nobody needs any more."""
        found = Gathered()
        held = self._without_moot(holding.held_for(self.connection, self.audience), found)
        if held and self.control.capped(self.connection, now=self.now):
            self._tell_critical(held, found)
        else:
            self._tell_all(held, found)
        return found

    def _without_moot(self, held: Sequence[Held], found: Gathered) -> list[Held]:
        unsure = [one.id for one in held if _is_unsure(one, self.control.recovery)]
        if unsure:
            let_wait(self.connection, unsure, now=self.now)
        rest = [one for one in held if one.id not in unsure]
        return self._without(rest, found, lambda one: _moot(one, self.control.recovery))

    def _without(
        self, held: Sequence[Held], found: Gathered, reason_of: Callable[[Held], str | None]
    ) -> list[Held]:
        """Drop those for which there is a reason, return the others."""
        reasons = [reason_of(one) for one in held]
        for reason, count in Counter(filter(None, reasons)).items():
            rows = [one for one, why in zip(held, reasons, strict=True) if why == reason]
            holding.drop(self.connection, rows, reason, now=self.now)
            found.dropped[reason] += count
        return [one for one, why in zip(held, reasons, strict=True) if why is None]

    def _tell_critical(self, held: Sequence[Held], found: Gathered) -> None:
        """The day's parts are used up: the critical ones go as digests, no others go at all.

        What is dropped counts as texted, so that it has its turn when it is repeated.
        """
        for one in held:
            if not one.critical:
                self._remember(one, {})
        critical = self._without(held, found, lambda one: None if one.critical else DAILY_CAP)
        texts = self._texts()
        quiet_at = texts[0] + self.control.config.digest if texts else self.now
        if critical and quiet_at > self.now:
            holding.postpone(self.connection, self.audience, Hold(DAILY_CAP, quiet_at))
        elif critical:
            self._merge(critical, found)
        self._close_storm()

    def _tell_all(self, held: Sequence[Held], found: Gathered) -> None:
        digest_at = storming.digest_at(self.connection, self.audience)
        if digest_at is not None and digest_at > self.now:
            holding.postpone(self.connection, self.audience, Hold(LIMIT, digest_at))
        elif digest_at is not None:
            self._digest(held, found)
        elif held:
            self._gather(held, found)

    def _digest(self, held: Sequence[Held], found: Gathered) -> None:
        """Tell what came since the last digest; the storm goes on if that was too much."""
        times = sorted([*self._texts(), *(one.at for one in held)], reverse=True)
        if held:
            self._merge(held, found)
        if storming.first_over(self.control.limits, times, now=self.now) is None:
            storming.end(self.connection, self.audience)
        else:
            until = self.now + self.control.config.digest
            storming.go_on(self.connection, self.audience, until=until)

    def _gather(self, held: Sequence[Held], found: Gathered) -> None:
        """Tell what came since the last text; if that is one too many, a storm begins."""
        since = storming.first_over(self.control.limits, self._texts(), now=self.now)
        if since is None:
            self._merge(held, found)
            return
        told = storming.alerts_since(self.connection, self.audience, since)
        until = self.now + self.control.config.digest
        storming.begin(self.connection, self.audience, now=self.now, until=until)
        self._merge(held, found, surge=Surge(told + len(held), self.now - since))

    def _close_storm(self) -> None:
        if storming.digest_at(self.connection, self.audience) is not None:
            storming.end(self.connection, self.audience)

    def _merge(self, held: Sequence[Held], found: Gathered, surge: Surge | None = None) -> None:
        route = holding.common_route(held)
        entry = self.tell([one.alert for one in held], route, self.now, surge)
        entry = replace(entry, audience=self.audience)
        found.message_id = accept(self.connection, entry, now=self.now).id
        holding.merge(self.connection, self.audience, found.message_id)
        for one in held:
            told_by: dict[str, object] = {"message_id": found.message_id}
            ends_another = one.status and one.alert.state is not AlertState.FIRING
            self._remember(one, {} if ends_another else told_by)

    def _remember(self, one: Held, values: dict[str, object]) -> None:
        values = {"texted_at": self.now} | values
        restate(self.connection, one.source, one.episode, audience=self.audience, values=values)

    def _texts(self) -> list[float]:
        return storming.texts(self.connection, self.audience, self.control, now=self.now)


def _is_unsure(one: Held, recovery: str) -> bool:
    """Say whether it is the end of a problem whose text is on its way."""
    if one.alert.state is not AlertState.RESOLVED or one.status is None:
        return False
    return is_end_told(one.status, recovery) is None


def _moot(one: Held, recovery: str) -> str | None:
    """Return why an alert needs no text any more; a critical one always does."""
    if one.critical or one.alert.state is AlertState.FIRING:
        return None
    if one.alert.state is AlertState.ACKNOWLEDGED:
        return ACKNOWLEDGED
    if one.status is None:
        return OVER
    return None if is_end_told(one.status, recovery) else UNTOLD
