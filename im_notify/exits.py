"""Exit codes of the command line; scripts and monitoring rely on them."""

from __future__ import annotations

from enum import IntEnum

from im_notify.errors import (
    BackendError,
    ConfigError,
    ImNotifyError,
    InvalidMessageError,
    NotSentError,
    RejectedError,
    UnknownOutcomeError,
)
from im_notify.models import Status


class Exit(IntEnum):
    """What a command ended with."""

    OK = 0  #: done; with --confirm and report: delivered to every recipient
    FAILED = 1  #: anything not below, such as a full disk or a broken plugin
    USAGE = 2  #: wrong arguments, or a message that cannot be sent; nothing left this machine
    UNDELIVERED = 3  #: at least one recipient did not get it and will not
    PENDING = 4  #: not known yet for at least one recipient, or scheduled
    REFUSED = 5  #: the provider said no
    UNKNOWN = 6  #: it may have been sent: look it up before sending again
    UNSENT = 7  #: no connection or no answer, surely nothing was sent: try again
    CONFIG = 8  #: the configuration must be changed


_OF_STATUS = {
    Status.DELIVERED: Exit.OK,
    Status.SCHEDULED: Exit.PENDING,
    Status.WAITING: Exit.PENDING,
    Status.UNDELIVERED: Exit.UNDELIVERED,
    Status.MISSING: Exit.UNDELIVERED,
    Status.CANCELLED: Exit.UNDELIVERED,
    Status.EXPIRED: Exit.UNDELIVERED,
    Status.REFUSED: Exit.REFUSED,
    Status.UNSENT: Exit.UNSENT,
    Status.UNKNOWN: Exit.UNKNOWN,
}


def exit_of(status: Status) -> Exit:
    """Return the exit code for where an order stands once it was to be confirmed."""
    return _OF_STATUS[status]


def exit_of_error(error: ImNotifyError) -> Exit:
    """Return the exit code for an error that ended a command."""
    by_class: tuple[tuple[type[ImNotifyError], Exit], ...] = (
        (ConfigError, Exit.CONFIG),
        (InvalidMessageError, Exit.USAGE),
        (RejectedError, Exit.REFUSED),
        (UnknownOutcomeError, Exit.UNKNOWN),
        (NotSentError, Exit.UNSENT),
    )
    for kind, code in by_class:
        if isinstance(error, kind):
            return code
    if isinstance(error, BackendError):  # a question: it can be asked again
        return Exit.REFUSED if error.code else Exit.UNSENT
    return Exit.FAILED
