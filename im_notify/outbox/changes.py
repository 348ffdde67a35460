"""What an alert changes about the problem that it tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from im_notify.alerts import AlertState, Severity

if TYPE_CHECKING:
    from im_notify.alerts import Alert

_WORST = tuple(Severity)


class Known(NamedTuple):
    """An episode as it is stored."""

    state: str
    times: int
    message_id: str | None
    fired_at: float
    texted_at: float | None
    severity: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """An alert, and its episode as it was stored before, None for a problem that is new."""

    alert: Alert
    known: Known | None

    @property
    def name(self) -> tuple[str, str]:
        """Return what no other problem of the audience is called."""
        return self.alert.source, self.alert.episode

    @property
    def firing(self) -> bool:
        """Say whether the problem is there now."""
        return self.alert.state is AlertState.FIRING

    @property
    def anew(self) -> bool:
        """Say whether the problem begins, for the first time or again."""
        return self.firing and (self.known is None or self.known.state != AlertState.FIRING)

    @property
    def begins(self) -> bool:
        """Say whether nobody can know of the problem: what was acknowledged was told before."""
        return self.firing and (self.known is None or self.known.state == AlertState.RESOLVED)

    @property
    def worst(self) -> str:
        """Return the worst severity since the problem began."""
        before = None if self.anew or self.known is None else self.known.severity
        return min(filter(None, (before, self.alert.severity)), key=_WORST.index)

    @property
    def worse(self) -> bool:
        """Say whether a problem that fires already got worse than it ever was."""
        before = self.known.severity if self.known else None
        return self.firing and before is not None and self.worst != before

    @property
    def times(self) -> int:
        """Return how often the problem has begun, this time included."""
        return (self.known.times if self.known else 0) + self.anew
