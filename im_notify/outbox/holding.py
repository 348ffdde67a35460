"""Alerts that are held back: each has an id of its own and is found by it for ever.

    held --gather--> merged (into a message) | dropped (with the reason)

All that is held for one audience waits for the same moment. A problem stands there once: what
changes about it meanwhile goes into its row, so that it is told as it is in the end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, insert, literal_column, select, union_all, update

from im_notify.alerts import Alert, AlertState, Severity, alert_from, alert_object
from im_notify.models import Consent, Status
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import new_id
from im_notify.outbox.entries import Route, Rung
from im_notify.outbox.hearing import heard_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

GATHERING, LIMIT, DAILY_CAP = "gathering", "limit", "daily cap"  #: why something is held
_WORST: Final = tuple(Severity)
_ROUTE: Final = tuple(one.name for one in fields(Route))

_COLUMNS, _STORMS = schema.held.c, schema.storms.c
_HELD_FOR = (_COLUMNS.audience == bindparam("its_audience")) & (
    _COLUMNS.state == literal_column("'held'")
)
_ANY_HELD = (
    select(_COLUMNS.due_at, _COLUMNS.reason)
    .where(_HELD_FOR)
    .limit(literal_column("1"))
    .offset(literal_column("0"))  # else SQLite gets a parameter for it
)
_STORMY = select(_STORMS.digest_at, literal_column(f"'{LIMIT}'")).where(
    _STORMS.audience == bindparam("its_audience")
)
_WAITING = select(union_all(_ANY_HELD.subquery().select(), _STORMY).subquery())
_FIND = select(_COLUMNS.id, _COLUMNS.alert).where(
    _HELD_FOR,
    _COLUMNS.episode == bindparam("its_episode"),
    _COLUMNS.source == bindparam("its_source"),
)
_ADD = insert(schema.held)
_FOLD = update(schema.held).where(_COLUMNS.id == bindparam("its_id"))


@dataclass(frozen=True, slots=True)
class Hold:
    """Why alerts have to wait, and until when, in seconds since the epoch."""

    reason: str
    due_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An alert that is held back, in the state that its problem has by now.

    `status` is that of the message which told of the problem before, None if none did; one that
    is forgotten was delivered.
    """

    id: str
    source: str
    episode: str
    alert: Alert = field(repr=False)
    route: str = field(repr=False)
    at: float
    status: Status | None

    @property
    def critical(self) -> bool:
        """Say whether it is merged but never dropped."""
        return self.alert.severity is Severity.CRITICAL


