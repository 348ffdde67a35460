"""Apprise: `iletimerkezi://` URLs in every program that uses it, and the command `apprise`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.protocols import Command

__all__ = ["im_notify_commands", "im_notify_fallback", "plugin_path", "register"]


@hookimpl
def im_notify_commands() -> Iterable[Command]:
    """Give the command `apprise`."""
    from im_notify_plugins.apprise.command import apprise_command

    return (apprise_command(),)


@hookimpl
def im_notify_fallback(url: str, text: str | None) -> bool | None:
    """Tell `text` through Apprise, None for a URL that it does not know."""
    from apprise import Apprise

    from im_notify_plugins.apprise.quiet import quiet

    register()
    services = Apprise()
    with quiet():  # it would repeat parts of a URL that it cannot read
        known = services.add(url)
    if not known:
        return None
    return text is None or bool(services.notify(body=text))


def register() -> str:
    """Make `iletimerkezi://` and `ileti://` known to the Apprise of this process.

    Any thread may call it, any number of times. Returns the class in use, as `module.Class`; it
    is not ours where Apprise has, or was given, one of its own.
    """
    from im_notify_plugins.apprise.registry import register as register_class

    return register_class()


def plugin_path() -> str:
    """Return the directory for `apprise -P` and `APPRISE_PLUGIN_PATH`; one file in it registers."""
    return str(Path(__file__).with_name("shim"))
