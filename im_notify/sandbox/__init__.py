"""The provider imitated over real HTTP, strict and with faults on demand, to develop against."""

from __future__ import annotations

from im_notify.sandbox.faults import FaultKind, When
from im_notify.sandbox.orders import Placed
from im_notify.sandbox.run import DEFAULT_PORT, run
from im_notify.sandbox.sandbox import Sandbox, Seen
from im_notify.sandbox.settings import EXAMPLE_HASH, EXAMPLE_KEY, Settings

__all__ = [
    "DEFAULT_PORT",
    "EXAMPLE_HASH",
    "EXAMPLE_KEY",
    "FaultKind",
    "Placed",
    "Sandbox",
    "Seen",
    "Settings",
    "When",
    "run",
]
