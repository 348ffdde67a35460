"""What signals mean to a process that serves."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def hangups_noted() -> Iterator[Sequence[int]]:
    """Note each SIGHUP, which would end the process otherwise; to be entered in the main thread.

    For the time in which nothing can be reloaded yet, or not any more.
    """
    noted: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def ended_by_signals(
    stop: Callable[[], None], *, reload: Callable[[], None] | None = None
) -> Iterator[None]:
    """Call `stop` at SIGTERM or SIGINT and `reload` at SIGHUP; a second end is at once.

    Both are called in the main thread in the middle of whatever it does, so they must only leave
    a note. To be entered in the main thread.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        for one in ENDING:
            signal.signal(one, signal.SIG_DFL)
        stop()

    def change(_number: int, _frame: FrameType | None) -> None:
        if reload is not None:
            reload()

    wanted = dict.fromkeys(ENDING, end) | ({signal.SIGHUP: change} if reload else {})
    before = {one: signal.signal(one, handler) for one, handler in wanted.items()}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
