"""Where the files of a first configuration go, and where the relay will keep its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT = "im-notify.service"
USER = "im-notify"  #: the account of the service, and its group


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Absolute paths; `socket` is None for the place beside the database.

    `callers` is the configuration of programs that run as other users, None where there are none.
    """

    config: Path
    unit: Path
    key: Path
    hash: Path
    database: Path
    socket: Path | None
    callers: Path | None

    def is_elsewhere(self, *, system: bool) -> bool:
        """Say whether systemd does not look for the unit where it is written."""
        folders = ("etc/systemd/system",) if system else ("systemd/user",)
        return not str(self.unit.parent).endswith(folders)


def places(
    environ: Mapping[str, str], *, system: bool, config: str | None, output: str | None
) -> Places:
    """Return the paths: those of the system, or of the user by the XDG specification.

    `output` is a folder for all files instead, `config` the configuration itself. Raises
    ConfigError when nobody knows where the user's files are.
    """
    folder, units, state = _system() if system else _user(environ)
    if output:
        folder = units = Path(output).absolute()
    path = Path(config).absolute() if config else folder / "config.toml"
    return Places(
        config=path,
        unit=units / UNIT,
        key=path.with_name("key"),
        hash=path.with_name("hash"),
        database=state / "outbox.db",
        socket=Path("/run/im-notify/relay.sock") if system else None,
        callers=path.with_name("alert.toml") if system else None,
    )


def _system() -> tuple[Path, Path, Path]:
    return Path("/etc/im-notify"), Path("/etc/systemd/system"), Path("/var/lib/im-notify")


def _user(environ: Mapping[str, str]) -> tuple[Path, Path, Path]:
    home = environ.get("HOME", "")
    settings = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    state = environ.get("XDG_STATE_HOME") or (f"{home}/.local/state" if home else "")
    if not settings.startswith("/") or not state.startswith("/"):
        raise ConfigError(_("HOME is not set: say --output DIR, or --system"))
    at = Path(settings)
    return at / "im-notify", at / "systemd" / "user", Path(state) / "im-notify"
