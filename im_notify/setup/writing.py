"""Puts files in place: whole, with their mode from the first byte on, and nothing over another."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.setup.places import USER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from im_notify.setup.places import Places

_OWNER, _ALL = 0o600, 0o644
_FOLDER = 0o755


def refuse_to_overwrite(paths: Iterable[Path]) -> None:
    """Raise InvalidMessageError that names what is there already."""
    there = [str(path) for path in paths if os.path.lexists(path)]
    if there:
        text = _("{paths} is there already: say --force to write it anew, or --output DIR")
        raise InvalidMessageError(text.format(paths=", ".join(there)))


def write_all(places: Places, *, configuration: str, callers: str, unit: str) -> None:
    """Write configurations and unit, and empty files for key and hash unless there are some.

    The configuration is its owner's alone: the group of the service is that of the programs which
    hand alerts over, and must not read its tokens. Where root writes it for the system it belongs
    to the account of the service, if there is one yet. Raises OSError.
    """
    owner = service_user() if places.callers and os.geteuid() == 0 else None
    for folder in (places.config.parent, places.unit.parent):
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    for path in (places.key, places.hash):
        if not os.path.lexists(path):
            _write(path, "", mode=_OWNER)
    _write(places.config, configuration, mode=_OWNER, owner=owner)
    if places.callers:
        _write(places.callers, callers, mode=_ALL)
    _write(places.unit, unit, mode=_ALL)


def service_user() -> int | None:
    """Return the id of the account of the service, None as long as there is none."""
    import pwd

    try:
        return pwd.getpwnam(USER).pw_uid
    except KeyError:
        return None


def _write(path: Path, text: str, *, mode: int, owner: int | None = None) -> None:
    """Write beside the path first: who reads it finds the old file or the new one, whole."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER)
    try:
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            if owner is not None:
                os.fchown(opened, owner, -1)
            os.fchmod(opened, mode)
            file.write(text)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
