"""iletiMerkezi: its API as the backends `json` and `get`, its delivery push as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from im_notify.clock import Clock
    from im_notify.config import Config
    from im_notify.protocols import Backend, Source

__all__ = ["im_notify_backends", "im_notify_sources"]


@hookimpl
def im_notify_backends(config: Config, clock: Clock) -> Iterable[Backend]:
    """Give both ways to the configured account."""
    from im_notify_plugins.iletimerkezi.account import backends

    return backends(config, clock)


@hookimpl
def im_notify_sources() -> Iterable[Source]:
    """Give the delivery push."""
    from im_notify_plugins.iletimerkezi.push import DeliveryPush

    return [DeliveryPush()]
