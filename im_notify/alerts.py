"""What every source is turned into: one change of one problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


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
