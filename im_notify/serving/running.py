"""Runs a relay until a signal ends it; SIGHUP brings a changed configuration in."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.relay_config import relay_of
from im_notify.server.app import build
from im_notify.server.run import calm_collector, open_socket, server
from im_notify.server.signals import ended_by_signals
from im_notify.serving import logs
from im_notify.serving.alone import alone
from im_notify.serving.assembly import assemble
from im_notify.serving.local import local_app, local_door
from im_notify.serving.reloading import Reloader
from im_notify.serving.switching import Switch

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from im_notify.app import App
    from im_notify.relay_config import Listen
    from im_notify.server.run import Server
    from im_notify.serving.assembly import Relay

_log = logging.getLogger(__name__)


def check(app: App) -> None:
    """Put everything together and start nothing. Raises what `run` would refuse to start for."""
    relay = assemble(app)
    relay.database.close()


def run(app: App, *, port: int | None = None, debug: bool = False) -> None:
    """Take over what was left, listen, and end in order at SIGTERM or SIGINT.

    What is under way then is finished: requests, and orders that are on their way. Does not
    return when one of those took too long, so that its thread cannot hold up the exit.
    Raises ConfigError, OutboxError, PluginError before anything is accepted, ConfigError also when
    another relay works with the same database.
    """
    database = relay_of(app.config).database
    with logs.opened(app.stderr, app.config, debug=debug) as log, alone(database):
        relay = assemble(app)
        listen = relay.config.listen if port is None else replace(relay.config.listen, port=port)
        doors, local = Switch(_doors, relay), Switch(local_app, relay)
        reloader = Reloader(app, relay, switches=(doors, local), log=log)
        web = server(doors)
        with ended_by_signals(web.stop, reload=reloader.ask):
            try:
                _serve(web, listen, local=local, reloader=reloader)
            finally:
                reloader.stop()
                ended = reloader.relay.close()
                _log.info("ended" if ended else "ended, with something left behind")
    if not ended:
        app.stderr.flush()
        os._exit(Exit.OK)


def _serve(web: Server, listen: Listen, *, local: Switch, reloader: Reloader) -> None:
    """Listen first: who calls waits for an answer while what was left is taken over."""
    with open_socket(listen) as opened, local_door(reloader.relay, local):
        reloader.relay.start()
        reloader.start()
        _log.info("listening at %s", _shown(listen))
        calm_collector()
        web.run(sockets=[opened])


def _doors(relay: Relay) -> ASGIApp:
    return build(relay.services)


def _shown(listen: Listen) -> str:
    return listen.path or f"{listen.host}:{listen.port}"
