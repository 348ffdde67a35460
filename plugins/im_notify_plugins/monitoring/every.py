"""All sources of this plugin: one a system, and one for each hook with a map of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from im_notify.errors import AlertError, ConfigError
from im_notify.i18n import _
from im_notify_plugins.monitoring.alertmanager import Alertmanager
from im_notify_plugins.monitoring.generic import Generic
from im_notify_plugins.monitoring.grafana import Grafana
from im_notify_plugins.monitoring.presets import PRESETS
from im_notify_plugins.monitoring.prtg import Prtg
from im_notify_plugins.monitoring.rules import rules
from im_notify_plugins.monitoring.uptimekuma import UptimeKuma
from im_notify_plugins.monitoring.zabbix import Zabbix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from im_notify.config import Config
    from im_notify.protocols import Request, Source
    from im_notify.relay_config import HookConfig

_NATIVE = (Alertmanager, Grafana, Prtg, UptimeKuma, Zabbix)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Stands for a hook whose map is wrong, so that the relay can say why at its start."""

    name: str
    reason: str

    def ready(self) -> NoReturn:
        """Raise ConfigError."""
        raise ConfigError(self.reason)

    def parse(self, request: Request) -> NoReturn:
        """Raise AlertError."""
        del request
        raise AlertError(self.reason)


def sources(zone: tzinfo | None = None) -> list[Source]:
    """Return them; `zone` is where senders live that write times without one."""
    native: list[Source] = [kind(zone=zone) for kind in _NATIVE]
    return [*native, *(Generic(name=name, rules=rules(name), zone=zone) for name in PRESETS)]


def mapped(config: Config, zone: tzinfo | None = None) -> Iterator[Source]:
    """Yield a source, named as the hook, for each hook that says what is where in its payload.

    The map changes the preset that the hook names as its source, else `generic`. One that is wrong
    costs its own hook alone: its source is Unusable.
    """
    hooks = config.relay.hooks if config.relay else {}
    for hook in hooks.values():
        if hook.map:
            try:
                yield _mapped(hook, hooks, zone)
            except ConfigError as error:
                yield Unusable(hook.name, f"[hooks.{hook.name}] {error}")


def _mapped(hook: HookConfig, hooks: Mapping[str, HookConfig], zone: tzinfo | None) -> Source:
    known = {source.name for source in sources()}
    if hook.source not in PRESETS and (hook.source in known or hook.source != hook.name):
        text = _("source {source} takes no map: leave one of them out, or say generic as source")
        raise ConfigError(text.format(source=hook.source))
    others = (one.name for one in hooks.values() if not one.map and one.source == hook.name)
    if hook.name in known and (other := next(others, None)):
        text = _("with a map it is no source for [hooks.{other}] any more: rename it")
        raise ConfigError(text.format(other=other))
    preset = hook.source if hook.source in PRESETS else "generic"
    return Generic(name=hook.name, rules=rules(preset, hook.map), zone=zone)
