"""Keeps Apprise from writing a URL that it cannot use to the log."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet() -> Iterator[None]:
    """Let nothing through that Apprise logs in this thread as long as the block lasts."""
    here = threading.get_ident()
    logger = logging.getLogger("apprise")

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != here

    logger.addFilter(of_others)
    try:
        yield
    finally:
        logger.removeFilter(of_others)
