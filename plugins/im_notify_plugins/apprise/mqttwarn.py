"""A service module for mqttwarn: its own `apprise_single`, with `iletimerkezi://` known to it."""

from __future__ import annotations

from mqttwarn.services.apprise_single import plugin

from im_notify_plugins.apprise import register

__all__ = ["plugin"]

register()
