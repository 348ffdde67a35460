"""Asks the `apprise` program itself whether it sees us, and finds out why not."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify_plugins.apprise import shim_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE = 30.0  #: seconds for a program that takes less than one
_DRY = ("--dry-run", "-b", "check", "ileti://key:hash@CHECK/5301234567")  # nothing is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found; `reason` is empty when the program sees us."""

    program: str | None
    version: str | None
    python: str | None
    seen: bool
    reason: str


def examine(environ: Mapping[str, str]) -> Finding:
    """Run the first `apprise` on the PATH, dry, and return what it knows."""
    program = shutil.which("apprise", path=environ.get("PATH"))
    if program is None:
        reason = _("there is no program apprise on the PATH: pip install apprise")
        return Finding(program=None, version=None, python=None, seen=False, reason=reason)
    python = _python_of(Path(program))
    version = re.search(r"v([0-9][0-9.a-z]*)", _run([program, "--version"], environ)[1])
    seen = not _run([program, *_DRY], environ)[0]
    return Finding(
        program=program,
        version=version[1] if version else None,
        python=python,
        seen=seen,
        reason="" if seen else _reason(python, environ),
    )


def _run(command: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Return exit code and output; a program that does not start or end counts as failed."""
    try:
        done = subprocess.run(  # noqa: S603  the user's own apprise, without a shell
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 1, ""
    return done.returncode, done.stdout + done.stderr


def _python_of(program: Path) -> str:
    """Return the interpreter in the first lines of a script, ours where there is none."""
    with program.open("rb") as script:
        head = script.read(512).decode(errors="replace")
    found = re.search(r"(/[^\s'\"]*/(?:python|pypy)[0-9.]*)", head) if head[:2] == "#!" else None
    return found[1] if found else sys.executable


def _reason(python: str, environ: Mapping[str, str]) -> str:
    if _run([python, "-c", "import im_notify_plugins.apprise.notify"], environ)[0]:
        text = _("apprise runs in a Python without im-notify: {python} -m pip install im-notify")
        return text.format(python=python)
    if any(shim_file.holds_us(path) for path in shim_file.search_paths(environ)):
        return _(
            "the plugin file is there but apprise does not take it: see apprise -vvvv --details"
        )
    if shim_file.VARIABLE in environ:
        text = _("{name} is set, so apprise looks only there: add what im-notify apprise path says")
        return text.format(name=shim_file.VARIABLE)
    return _("no plugin folder of apprise has our file: im-notify apprise install")