def waiting(connection: Connection, audience: str) -> Hold | None:
    """Return until when everything for this audience has to wait, if something does already."""
    rows = direct.fetch(connection, _WAITING, {"its_audience": audience})
    return next((Hold(reason, due_at) for due_at, reason in rows), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where alerts are held: for whom, how they are sent (from `route_text`), and until when."""

    audience: str
    route: str = field(repr=False)
    wait: Hold


def hold(connection: Connection, told: Alert, place: Place, *, episode: str, now: float) -> str:
    """Keep an alert for later, as it is to be told; return the id by which it is found."""
    row = {
        "id": new_id(),
        "audience": place.audience,
        "source": told.source,
        "episode": episode,
        "state": "held",
        "reason": place.wait.reason,
        "alert": json.dumps(alert_object(told)),
        "route": place.route,
        "at": now,
        "due_at": place.wait.due_at,
    }
    direct.add(connection, _ADD, row)
    return str(row["id"])


def fold(connection: Connection, told: Alert, *, episode: str, audience: str) -> str | None:
    """Put a change into the row of its problem and return that row's id, None without one.

    The worst severity stays: many sources tell of an end without it.
    """
    named = {"its_audience": audience, "its_episode": episode, "its_source": told.source}
    for name, written in direct.fetch(connection, _FIND, named):
        worst = min(told.severity, _alert(written).severity, key=_WORST.index)
        text = json.dumps(alert_object(replace(told, severity=worst)))
        direct.change(connection, _FOLD, {"its_id": name, "alert": text})
        return str(name)
    return None


def held_statuses(connection: Connection, ids: Iterable[str]) -> dict[str, Status]:
    """Return where the alerts stand that were held back under these ids."""
    rows = connection.execute(select(_COLUMNS.id, _COLUMNS.state).where(_COLUMNS.id.in_(ids)))
    return {row.id: Status.EXPIRED if row.state == "dropped" else Status.WAITING for row in rows}


def held_for(connection: Connection, audience: str) -> list[Held]:
    """Return what is held for an audience, in the order in which it came."""
    rows, problems, messages = schema.held, schema.episodes, schema.messages
    same = (
        (problems.c.source == rows.c.source)
        & (problems.c.episode == rows.c.episode)
        & (problems.c.audience == rows.c.audience)
    )
    found = connection.execute(
        select(
            rows,
            problems.c.state.label("is_now"),
            (problems.c.message_id.is_(None) & (problems.c.texted_at >= problems.c.fired_at)).label(
                "is_forgotten"
            ),
            heard_status(),
        )
        .outerjoin_from(rows, problems, same)
        .outerjoin(messages, messages.c.id == problems.c.message_id)
        .where(rows.c.audience == audience, rows.c.state == "held")
        .order_by(rows.c.at)
    )
    return [
        Held(
            id=row.id,
            source=row.source,
            episode=row.episode,
            alert=_as_it_is(_alert(row.alert), row.is_now),
            route=row.route,
            at=row.at,
            status=Status.DELIVERED if row.is_forgotten else row.status and Status(row.status),
        )
        for row in found
    ]


def _as_it_is(alert: Alert, state: str | None) -> Alert:
    return alert if state in {None, alert.state.value} else replace(alert, state=AlertState(state))


def drop(connection: Connection, rows: Iterable[Held], reason: str, *, now: float) -> None:
    """Give alerts up; they stay to be asked for, with the reason and the time."""
    for row in rows:
        values = {"its_id": row.id, "state": "dropped", "reason": reason, "due_at": now}
        direct.change(connection, _FOLD, values)


def merge(connection: Connection, audience: str, message_id: str) -> None:
    """Note which message tells of everything that is held for an audience."""
    columns = schema.held.c
    connection.execute(
        update(schema.held)
        .where(columns.audience == audience, columns.state == "held")
        .values(state="merged", message_id=message_id)
    )


def postpone(connection: Connection, audience: str, wait: Hold) -> None:
    """Let everything that is held for an audience wait for another moment."""
    columns = schema.held.c
    connection.execute(
        update(schema.held)
        .where(columns.audience == audience, columns.state == "held")
        .values(reason=wait.reason, due_at=wait.due_at)
    )


def route_text(route: Route) -> str:
    """Return a route as JSON."""
    said = {name: getattr(route, name) for name in _ROUTE}
    ladder = [asdict(rung) for rung in route.ladder]
    return json.dumps(said | {"consent": route.consent.value, "ladder": ladder})


def common_route(rows: Sequence[Held]) -> Route:
    """Return how one text about all of these is sent: as the last one, answered to all."""
    routes = [route_of(written) for written in dict.fromkeys(row.route for row in rows)]
    told = dict.fromkeys(name for route in routes for name in route.write_back)
    return replace(route_of(rows[-1].route), write_back=tuple(told))


def route_of(written: str) -> Route:
    """Read what `route_text` wrote; what another version knew more is left out."""
    said: dict[str, Any] = json.loads(written)
    values = {name: _tupled(said[name]) for name in _ROUTE if name in said}
    values["consent"] = Consent(said["consent"])
    values["ladder"] = tuple(Rung(**rung) for rung in said["ladder"])
    return Route(**values)


def _tupled(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    return tuple(value) if isinstance(value, list) else value


def _alert(written: str) -> Alert:
    return alert_from(json.loads(written))
