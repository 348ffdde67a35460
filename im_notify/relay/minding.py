"""Minds the relay itself: what is wrong with it is told once, and again when it is well."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError
from im_notify.outbox.alarms import alarm_told, alarms, end_alarm, forget_alarms, raise_alarm
from im_notify.wording.own import one_sms, well_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from im_notify.clock import Clock
    from im_notify.outbox.alarms import Alarm
    from im_notify.outbox.database import Database
    from im_notify.relay.posting import Posting
    from im_notify.relay.troubles import Troubles
    from im_notify.secret import Secret
    from im_notify.wording import Wording

EVERY = 30.0  #: seconds between two rounds
LOG = "log"  #: a target that always hears

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Mind:
    """The pass that looks for troubles and tells of them; `posting` reaches contacts."""

    database: Database
    clock: Clock
    troubles: Troubles
    posting: Posting
    wording: Wording
    tell_url: Callable[[str, str], str | None]
    _round_at: float = field(default=float("-inf"))
    _raised: deque[tuple[str, str]] = field(default_factory=deque)

    def alarm(self, name: str, text: str) -> None:
        """Have every target told of `text`, once a day for a `name`; any thread may call this.

        It is stored in the next round, so a crash before that loses it.
        """
        self._raised.append((name, text))
        self._round_at = float("-inf")

    def mind_due(self) -> float:
        """Look for troubles and tell of what changed; returns when the next round is."""
        at, now = self.clock.monotonic(), self.clock.now().timestamp()
        if at >= self._round_at:
            self._round_at = at + EVERY
            self._look(now)
            self._tell_all(now)
        return now + max(0.0, self._round_at - at)

    def _look(self, now: float) -> None:
        found = dict(self.troubles.look())
        raised = list(self._raised)
        self.database.write(partial(self._note, found=found, raised=raised, now=now)).result()
        for _one in raised:
            self._raised.popleft()

    def _note(
        self,
        connection: Connection,
        *,
        found: Mapping[str, str | None],
        raised: list[tuple[str, str]],
        now: float,
    ) -> None:
        forget_alarms(connection, now=now)
        for name, text in [*found.items(), *raised]:
            if text is None:
                end_alarm(connection, name, well_line(name, self.wording))
            else:
                raise_alarm(connection, name, text, now=now)

    def _tell_all(self, now: float) -> None:
        targets = self._targets()
        for alarm in self.database.read(alarms):
            for target in alarm.waiting([LOG, *targets], now):
                failed = self._tell(alarm, target, targets.get(target))
                self.database.write(
                    partial(alarm_told, alarm=alarm, target=target, now=now, failed=failed)
                ).result()

    def _targets(self) -> dict[str, Secret | str]:
        """Name each target without telling what is in its URL."""
        return {
            one if isinstance(one, str) else _digest(one.reveal()): one
            for one in self.posting.relay.alarm
        }

    def _tell(self, alarm: Alarm, target: str, to: Secret | str | None) -> bool:
        """Tell one target; says whether that failed."""
        try:
            if to is None:
                return self._write_down(alarm)
            if isinstance(to, str):
                failed = self._text(alarm, to)
            else:
                failed = self.tell_url(to.reveal(), alarm.text)
        except ImNotifyError as error:
            failed = str(error)
        if failed:
            _log.warning("the alarm target %s could not be told: %s", target, failed)
        return bool(failed)

    def _write_down(self, alarm: Alarm) -> bool:
        _log.log(logging.WARNING if alarm.over else logging.ERROR, "%s", alarm.text)
        if not alarm.over and not self.posting.relay.alarm:
            _log.error("nobody but this log is told: set alarm in [relay]")
        return False

    def _text(self, alarm: Alarm, name: str) -> str | None:
        end = "over" if alarm.over else "on"
        return self.posting.post(
            name,
            one_sms(alarm.text, self.wording),
            source="alarm",
            key=f"alarm/{alarm.name}/{alarm.raised_at:.0f}/{end}/{name}",
        )


def _digest(url: str) -> str:
    return f"url {hashlib.sha256(url.encode()).hexdigest()[:8]}"
