"""What every source is turned into: one change of one problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping


class AlertState(StrEnum):
    """Where a problem stands."""

    FIRING = "firing"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"


class Severity(StrEnum):
    """How bad it is; every source's own words are mapped to these."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One change of one problem, as a source told it.

    `episode` names the problem: it is the same when it fires, recovers and is told again, by
    whichever member of an HA pair, so nothing that differs between those may go into it. A change
    is what the outbox finds when the state of an episode differs from the one it knows; a source
    therefore needs no key for it. `once` marks an event that never recovers: each has an episode
    of its own. `group` holds together what one notification told.
    """

    source: str
    episode: str
    state: AlertState
    severity: Severity = Severity.WARNING
    object: str = ""
    summary: str = field(default="", repr=False)
    started_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    group: str = ""
    once: bool = False


def alert_object(alert: Alert) -> dict[str, object]:
    """Return an alert as JSON holds it: every field by its name, the time in ISO 8601."""
    return {
        "source": alert.source,
        "episode": alert.episode,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "object": alert.object,
        "summary": alert.summary,
        "started_at": alert.started_at.isoformat() if alert.started_at else None,
        "labels": dict(alert.labels),
        "group": alert.group,
        "once": alert.once,
    }


def alert_from(written: object) -> Alert:
    """Read what `alert_object` wrote; only source, episode and state must be there.

    Raises AlertError, which repeats nothing of it.
    """
    try:
        return _read(_fields(written))
    except ValueError:
        raise AlertError(_("this is no alert: a field is missing or wrong")) from None


def _read(said: Mapping[str, object]) -> Alert:
    started = _text(said, "started_at")
    since = datetime.fromisoformat(started) if started else None
    if not (said.get("source") and said.get("episode")) or (since and since.tzinfo is None):
        raise ValueError
    return Alert(
        source=_text(said, "source"),
        episode=_text(said, "episode"),
        state=AlertState(_text(said, "state")),
        severity=Severity(_text(said, "severity") or Severity.WARNING),
        object=_text(said, "object"),
        summary=_text(said, "summary"),
        started_at=since,
        labels=_labels(said.get("labels") or {}),
        group=_text(said, "group"),
        once=said.get("once") is True,
    )


def _fields(written: object) -> Mapping[str, object]:
    if not isinstance(written, dict):
        raise ValueError  # noqa: TRY004  all that is wrong is one thing to the caller
    return written


def _labels(written: object) -> dict[str, str]:
    said = _fields(written)
    return {name: _text(said, name) for name in said}


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name) or ""
    if not isinstance(found, str):
        raise ValueError  # noqa: TRY004  as above
    return found
