"""Alarms by SMS that know whether they arrived: the host and what plugins need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from im_notify.errors import (
        AlertError,
        BackendError,
        ConfigError,
        ImNotifyError,
        InvalidMessageError,
        NotDueError,
        NotFoundError,
        NotSentError,
        PluginError,
        QueryError,
        RejectedError,
        SendError,
        ThrottledError,
        UnknownOutcomeError,
    )
    from im_notify.hookspecs import hookimpl
    from im_notify.models import Consent, Message, OrderState, Receipt, Status
    from im_notify.protocols import Backend, Command, Request, Source
    from im_notify.reports import Account, Counters, Delivery, Order, Report

__all__ = [
    "Account",
    "AlertError",
    "Backend",
    "BackendError",
    "Command",
    "ConfigError",
    "Consent",
    "Counters",
    "Delivery",
    "ImNotifyError",
    "InvalidMessageError",
    "Message",
    "NotDueError",
    "NotFoundError",
    "NotSentError",
    "Order",
    "OrderState",
    "PluginError",
    "QueryError",
    "Receipt",
    "RejectedError",
    "Report",
    "Request",
    "SendError",
    "Source",
    "Status",
    "ThrottledError",
    "UnknownOutcomeError",
    "hookimpl",
]


if not TYPE_CHECKING:  # a type checker that saw it would take every name for a public one

    def __getattr__(name: str) -> object:
        """Load the public names when they are used, so that a command pays for what it needs."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        for module in ("errors", "models", "reports", "protocols", "hookspecs"):
            found = getattr(import_module(f"im_notify.{module}"), name, None)
            if found is not None:
                return found
        raise AttributeError(name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
