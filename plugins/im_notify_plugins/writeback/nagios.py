"""Nagios and its kin: a comment by an external command, a line into the command file."""

from __future__ import annotations

import errno
import os
import select
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify_plugins.writeback.objects import objects_of
from im_notify_plugins.writeback.posting import NotToldError

if TYPE_CHECKING:
    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig
    from im_notify_plugins.writeback.objects import Object

_SEPARATORS = str.maketrans(dict.fromkeys(";\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029", " "))
_NAME = 256  # bytes of a host or a service


def tell(target: WriteBackConfig, outcome: Outcome) -> None:
    """Comment on each object that the alerts name. Raises AlertError, NotToldError."""
    at = int(outcome.ended_at.timestamp())
    lines = [_line(one, outcome.text, at=at) for one in objects_of(outcome.alerts)]
    try:
        _write(target.command_file or "", lines)
    except OSError as error:
        text = _("the command file of {name} cannot be written: {reason}")
        reason = _reason(error)
        raise NotToldError(text.format(name=target.name, reason=reason)) from None


def _line(one: Object, text: str, *, at: int) -> bytes:
    """Return the command; a pipe takes a line of up to PIPE_BUF bytes whole, or not at all."""
    host, service = _field(one.host, _NAME), _field(one.service, _NAME)
    subject = f"ADD_SVC_COMMENT;{host};{service}" if service else f"ADD_HOST_COMMENT;{host}"
    head = f"[{at}] {subject};1;im-notify;"  # 1: the comment outlives a restart
    room = select.PIPE_BUF - len(head.encode()) - 1
    return f"{head}{_field(text, room)}\n".encode()


def _field(text: str, size: int) -> str:
    clean = " ".join(text.translate(_SEPARATORS).split())
    return clean.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def _write(path: str, lines: list[bytes]) -> None:
    """Write without waiting: a pipe that nobody reads, or that is full, is an error."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    command_file = os.open(path, flags)
    try:
        for line in lines:
            os.write(command_file, line)
    finally:
        os.close(command_file)


def _reason(error: OSError) -> str:
    if error.errno == errno.ENXIO:
        return _("nobody reads it: is the program running?")
    return os.strerror(error.errno) if error.errno else type(error).__name__
