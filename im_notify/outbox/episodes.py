"""Takes alerts in: what changed since the last notification becomes one text.

An episode is one problem as one audience hears of it. It is stored with the state that it was
last told in, so that a retry, a repetition and the other half of an HA pair change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from im_notify.alerts import Alert, AlertState
from im_notify.models import Status
from im_notify.outbox import schema
from im_notify.outbox.accepting import accept, note, stop_ladder
from im_notify.outbox.entries import Accepted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from im_notify.outbox.entries import AlertPlan

ONCE = 600.0  #: seconds after which an event without recovery and without an id is told again


@dataclass(frozen=True, slots=True)
class _Change:
    """An alert, and its episode as it was stored before, None for a problem that is new."""

    alert: Alert
    known: Row[Any] | None

    @property
    def firing(self) -> bool:
        return self.alert.state is AlertState.FIRING

    @property
    def anew(self) -> bool:
        """Say whether the problem begins, for the first time or again."""
        return self.firing and (self.known is None or self.known.state != AlertState.FIRING)

    @property
    def times(self) -> int:
        """Return how often the problem has begun, this time included."""
        return (self.known.times if self.known else 0) + self.anew


def accept_alerts(
    connection: Connection, alerts: Sequence[Alert], plan: AlertPlan, *, now: float
) -> list[Accepted]:
    """Find what changed, put that into one text, and store it with the new states.

    All in one transaction: of two members of an HA pair, the second finds nothing changed.
    An episode that stands twice in one notification counts once, as it was said last.
    """
    unique = {(alert.source, alert.episode): alert for alert in alerts}
    found = [_Change(one, _episode(connection, one, plan)) for one in unique.values()]
    changed = [change for change in found if _is_news(change, plan, now)]
    for change in changed:
        _settle(connection, change, plan, now=now)
    texted = [change for change in changed if _is_texted(connection, change, plan)]
    if not texted:
        return list(_duplicates(connection, found))
    entry = plan.entry([_as_told(change, now) for change in texted], now)
    accepted = accept(connection, entry, now=now)
    for change in texted:
        _remember(connection, change, plan, message_id=accepted.id, now=now)
    return [accepted]


def _as_told(change: _Change, now: float) -> Alert:
    """Return the alert for the wording: what fires again has another id, its end has the same.

    Where the source does not say since when, it is since the problem was first told.
    """
    alert, known = change.alert, change.known
    since = known.fired_at if known and not change.anew else now
    return replace(
        alert,
        episode=f"{alert.episode}@{change.times}",
        started_at=alert.started_at or datetime.fromtimestamp(since, UTC),
    )


def _where(alert: Alert, plan: AlertPlan) -> ColumnElement[bool]:
    columns = schema.episodes.c
    return (
        (columns.source == alert.source)
        & (columns.episode == alert.episode)
        & (columns.audience == plan.audience)
    )


def _episode(connection: Connection, alert: Alert, plan: AlertPlan) -> Row[Any] | None:
    return connection.execute(select(schema.episodes).where(_where(alert, plan))).one_or_none()


def _is_news(change: _Change, plan: AlertPlan, now: float) -> bool:
    alert, known = change.alert, change.known
    if known is None:
        return change.firing  # the end of a problem that nobody heard of
    if known.state != alert.state:
        return not (known.state == AlertState.RESOLVED and alert.state is AlertState.ACKNOWLEDGED)
    repeat = min(plan.repeat, ONCE) if alert.once else plan.repeat
    return change.firing and known.texted_at is not None and now - known.texted_at >= repeat


def _settle(connection: Connection, change: _Change, plan: AlertPlan, *, now: float) -> None:
    """Store the state; a problem that ended or is taken care of climbs no ladder."""
    alert, known = change.alert, change.known
    values: dict[str, object] = {"state": alert.state.value, "times": change.times}
    if change.anew:
        values["fired_at"] = now
    if known is None:
        named = {"source": alert.source, "episode": alert.episode, "audience": plan.audience}
        connection.execute(insert(schema.episodes), named | values)
        return
    connection.execute(update(schema.episodes).where(_where(alert, plan)).values(values))
    if not change.firing and known.message_id:
        _take_care_of(connection, known.message_id, alert, now=now)


def _take_care_of(connection: Connection, message_id: str, alert: Alert, *, now: float) -> None:
    """Note what became of a problem; once none of its message's fires, the ladder ends."""
    note(connection, message_id, now, alert.state.value)
    columns = schema.episodes.c
    still = select(columns.episode).where(
        columns.message_id == message_id, columns.state == AlertState.FIRING.value
    )
    if connection.execute(still.limit(1)).first() is None:
        stop_ladder(connection, message_id)


def _is_texted(connection: Connection, change: _Change, plan: AlertPlan) -> bool:
    if change.firing:
        return True
    known = change.known
    acknowledged = change.alert.state is AlertState.ACKNOWLEDGED
    if acknowledged or known is None or plan.recovery == "never":
        return False
    if plan.recovery == "always":
        return True
    status = select(schema.messages.c.status).where(schema.messages.c.id == known.message_id)
    return connection.scalar(status) == Status.DELIVERED


def _remember(
    connection: Connection, change: _Change, plan: AlertPlan, *, message_id: str, now: float
) -> None:
    values: dict[str, object] = {"texted_at": now}
    if change.firing:
        values["message_id"] = message_id
    connection.execute(update(schema.episodes).where(_where(change.alert, plan)).values(values))


def _duplicates(connection: Connection, found: Iterable[_Change]) -> Iterator[Accepted]:
    ids = {one.known.message_id for one in found if one.known and one.known.message_id}
    rows = connection.execute(
        select(schema.messages.c.id, schema.messages.c.status).where(
            schema.messages.c.id.in_(sorted(ids))
        )
    )
    for row in rows:
        yield Accepted(id=row.id, duplicate=True, status=Status(row.status))
