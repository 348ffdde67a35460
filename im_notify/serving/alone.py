"""Keeps a database to one relay: a second one would take what the first is sending for lost."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.outbox.owning import SUFFIX, file_of, owned

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def alone(url: str) -> Iterator[None]:
    """Hold the SQLite file of `url` as long as the block lasts, and the process if it is killed.

    Raises ConfigError when another relay holds it or nobody can.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(owned(url))
        except BlockingIOError:
            text = _(
                "another relay works with the outbox {name}: end it, or set database in [relay]"
            )
            raise ConfigError(text.format(name=file_of(url))) from None
        except OSError as error:
            text = _("{path} cannot be written: {reason}")
            path = f"{file_of(url)}{SUFFIX}"
            raise ConfigError(text.format(path=path, reason=error.strerror)) from None
        yield
