"""Runs a relay until a signal ends it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from im_notify.server.app import build
from im_notify.server.run import serve
from im_notify.serving.assembly import assemble

if TYPE_CHECKING:
    from im_notify.app import App
    from im_notify.relay_config import Listen

_log = logging.getLogger(__name__)


def check(app: App) -> None:
    """Put everything together and start nothing. Raises what `run` would refuse to start for."""
    relay = assemble(app)
    relay.store.close()
    relay.database.close()


def run(app: App, *, port: int | None = None) -> None:
    """Take over what was left, listen, and end in order at SIGTERM or SIGINT.

    Raises ConfigError, OutboxError, PluginError before anything is accepted.
    """
    relay = assemble(app)
    listen = relay.config.listen if port is None else replace(relay.config.listen, port=port)
    relay.start()
    try:
        _log.info("listening at %s", _shown(listen))
        serve(build(relay.services), listen)
    finally:
        relay.close()


def _shown(listen: Listen) -> str:
    return listen.path or f"{listen.host}:{listen.port}"
