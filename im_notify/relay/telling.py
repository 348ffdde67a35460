"""Tells the report hook what changed: at least once, in order, also after the process died."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from im_notify.outbox import telling

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.outbox.database import Database
    from im_notify.plugins import Plugins

TOGETHER = 32  #: changes that are told before that is stored: after a crash they are told again
SLOW = 0.25  #: seconds after which it is stored however few they are


@dataclass(slots=True, kw_only=True)
class Teller:
    """Holds up nobody but who is told: a slow plugin only hears later."""

    database: Database
    plugins: Plugins
    clock: Clock
    _told: list[int] = field(default_factory=list)

    def tell_due(self) -> float | None:
        """Tell what changed; returns when there is more to tell, None when there is nothing.

        What was told and could not be deleted is not told again before it is.
        """
        self._forget()
        began = self.clock.monotonic()
        waiting = self.database.read(lambda c: telling.pending(c, TOGETHER))
        for one in waiting:
            self.plugins.report(one.report, one.message)
            self._told.append(one.pk)
            if self.clock.monotonic() - began > SLOW:
                break
        self._forget()
        return self.clock.now().timestamp() if waiting else None

    def _forget(self) -> None:
        if self._told:
            self.database.write(partial(telling.told, pks=tuple(self._told))).result()
            self._told.clear()
