"""All sources of this plugin: one a system, and one for each hook with a map of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify_plugins.monitoring.alertmanager import Alertmanager
from im_notify_plugins.monitoring.generic import Generic
from im_notify_plugins.monitoring.grafana import Grafana
from im_notify_plugins.monitoring.presets import PRESETS
from im_notify_plugins.monitoring.prtg import Prtg
from im_notify_plugins.monitoring.rules import rules
from im_notify_plugins.monitoring.uptimekuma import UptimeKuma
from im_notify_plugins.monitoring.zabbix import Zabbix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from logging import Logger

    from im_notify.config import Config
    from im_notify.protocols import Source


def sources(zone: tzinfo | None = None) -> list[Source]:
    """Return them; `zone` is where senders live that write times without one."""
    native: list[Source] = [
        Alertmanager(zone=zone),
        Grafana(zone=zone),
        Prtg(zone=zone),
        UptimeKuma(zone=zone),
        Zabbix(zone=zone),
    ]
    return [*native, *(Generic(name=name, rules=rules(name), zone=zone) for name in PRESETS)]


def mapped(config: Config, zone: tzinfo | None = None) -> Iterator[Source]:
    """Yield a source, named as the hook, for each hook that says what is where in its payload.

    The map changes the preset that the hook names as its source, else `generic`. A hook whose map
    is wrong is logged and has no source, and the others keep theirs.
    """
    hooks = config.relay.hooks.values() if config.relay else ()
    for hook in hooks:
        preset = hook.source if hook.source in PRESETS else "generic"
        try:
            if hook.map:
                yield Generic(name=hook.name, rules=rules(preset, hook.map), zone=zone)
        except ConfigError as error:
            _log().error("hooks.%s: %s", hook.name, error)


def _log() -> Logger:
    from logging import getLogger  # it is slow to load, and there is seldom anything to say

    return getLogger(__name__)
