"""What a relay writes to its log: one line an event, for people or for programs.

A line says when, how grave, who, and what, and beside that the facts it is about: message, order,
door, reason, count, error. Everything that is written is masked first.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Protocol

from im_notify.errors import ImNotifyError
from im_notify.relay_config import relay_of
from im_notify.serving.masking import Masker, credentials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType
    from typing import TextIO

    from im_notify.config import Config

#: what a line may be about; a logger's `extra` holds them under these names
FACTS = (
    *("message_id", "order_id", "source", "contact", "door", "reason", "status"),
    *("address", "count", "seconds"),
)
_SAFE = {"message_id", "order_id", "status", "count", "seconds"}  # ids look like numbers
OURS = "im_notify"  #: how the loggers of host and bundled plugins begin
SPARSE = 60.0  #: seconds between two equal lines of somebody else's library
_DEEPEST = 6  # places of a trace, from the innermost


class Log(Protocol):
    """A log that is open."""

    def follow(self, config: Config) -> None:
        """Write as another configuration wants it, and mask its credentials as well."""


@contextmanager
def opened(stream: TextIO, config: Config, *, debug: bool = False) -> Iterator[Log]:
    """Write to `stream` what happens until the end; libraries are heard from warnings on.

    With `debug` everything of our own is written; what others say then may hold texts.
    """
    handler = _Handler(stream)
    handler.follow(config)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class _Handler(logging.StreamHandler["TextIO"]):
    """Writes lines; the formatter is chosen anew when the configuration is."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._credentials: frozenset[str] = frozenset()
        self.addFilter(_Chosen())

    def follow(self, config: Config) -> None:
        self._credentials |= credentials_of(config)  # an old one may still be under way
        write = as_json if relay_of(config).log == "json" else as_text
        self.setFormatter(_Formatter(write, Masker(self._credentials)))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Keep still: logging itself would write the arguments out as they are."""


class _Formatter(logging.Formatter):
    def __init__(
        self, write: Callable[[Mapping[str, object]], str], mask: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._write = write
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        return self._write(facts(record, self._mask))


class _Chosen(logging.Filter):
    """Lets libraries only warn, and of the same only once in a while: strangers can provoke it."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(OURS):
            return True
        if record.levelno < logging.WARNING:
            return False
        now, what = time.monotonic(), (record.name, str(record.msg))
        self._said = {one: at for one, at in self._said.items() if now - at < SPARSE}
        return self._said.setdefault(what, now) == now


def facts(record: logging.LogRecord, mask: Callable[[str], str]) -> dict[str, object]:
    """Return what a record tells, in the order in which it is written; texts are masked."""
    at = datetime.fromtimestamp(record.created).astimezone()
    found: dict[str, object] = {
        "time": at.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": mask(" ".join(record.getMessage().split())),
    }
    for name in FACTS:
        value = getattr(record, name, None)
        if value is not None and value != "":
            found[name] = value if name in _SAFE else mask(str(value))
    if record.exc_info and record.exc_info[1] is not None:
        found |= _failure(record.exc_info[1], mask)
    return found


def as_json(told: Mapping[str, object]) -> str:
    """Write the facts as one line of JSON."""
    return json.dumps(told, ensure_ascii=False)


def as_text(told: Mapping[str, object]) -> str:
    """Write the facts for people: when, how grave, who, what, and the rest as name=value."""
    head = "{time} {level:7} {logger}: {event}".format(**told)
    rest = [f"{name}={_value(told[name])}" for name in list(told)[4:]]
    return " ".join([head, *rest])


def _value(value: object) -> str:
    text = str(value)
    plain = text and not any(one.isspace() or one in '"=' for one in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _failure(error: BaseException, mask: Callable[[str], str]) -> dict[str, str]:
    """Tell an error by its type, by where it came from, and by its text if that can be trusted.

    Ours never hold a text, an OSError's reason is the system's; others may hold anything.
    """
    found = {"error": type(error).__name__, "at": _trace(error.__traceback__)}
    if isinstance(error, ImNotifyError):
        found["error_text"] = mask(" ".join(str(error).split()))
    elif isinstance(error, OSError) and error.strerror:
        found["error_text"] = error.strerror
    return found


def _trace(trace: TracebackType | None) -> str:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{PurePath(code.co_filename).name}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-_DEEPEST:]))
