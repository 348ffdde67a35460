"""Storm control: whether an alert is texted at once, or held back and told with others.

The first alert of a quiet audience goes at once. What follows within the gather time is one text
at its end. Who is over a limit gets a notice, and from then on a digest at each interval, until
what came in an interval would have kept the limits by itself. When the day's parts are used up
only critical alerts are told, as digests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from im_notify.outbox import direct, schema
from im_notify.outbox.holding import DAILY_CAP, GATHERING, LIMIT, Hold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from sqlalchemy import Connection

    from im_notify.relay_config import Limit, StormConfig

ASTRAY = 60.0  #: seconds that a message may be ahead of us: accepts overtake each other
SETTLED = 5.0  #: seconds after which no message with an earlier time appears

_COLUMNS = schema.messages.c
_TEXTS = (
    select(_COLUMNS.created_at)
    .where(
        _COLUMNS.audience == bindparam("its_audience"),
        _COLUMNS.created_at > bindparam("since"),
        _COLUMNS.created_at <= bindparam("until"),
    )
    .order_by(_COLUMNS.created_at.desc())
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # else SQLite gets a parameter for it
)
_PARTS = select(func.sum(_COLUMNS.parts)).where(
    _COLUMNS.created_at >= bindparam("since"),
    _COLUMNS.created_at < bindparam("until"),
    _COLUMNS.audience.is_not(None),
)


@dataclass(slots=True)
class Day:
    """What the alerts of a day cost, in SMS parts, without adding all of them up each time.

    Only for one thread. It holds nothing that a rollback could make wrong.
    """

    _midnight: float = 0.0
    _since: float = 0.0
    _parts: int = 0

    def parts(self, connection: Connection, zone: tzinfo, *, now: float) -> int:
        """Return the parts of the day that `now` belongs to in `zone`."""
        midnight = _beginning(now, zone)
        if midnight != self._midnight or now < self._since:
            self._midnight, self._since, self._parts = midnight, midnight, 0
        settled = now - SETTLED
        if settled - self._since > SETTLED:
            self._parts += _sum(connection, self._since, settled)
            self._since = settled
        return self._parts + _sum(connection, self._since, now + ASTRAY)


def _beginning(now: float, zone: tzinfo) -> float:
    local = datetime.fromtimestamp(now, zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def _sum(connection: Connection, since: float, until: float) -> int:
    ((parts,),) = direct.fetch(connection, _PARTS, {"since": since, "until": until})
    return int(parts or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StormControl:
    """The rules as configured; days are those of `zone`, `recovery` is as in an AlertPlan."""

    config: StormConfig
    zone: tzinfo
    recovery: str = "delivered"
    day: Day = field(default_factory=Day, compare=False)

    @property
    def limits(self) -> Sequence[Limit]:
        """Return the limits, none when storm control is off: then what is held is let go."""
        return self.config.limits if self.config.enabled else ()

    def capped(self, connection: Connection, *, now: float) -> bool:
        """Say whether the day's parts are used up."""
        cap = self.config.daily_parts if self.config.enabled else 0
        return cap > 0 and self.day.parts(connection, self.zone, now=now) >= cap


def must_wait(
    connection: Connection, audience: str, control: StormControl, *, now: float
) -> Hold | None:
    """Return how long alerts must wait for which nothing is held yet, None if not at all.

    A Hold that is due at once leaves the decision to the pass that gathers.
    """
    times = texts(connection, audience, control, now=now)
    quiet_at = min(times[0], now) + control.config.gather if times else now
    if quiet_at > now:
        return Hold(GATHERING, quiet_at)
    if first_over(control.limits, times, now=now):
        return Hold(LIMIT, now)
    return Hold(DAILY_CAP, now) if control.capped(connection, now=now) else None


def texts(
    connection: Connection, audience: str, control: StormControl, *, now: float
) -> list[float]:
    """Return when alerts were texted to an audience, the last first, as far as limits look back."""
    longest = max([control.config.digest, *(one.seconds for one in control.limits)])
    values = {
        "its_audience": audience,
        "since": now - longest,
        "until": now + ASTRAY,
        "most": max([1, *(one.texts for one in control.limits)]),
    }
    return [at for (at,) in direct.fetch(connection, _TEXTS, values)]


def first_over(limits: Sequence[Limit], times: Sequence[float], *, now: float) -> float | None:
    """Return the first of the times that leave no room for another one, None where there is.

    `times` have the last first.
    """
    for limit in limits:
        if len(times) >= limit.texts and times[limit.texts - 1] > now - limit.seconds:
            return times[limit.texts - 1]
    return None


def alerts_since(connection: Connection, audience: str, since: float) -> int:
    """Count the alerts that were texted since then; a text that has none any more counts as one."""
    messages, problems = schema.messages.c, schema.episodes.c
    counts = connection.scalars(
        select(func.count(problems.episode))
        .select_from(schema.messages)
        .outerjoin(schema.episodes, problems.message_id == messages.id)
        .where(messages.audience == audience, messages.created_at >= since)
        .group_by(messages.id)
    )
    return sum(max(1, count) for count in counts)


def digest_at(connection: Connection, audience: str) -> float | None:
    """Return when the next digest is due, None where there is no storm."""
    columns = schema.storms.c
    found: float | None = connection.scalar(
        select(columns.digest_at).where(columns.audience == audience)
    )
    return found


def begin(connection: Connection, audience: str, *, now: float, until: float) -> None:
    """Note a storm whose first digest is due at `until`."""
    row = {"audience": audience, "since": now, "digest_at": until}
    connection.execute(insert(schema.storms), row)


def go_on(connection: Connection, audience: str, *, until: float) -> None:
    """Set when the next digest is due."""
    columns = schema.storms.c
    connection.execute(
        update(schema.storms).where(columns.audience == audience).values(digest_at=until)
    )


def end(connection: Connection, audience: str) -> None:
    """Forget a storm; that needs no SMS."""
    connection.execute(delete(schema.storms).where(schema.storms.c.audience == audience))
