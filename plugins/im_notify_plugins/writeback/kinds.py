"""The kinds of places, and what each needs to be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify_plugins.writeback import icinga, nagios, url, zabbix

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind is told, and the settings that it needs."""

    tell: Callable[[WriteBackConfig, Outcome], None]
    needs: tuple[str, ...]


KINDS = {
    "icinga": Kind(icinga.tell, ("url", "user", "token")),
    "nagios": Kind(nagios.tell, ("command_file",)),
    "url": Kind(url.tell, ("url",)),
    "zabbix": Kind(zabbix.tell, ("url", "token")),
}


def check(target: WriteBackConfig, kind: Kind) -> None:
    """Raise ConfigError for a place that lacks a setting."""
    if missing := [key for key in kind.needs if getattr(target, key) is None]:
        text = _("[write_back.{name}] kind {kind} needs {keys}")
        raise ConfigError(text.format(name=target.name, kind=target.kind, keys=", ".join(missing)))
