"""A command line inside the test's process: real plugins, a real sandbox, a clock that jumps."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.sandbox import Sandbox
from im_notify.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs commands against one sandbox; its clock and the sandbox's are the same."""

    sandbox: Sandbox
    clock: FakeClock
    environ: dict[str, str]
    stdin: str = ""
    history: list[Ran] = field(default_factory=list)

    def __call__(self, *argv: str) -> Ran:
        """Run `im-notify ARGV`."""
        out, err = io.StringIO(), io.StringIO()
        app = App(
            environ=self.environ,
            clock=self.clock,
            stdin=io.StringIO(self.stdin),
            stdout=out,
            stderr=err,
        )
        try:
            code = run(argv, app)
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
        self.history.append(Ran(code, out.getvalue(), err.getvalue()))
        return self.history[-1]

    @property
    def requests(self) -> int:
        """Count the requests that reached the provider."""
        return len(self.sandbox.requests)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> Iterator[Shell]:
    """Give a command line that is configured for a sandbox of its own."""
    assert capsys  # argparse writes to the real streams
    clock = FakeClock()
    monkeypatch.setattr(sys, "argv", ["im-notify"])
    with Sandbox(clock=lambda: clock.now().timestamp()) as sandbox:
        environ = {
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        }
        yield Shell(sandbox, clock, environ)
