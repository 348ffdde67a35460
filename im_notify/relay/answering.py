"""Tells where alerts came from how their messages ended."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from im_notify.alerts import alert_from
from im_notify.errors import AlertError, ConfigError, ImNotifyError
from im_notify.i18n import _
from im_notify.outbox import reading, writing_back
from im_notify.protocols import Outcome
from im_notify.wording.own import outcome_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from im_notify.alerts import Alert
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.outbox.writing_back import Due
    from im_notify.plugins import Plugins
    from im_notify.relay_config import RelayConfig, WriteBackConfig
    from im_notify.wording import Wording

#: seconds between two attempts; after the last, an hour in all, a place is given up
BACKOFF = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0, 600.0, 600.0, 600.0)
AT_ONCE = 8  #: messages that one place is told of before the next place has its turn

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Answering:
    """The pass that writes outcomes back to the places of the configuration."""

    database: Database
    plugins: Plugins
    clock: Clock
    relay: RelayConfig
    wording: Wording

    def answer_due(self) -> float | None:
        """Tell what is due; returns when the next place is to be told.

        A place that fails has its next turn in the next pass: it holds up nobody else.
        """
        now = self._now()
        for name in self.database.read(lambda c: writing_back.due_targets(c, now=now)):
            self._answer(name, now)
        return self.database.read(writing_back.next_due)

    def _answer(self, name: str, now: float) -> None:
        found = self.database.read(lambda c: writing_back.due_for(c, name, now=now, limit=AT_ONCE))
        for due in found:
            if not self._tell(due):
                return

    def _tell(self, due: Due) -> bool:
        try:
            self.plugins.write_back(self._target(due), self._outcome(due))
        except (AlertError, ConfigError) as error:
            self._give_up(due, str(error))
            return False
        except ImNotifyError as error:
            self._fail(due, str(error))
            return False
        now = self._now()
        self.database.write(lambda c: writing_back.told(c, due, now=now)).result()
        return True

    def _target(self, due: Due) -> WriteBackConfig:
        target = self.relay.write_back.get(due.target)
        if target is None:
            raise ConfigError(_("the configuration has no such place any more"))
        return target

    def _outcome(self, due: Due) -> Outcome:
        stored = self.database.read(lambda c: reading.stored(c, due.message_id))
        if stored is None:
            raise AlertError(_("the message is not there any more"))
        ended_at = datetime.fromtimestamp(due.ended_at or self._now(), UTC)
        return Outcome(
            id=stored.id,
            status=stored.status,
            ended_at=ended_at,
            deliveries=stored.deliveries,
            alerts=tuple(self._concerned(due)),
            text=outcome_line(stored.deliveries, self.wording, at=ended_at, name=stored.id),
        )

    def _concerned(self, due: Due) -> Iterator[Alert]:
        """Yield the alerts that are for the place: one text may tell of several hooks'.

        Those that came through no hook are for the place that is called like their source.
        """
        for alert in map(alert_from, json.loads(due.origin)):
            hook = self.relay.hooks.get(alert.source)
            if hook is None or due.target in (*hook.write_back, alert.source):
                yield alert

    def _fail(self, due: Due, reason: str) -> None:
        if due.attempts >= len(BACKOFF):
            self._give_up(due, reason)
            return
        _log.info("message %s: %s is told again: %s", due.message_id, due.target, reason)
        due_at = self._now() + BACKOFF[due.attempts]
        self.database.write(lambda c: writing_back.later(c, due, due_at=due_at)).result()

    def _give_up(self, due: Due, reason: str) -> None:
        _log.warning("message %s: %s was not told: %s", due.message_id, due.target, reason)
        now = self._now()
        self.database.write(lambda c: writing_back.failed(c, due, now=now, reason=reason)).result()

    def _now(self) -> float:
        return self.clock.now().timestamp()
