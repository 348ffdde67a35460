"""Takes a changed configuration over while the relay runs, or goes on with the old one.

Everything is put together anew around the same database, listeners and counters: what an accepted
message needs is in the database, so the new loops find it there.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError
from im_notify.i18n import _
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.app import App
    from im_notify.relay_config import RelayConfig
    from im_notify.serving.assembly import Relay
    from im_notify.serving.logs import Log
    from im_notify.serving.switching import Switch

FIXED = ("listen", "database", "socket")  #: what a process cannot change while it runs
_log = logging.getLogger(__name__)


class Reloader:
    """Follows the configuration in a thread of its own; `relay` is the one that runs."""

    def __init__(self, app: App, relay: Relay, *, switches: Sequence[Switch], log: Log) -> None:
        """Keep what was started, to compare it with."""
        self.relay = relay
        self._app = app
        self._switches = switches
        self._log = log
        self._started = relay.config
        self._asked: SimpleQueue[str] = SimpleQueue()  # its put may be called in a signal handler
        self._thread = Thread(target=self._run, name="relay-reload", daemon=True)

    def start(self) -> None:
        """Be ready to be asked."""
        self._thread.start()

    def ask(self) -> None:
        """Reload soon; asked several times meanwhile, once."""
        self._asked.put("reload")

    def stop(self) -> None:
        """Return when no reload is under way and none will be."""
        self._asked.put("stop")
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._wanted():
            try:
                self.reload()
            except ImNotifyError as error:
                _log.error(_("the configuration is not reloaded, the old one goes on: %s"), error)
            except Exception:  # noqa: BLE001  whatever happens, the relay that runs goes on
                _log.exception(_("the configuration is not reloaded, the old one goes on"))

    def _wanted(self) -> bool:
        asked = self._asked.get()
        while asked != "stop":
            try:
                asked = self._asked.get_nowait()
            except Empty:
                return True
        return False

    def reload(self) -> None:
        """Check the configuration and use it. Raises ImNotifyError and changes nothing then."""
        old, app = self.relay, replace(self._app)  # nothing that is cached is copied
        new = assemble(app, running=old)
        self._log.follow(app.config)
        for switch in self._switches:
            switch.follow(new)
        old.rest()
        new.take_over(old)
        self.relay = new
        self._warn(new.config)
        _log.info(_("the configuration is reloaded"))
        old.settle()

    def _warn(self, config: RelayConfig) -> None:
        for name in FIXED:
            if getattr(config, name) != getattr(self._started, name):
                _log.warning(_("[relay] %s changed: that needs a restart"), name)
