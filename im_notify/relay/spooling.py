"""Picks up what programs left in the spool while no relay answered them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from im_notify.errors import AlertError, InvalidMessageError
from im_notify.handing import spool
from im_notify.handing.batch import read
from im_notify.i18n import _
from im_notify.outbox import handed
from im_notify.outbox.entries import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from im_notify.clock import Clock
    from im_notify.handing.batch import Batch
    from im_notify.outbox.database import Database
    from im_notify.outbox.entries import Accepted

TOGETHER = 100  #: files whose fsync is shared
_FORGET_EACH = 3600.0  # seconds

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Spool:
    """The folder, and `take`, which accepts what is in a file; any thread may pick up."""

    folder: str
    limit: int
    database: Database
    clock: Clock
    take: Callable[[Batch], Future[list[Accepted]]]
    _one_at_a_time: Lock = field(default_factory=Lock)
    _given_up: set[str] = field(default_factory=set)
    _forget_at: float = 0.0

    def prepare(self) -> None:
        """Make the folder, so that programs of other users find it; say so when that fails."""
        try:
            spool.prepare(self.folder)
        except OSError as error:
            text = _("programs cannot leave alerts in %s while the relay is down: %s")
            _log.warning(text, self.folder, error.strerror or error)

    def pick_up(self) -> None:
        """Accept what waits, in its order, and delete it once it is on disk."""
        with self._one_at_a_time:
            found = spool.waiting(self.folder)
            paths = [path for path in found if path not in self._given_up]
            for start in range(0, len(paths), TOGETHER):
                if not self._all_taken(paths[start : start + TOGETHER]):
                    return

    def pick_up_due(self) -> None:
        """Do so as a pass of the relay, which runs each second; old keys are forgotten, too."""
        now = self.clock.now().timestamp()
        if now >= self._forget_at:
            self._forget_at = now + _FORGET_EACH
            self._forget(now - handed.KEPT)
        self.pick_up()

    def _forget(self, before: float) -> None:
        """Forget old keys, page by page: who accepts meanwhile comes between two of them."""
        after: str | None = ""
        while after is not None:
            page = partial(handed.forget, before=before, after=after)
            after = self.database.write(page).result()

    def _all_taken(self, paths: list[str]) -> bool:
        """Take some files; false when the outbox takes nothing now, and they go on waiting."""
        try:
            taken = [(path, future) for path in paths if (future := self._handed_in(path))]
            for path, future in taken:
                self._finish(path, future)
        except (OutboxError, OSError) as error:
            _log.warning(_("what is in the spool waits: %s"), error)
            return False
        return True

    def _handed_in(self, path: str) -> Future[list[Accepted]] | None:
        try:
            return self.take(read(spool.take(path, limit=self.limit)))
        except FileNotFoundError:
            return None
        except (spool.BadFileError, AlertError, InvalidMessageError) as error:
            self._set_aside(path, str(error))
            return None

    def _finish(self, path: str, future: Future[list[Accepted]]) -> None:
        try:
            found = future.result()
        except OutboxError:
            raise
        except Exception as error:  # noqa: BLE001  one file must not keep the others waiting
            self._set_aside(path, type(error).__name__)
            return
        _log.info(_("taken from the spool: %s"), " ".join(one.id for one in found) or "-")
        spool.remove(path)

    def _set_aside(self, path: str, reason: str) -> None:
        """Rename a file that nothing can be made of."""
        try:
            aside = spool.set_aside(path)
        except OSError:
            aside = path
            self._given_up.add(path)
        text = _("ALERTS ARE LOST unless you look into %s, nothing can be made of it: %s")
        _log.error(text, aside, reason)
