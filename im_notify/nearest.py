"""Finds what a person meant when a name is misspelt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the one of `known` that is most like `name`, or None when none is near.

    Case, and `-` for `_`, do not count. `cutoff` is difflib's ratio, 0 to 1; swapped letters
    count as near at any cutoff, because short names fall far below it (`kye`).
    """
    import difflib

    plain = {_plain(one): one for one in known}
    wanted = _plain(name)
    swapped = [one for one in plain if sorted(one) == sorted(wanted)]
    close = swapped or difflib.get_close_matches(wanted, plain, 1, cutoff)
    return plain[close[0]] if close else None


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")
