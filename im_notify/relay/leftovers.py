"""What could not be stored when it was known: it is kept, and stored before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

T = TypeVar("T")


def store_each(waiting: deque[T], store: Callable[[T], object]) -> None:
    """Store and forget what waits; after a reload the one before may do so as well.

    What `store` raises comes out, and what it was about goes on waiting.
    """
    while waiting:
        try:
            one = waiting.popleft()
        except IndexError:
            return
        try:
            store(one)
        except BaseException:
            waiting.appendleft(one)
            raise
