"""Runs a relay until a signal ends it; SIGHUP brings a changed configuration in."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.outbox.database import Database
from im_notify.outbox.owning import can_be_made, exists, file_of, has_owner
from im_notify.relay_config import Listen, relay_of
from im_notify.server.app import build
from im_notify.server.run import calm_collector, open_socket, server
from im_notify.server.signals import ended_by_signals, hangups_noted
from im_notify.serving import logs
from im_notify.serving.alone import alone
from im_notify.serving.assembly import assemble
from im_notify.serving.listening import is_made_at_start, refuse_deaf
from im_notify.serving.local import local_app, local_door
from im_notify.serving.reloading import Reloader
from im_notify.serving.switching import Switch

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from im_notify.app import App
    from im_notify.relay_config import RelayConfig
    from im_notify.server.run import Server
    from im_notify.serving.assembly import Relay

_log = logging.getLogger(__name__)


def check(app: App, *, port: int | None = None) -> None:
    """Put everything together and start nothing. Raises what `run` would refuse to start for.

    The outbox of a relay that runs is left alone: it may be of another version. One that is not
    there yet is left to the relay, whose user it must belong to.
    """
    url = relay_of(app.config).database
    with ExitStack() as stack:
        if has_owner(url) or can_be_made(url):
            folder = stack.enter_context(TemporaryDirectory(prefix="im-notify-"))
            app = _beside(app, folder)
        assemble(app).database.close()
    _try_places(app, port=port, running=file_of(url) is None or has_owner(url))


def _try_places(app: App, *, port: int | None, running: bool) -> None:
    """Try where it listens; the usual path of the other socket is one it can do without."""
    config = relay_of(app.config)
    local = [Listen(path=config.socket)] if config.socket else []
    for listen in (_listen(config, port), *local):
        if listen.path and is_made_at_start(listen.path):
            text = _("{path} is not tried: its folder is made when the service starts")
            app.say(text.format(path=listen.path))
        else:
            refuse_deaf(listen, running=running)


def _beside(app: App, folder: str) -> App:
    """Return the same with an outbox of its own."""
    other, relay = replace(app), relay_of(app.config)
    own = replace(relay, database=f"sqlite:///{folder}/outbox.db")
    other.config = replace(app.config, relay=own)
    return other


def run(app: App, *, port: int | None = None, debug: bool = False) -> None:
    """Take over what was left, listen, and end in order at SIGTERM or SIGINT.

    What is under way then is finished: requests, and orders that are on their way. Does not
    return when one of those took too long, so that its thread cannot hold up the exit.
    Raises ConfigError, OutboxError, PluginError before anything is accepted, ConfigError also when
    another relay works with the same database.
    """
    with (
        hangups_noted() as missed,
        logs.opened(app.stderr, app.config, debug=debug) as log,
        alone(relay_of(app.config).database),
    ):
        relay = _assembled(app)
        listen = _listen(relay.config, port)
        doors, local = Switch(_doors, relay), Switch(local_app, relay)
        reloader = Reloader(app, relay, switches=(doors, local), log=log)
        web = server(doors)
        with ended_by_signals(web.stop, reload=reloader.ask):
            if missed:
                reloader.ask()
            try:
                _serve(web, listen, local=local, reloader=reloader)
            finally:
                reloader.stop()
                ended = reloader.relay.close()
                _log.info("ended" if ended else "ended, with something left behind")
    if not ended:
        app.stderr.flush()
        os._exit(Exit.OK)


def _assembled(app: App) -> Relay:
    """Bring an outbox that is there to this version first: only who holds it may do that."""
    url = relay_of(app.config).database
    if exists(url):
        Database(url, owned=True).close()
    return assemble(app)


def _serve(web: Server, listen: Listen, *, local: Switch, reloader: Reloader) -> None:
    """Listen first: who calls waits for an answer while what was left is taken over."""
    with open_socket(listen) as opened, local_door(reloader.relay, local):
        reloader.relay.start()
        reloader.start()
        _log.info("listening at %s", _shown(listen))
        calm_collector()
        web.run(sockets=[opened])


def _listen(config: RelayConfig, port: int | None) -> Listen:
    """Return where to listen; a `port` takes the place of a socket, too."""
    return config.listen if port is None else replace(config.listen, port=port, path=None)


def _doors(relay: Relay) -> ASGIApp:
    return build(relay.services)


def _shown(listen: Listen) -> str:
    return listen.path or f"{listen.host}:{listen.port}"
