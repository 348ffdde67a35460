"""The GET URL builder: the command `im-notify url` and the pure functions under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from im_notify.protocols import Command


@hookimpl
def im_notify_commands() -> tuple[Command, ...]:
    """Give the command `url`."""
    from im_notify_plugins.geturl.command import url_command

    return (url_command(),)
