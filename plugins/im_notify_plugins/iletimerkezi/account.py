"""Puts the parts together: one account, one pool of connections, one rate."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from im_notify.clock import SystemClock
from im_notify_plugins.iletimerkezi import getform
from im_notify_plugins.iletimerkezi.backends import ProviderBackend
from im_notify_plugins.iletimerkezi.client import Client
from im_notify_plugins.iletimerkezi.credentials import credentials
from im_notify_plugins.iletimerkezi.limiter import RateLimiter

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.config import Config

GET_RECIPIENTS = 100  #: more make a URL over 2 kB, which proxies and devices cut


def open_client(config: Config, clock: Clock) -> Client:
    """Return a client of the configured account. Raises ConfigError without credentials."""
    found = credentials(config)
    from im_notify_plugins.iletimerkezi.transport import PooledTransport

    provider = config.provider
    transport = PooledTransport(
        connect_timeout=provider.connect_timeout, read_timeout=provider.read_timeout
    )
    return Client(
        credentials=found,
        transport=transport,
        clock=clock,
        base_url=provider.base_url or getform.BASE_URL,
    )


def backends(config: Config, clock: Clock | None = None) -> list[ProviderBackend]:
    """Return the backends `json` and `get` of one account; it is opened when first used."""
    at = clock or SystemClock()
    limiter = RateLimiter(config.provider.rate, at)
    most = config.provider.max_recipients
    ways = [("json", most, Client.send_json), ("get", min(most, GET_RECIPIENTS), Client.send_get)]
    client = functools.cache(lambda: open_client(config, at))
    return [
        ProviderBackend(
            name=name, max_recipients=limit, client=client, limiter=limiter, place=place
        )
        for name, limit, place in ways
    ]
