"""Monitoring systems: what each of them posts or runs a command with, as alerts; a file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.config import Config
    from im_notify.protocols import Command, Source

__all__ = ["im_notify_commands", "im_notify_sources"]


@hookimpl
def im_notify_sources(config: Config) -> Iterable[Source]:
    """Give every format under its own name, and each hook with a map under the hook's name.

    Times without a zone are of the relay's, as those in texts are.
    """
    from im_notify.relay_config import relay_of, zone_of
    from im_notify_plugins.monitoring.every import mapped, sources

    zone = zone_of(relay_of(config))
    found = {source.name: source for source in (*sources(zone), *mapped(config, zone))}
    return found.values()


@hookimpl
def im_notify_commands() -> tuple[Command, ...]:
    """Give the command that monitoring systems run."""
    from im_notify_plugins.monitoring.command import alert_command

    return (alert_command(),)
