"""Takes alerts in: what changed since the last notification becomes one text.

An episode is one problem as one audience hears of it. It is stored with the state that it was
last told in, so that a retry, a repetition and the other half of an HA pair change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from im_notify.alerts import Alert, AlertState
from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import accept
from im_notify.outbox.awaiting import LOOK, UNCONFIRMED, let_wait, take_back
from im_notify.outbox.changes import Change, Known
from im_notify.outbox.ending import is_texted, note_untold, take_care_of, tell_anew
from im_notify.outbox.entries import Accepted
from im_notify.outbox.holding import Hold, Place, fold, held_statuses, hold, route_text, waiting
from im_notify.outbox.rungs import take_end_back
from im_notify.outbox.storming import must_wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from im_notify.outbox.entries import AlertPlan

ONCE = 600.0  #: seconds after which an event without recovery and without an id is told again

_COLUMNS = schema.episodes.c
_HERE = (
    (_COLUMNS.source == bindparam("its_source"))
    & (_COLUMNS.episode == bindparam("its_episode"))
    & (_COLUMNS.audience == bindparam("its_audience"))
)
_FIND = select(
    _COLUMNS.state,
    _COLUMNS.times,
    _COLUMNS.message_id,
    _COLUMNS.fired_at,
    _COLUMNS.texted_at,
    _COLUMNS.severity,
).where(_HERE)
_ADD, _CHANGE = insert(schema.episodes), update(schema.episodes).where(_HERE)


def accept_alerts(
    connection: Connection, alerts: Sequence[Alert], plan: AlertPlan, *, now: float
) -> list[Accepted]:
    """Find what changed, put that into one text, and store it with the new states.

    All in one transaction: of two members of an HA pair, the second finds nothing changed.
    An episode that stands twice in one notification counts once, as it was said last.
    """
    unique = {(alert.source, alert.episode): alert for alert in map(_storable, alerts)}
    found = [Change(one, _episode(connection, one, plan)) for one in unique.values()]
    changed = [change for change in found if _is_news(change, plan, now)]
    for change in changed:
        _settle(connection, change, plan, now=now)
    wait = waiting(connection, plan.audience) if changed and plan.storm else None
    folded = _fold(connection, changed, plan, now=now) if wait else {}
    rest = [change for change in changed if change.name not in folded]
    fates = [(change, is_texted(connection, change, plan)) for change in rest]
    texted = [change for change, is_texted in fates if is_texted]
    unsure = [change for change, is_texted in fates if is_texted is None]
    if plan.recovery == "delivered":
        note_untold(connection, [change for change, told in fates if told is False], now)
    known = [Accepted(id=name, duplicate=True, status=Status.WAITING) for name in folded.values()]
    known += _let_wait(connection, unsure, plan, now=now)
    if texted:
        return known + _tell(connection, texted, plan, wait, now=now)
    return known or list(_duplicates(connection, found))


def _storable(alert: Alert) -> Alert:
    """Write half a character out: JSON can hold one, no database can."""
    names = (alert.source, alert.episode)
    if all(map(str.isascii, names)):
        return alert
    source, episode = (name.encode("utf-8", "backslashreplace").decode() for name in names)
    return replace(alert, source=source, episode=episode)


def _let_wait(
    connection: Connection, unsure: Sequence[Change], plan: AlertPlan, *, now: float
) -> list[Accepted]:
    """Keep ends of problems until it is known whether anybody heard of these."""
    if not unsure or plan.route is None:
        return []
    place = Place(plan.audience, route_text(plan.route), Hold(UNCONFIRMED, now + LOOK))
    held = [_hold(connection, one, plan, place, now=now) for one in unsure]
    let_wait(connection, [one.id for one in held], now=now)
    return held


def _fold(
    connection: Connection, changed: Sequence[Change], plan: AlertPlan, *, now: float
) -> dict[tuple[str, str], str]:
    """Put changes of what is held for the audience where it is held; return ids by problems."""
    ids = {
        one.name: fold(
            connection, _as_told(one, now), episode=one.alert.episode, audience=plan.audience
        )
        for one in changed
        if one.known
    }
    return {problem: name for problem, name in ids.items() if name}


def _tell(
    connection: Connection,
    texted: Sequence[Change],
    plan: AlertPlan,
    wait: Hold | None,
    *,
    now: float,
) -> list[Accepted]:
    """Text these alerts, or hold them back if something is or storm control says so."""
    if plan.storm and plan.route:
        wait = wait or must_wait(connection, plan.audience, plan.storm, now=now)
        place = Place(plan.audience, route_text(plan.route), wait) if wait else None
        if place:
            return [_hold(connection, one, plan, place, now=now) for one in texted]
    entry = plan.entry([_as_told(change, now) for change in texted], now)
    accepted = accept(connection, replace(entry, audience=plan.audience), now=now)
    for change in texted:
        _remember(connection, change, plan, message_id=accepted.id, now=now)
    return [accepted]


def _hold(
    connection: Connection, change: Change, plan: AlertPlan, place: Place, *, now: float
) -> Accepted:
    """Hold an alert back; a problem that begins is known by the id under which it is held.

    Not one whose end nobody heard of yet: that stays the problem of the message which told of it.
    """
    told, episode = _as_told(change, now), change.alert.episode
    name = hold(connection, told, place, episode=episode, now=now)
    goes_on = _goes_on(connection, change, plan, now=now)
    if change.known is None:
        _add(connection, change, plan, {"message_id": name}, now=now)
    elif change.begins and not goes_on:
        direct.change(connection, _CHANGE, _here(change.alert, plan) | {"message_id": name})
        if change.known.message_id:
            tell_anew(connection, change.known.message_id, name)
    return Accepted(id=name, duplicate=False, status=Status.WAITING)


def _goes_on(connection: Connection, change: Change, plan: AlertPlan, *, now: float) -> bool:
    """Take back an end that nobody heard of yet; says whether there was one."""
    alert = change.alert
    return take_back(connection, alert.source, alert.episode, audience=plan.audience, now=now)


def _as_told(change: Change, now: float) -> Alert:
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


def _here(alert: Alert, plan: AlertPlan) -> dict[str, object]:
    return {
        "its_source": alert.source,
        "its_episode": alert.episode,
        "its_audience": plan.audience,
    }


def _episode(connection: Connection, alert: Alert, plan: AlertPlan) -> Known | None:
    return next(map(Known._make, direct.fetch(connection, _FIND, _here(alert, plan))), None)


def _is_news(change: Change, plan: AlertPlan, now: float) -> bool:
    alert, known = change.alert, change.known
    if known is None:
        return change.firing  # the end of a problem that nobody heard of
    if known.state != alert.state:
        return not (known.state == AlertState.RESOLVED and alert.state is AlertState.ACKNOWLEDGED)
    if change.worse:
        return True
    repeat = min(plan.repeat, ONCE) if alert.once else plan.repeat
    return change.firing and known.texted_at is not None and now - known.texted_at >= repeat


def _settle(connection: Connection, change: Change, plan: AlertPlan, *, now: float) -> None:
    """Store the state; a problem that ended or is taken care of climbs no ladder.

    One that is new fires, and is stored with what tells of it.
    """
    alert, known = change.alert, change.known
    if known is None:
        return
    direct.change(connection, _CHANGE, _here(alert, plan) | _standing(change, now))
    if change.anew and known.message_id:
        take_end_back(connection, known.message_id)
    if not change.firing and known.message_id:
        take_care_of(connection, known.message_id, alert, plan, now=now)


def _standing(change: Change, now: float) -> dict[str, object]:
    """Return the columns that an alert changes, whether it is texted or not."""
    values: dict[str, object] = {
        "state": change.alert.state.value,
        "times": change.times,
        "severity": change.worst,
    }
    return values | {"fired_at": now} if change.anew else values


def _add(
    connection: Connection, change: Change, plan: AlertPlan, told: dict[str, object], *, now: float
) -> None:
    """Store a problem that is new, with what tells of it."""
    alert = change.alert
    named = {"source": alert.source, "episode": alert.episode, "audience": plan.audience}
    direct.add(connection, _ADD, named | _standing(change, now) | told)


def restate(
    connection: Connection, source: str, episode: str, *, audience: str, values: dict[str, object]
) -> None:
    """Change columns of an episode; the ladder of a message that told of it before ends."""
    named = {"its_source": source, "its_episode": episode, "its_audience": audience}
    before = direct.fetch(connection, _FIND, named) if "message_id" in values else ()
    direct.change(connection, _CHANGE, named | values)
    for known in map(Known._make, before):
        if known.message_id:
            tell_anew(connection, known.message_id, str(values["message_id"]))


def _remember(
    connection: Connection, change: Change, plan: AlertPlan, *, message_id: str, now: float
) -> None:
    """Store which message told of a problem last: its ladder is the one that goes on."""
    values: dict[str, object] = {"texted_at": now}
    if change.firing:
        values["message_id"] = message_id
    if change.known is None:
        _add(connection, change, plan, values, now=now)
        return
    direct.change(connection, _CHANGE, _here(change.alert, plan) | values)
    if change.firing and change.known.message_id:
        tell_anew(connection, change.known.message_id, message_id)


def _duplicates(connection: Connection, found: Iterable[Change]) -> Iterator[Accepted]:
    ids = {one.known.message_id for one in found if one.known and one.known.message_id}
    rows = connection.execute(
        select(schema.messages.c.id, schema.messages.c.status).where(
            schema.messages.c.id.in_(sorted(ids))
        )
    )
    statuses = {row.id: Status(row.status) for row in rows}
    statuses |= held_statuses(connection, ids - statuses.keys())
    for name, status in statuses.items():
        yield Accepted(id=name, duplicate=True, status=status)
