"""The configuration file: where it is, whether others can read its secrets, and its tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.settings import CONFIG_VARIABLE, SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from im_notify.settings import Place

SYSTEM_FILE = "/etc/im-notify/config.toml"
_GROUP_OR_OTHERS = 0o044
_OTHERS = 0o004


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a configuration file says, or nothing at all; `text` finds the lines of errors."""

    path: Path | None = None
    text: str = field(default="", repr=False)
    tables: Mapping[str, object] = field(default_factory=dict, repr=False)


def find_file(environ: Mapping[str, str], *, path: str | None, system: str) -> str | None:
    """Return the file to read: the one that is named, else the user's, else `system`, else None.

    A named file need not exist here (reading it fails then); the others are taken only when they
    do. The user's place is that of the XDG Base Directory Specification.
    """
    if named := path or environ.get(CONFIG_VARIABLE):
        return named
    candidates = (*_user_files(environ), system)
    return next((one for one in candidates if os.path.lexists(one)), None)


def _user_files(environ: Mapping[str, str]) -> tuple[str, ...]:
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    return (f"{folder}/im-notify/config.toml",) if folder.startswith("/") else ()


def read_document(name: str) -> Document:
    """Read and parse the file `name`.

    Raises ConfigError when it is missing, unreadable, not UTF-8, not TOML, or when it holds
    secrets and is open to others.
    """
    from pathlib import Path

    path = Path(name)
    data, status = _read(path)
    text = _decode(data, path)
    document = Document(path=path, text=text, tables=_parse(text, path))
    if _holds_secrets(document) and is_open(status.st_mode, owner=status.st_uid):
        wrong = _("{path} holds secrets and others can read it: chmod 600 {path}")
        raise ConfigError(wrong.format(path=path))
    return document


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    """Return content and status of one and the same file, even if it is replaced meanwhile."""
    try:
        with path.open("rb") as file:
            return file.read(), os.fstat(file.fileno())
    except FileNotFoundError:
        wrong = _("there is no configuration file {path}: create it, or name another one")
        raise ConfigError(wrong.format(path=path)) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        wrong = _("the configuration file {path} cannot be read: {reason}")
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(wrong.format(path=path, reason=reason)) from error


def _decode(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors put a mark at the start
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = _("{path}:{line}: this is not UTF-8: save the file as UTF-8")
        raise ConfigError(wrong.format(path=path, line=line)) from None


def _parse(text: str, path: Path) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line, reason = _line_and_reason(str(error), last=text.count("\n") + 1)
        wrong = _("{path}:{line}: this is not TOML: {reason} (text stands in quotes)")
        raise ConfigError(wrong.format(path=path, line=line, reason=reason)) from None


def _line_and_reason(error: str, *, last: int) -> tuple[int, str]:
    """Part `reason (at line 3, column 5)`; the end of the document is its last line."""
    reason, _separator, place = error.partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    return (int(number) if number.isdecimal() else last), reason


def _holds_secrets(document: Document) -> bool:
    return any(
        sign in str(value)
        for place, sign in SECRETS.items()
        for value in _values_at(document.tables, place)
    )


def _values_at(value: object, place: Place) -> Iterator[object]:
    """Yield what stands at `place` below `value`; `*` is every entry of a table or list."""
    if not place:
        yield value
        return
    name, *rest = place
    inner = dict(enumerate(value)) if isinstance(value, list) else value
    for key, item in inner.items() if isinstance(inner, dict) else ():
        if name in {"*", key}:
            yield from _values_at(item, tuple(rest))


def is_open(mode: int, *, owner: int) -> bool:
    """Say whether a file with secrets lets others read it, given its mode and owner's id.

    A group may read what root owns, so that root hands a secret to a service: the rule of
    PostgreSQL for the server's private key.
    """
    return bool(mode & (_GROUP_OR_OTHERS if owner else _OTHERS))
