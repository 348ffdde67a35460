"""The one file that makes the `apprise` program load us: where it goes, putting and taking it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify_plugins.apprise import plugin_path

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "iletimerkezi.py"
VARIABLE = "APPRISE_PLUGIN_PATH"
_MARK = "im_notify_plugins.apprise"  # a file without it is somebody else's


def home(environ: Mapping[str, str]) -> Path:
    """Return the user's directory as the `apprise` program finds it."""
    return Path(environ.get("HOME") or Path.home())


def user_file(environ: Mapping[str, str]) -> Path:
    """Return where the file goes: the first directory that every Apprise looks into."""
    return home(environ) / ".apprise" / "plugins" / NAME


def install(environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Write the file and return it with whether anything changed.

    Raises ConfigError when another file is in its place or it cannot be written.
    """
    path, text = user_file(environ), (Path(plugin_path()) / NAME).read_text()
    found = _read(path)
    if found == text:
        return path, False
    _refuse_foreign(path, found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise _unusable(path, error) from error
    return path, True


def remove(environ: Mapping[str, str]) -> tuple[Path, bool]:
    """Take the file away and return it with whether there was one.

    Raises ConfigError when the file is not ours or cannot be removed. Directories stay.
    """
    path = user_file(environ)
    found = _read(path)
    if found is None:
        return path, False
    _refuse_foreign(path, found)
    try:
        path.unlink()
    except OSError as error:
        raise _unusable(path, error) from error
    return path, True


def search_paths(environ: Mapping[str, str]) -> list[Path]:
    """Return where the `apprise` program looks for plugins: the variable replaces the usual."""
    at = home(environ)
    if VARIABLE in environ:
        pieces = environ[VARIABLE].replace("\n", ";").split(";")
        return [_expanded(piece.strip(), at) for piece in pieces if piece.strip()]
    usual = (at / ".apprise/plugins", at / ".config/apprise/plugins")
    return [*usual, Path("/var/lib/apprise/plugins")]


def holds_us(path: Path) -> bool:
    """Say whether a plugin directory, or a file named in its place, would register us."""
    files = [path] if path.is_file() else sorted(path.glob("*.py"))
    return any(_MARK in (_read(file) or "") for file in files)


def _expanded(piece: str, at: Path) -> Path:
    return at / piece[2:] if piece.startswith("~/") else Path(piece)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from error


def _refuse_foreign(path: Path, found: str | None) -> None:
    if found is not None and _MARK not in found:
        text = _("{path} is not from im-notify: move it away, or use im-notify apprise path")
        raise ConfigError(text.format(path=path))


def _unusable(path: Path, error: OSError) -> ConfigError:
    text = _("cannot use {path}: {reason}")
    return ConfigError(text.format(path=path, reason=error.strerror or error))
