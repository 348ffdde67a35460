"""Key, hash and message texts are in nothing that the program writes."""

from __future__ import annotations

import logging
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

TEXT = "the-text-of-the-message"
MESSAGE = ("--to", "5301234567", "--sender", "APITEST", "--iys", "0", TEXT)
COMMANDS = (
    ("send", *MESSAGE),
    ("send", *MESSAGE, "--json"),
    ("send", *MESSAGE, "--backend", "get", "--confirm", "5s"),
    ("url", *MESSAGE, "--send"),
    ("check",),
    ("plugins",),
    ("plugins", "--json"),
    ("report", "1"),
    ("reports", "--since", "1d"),
    ("cancel", "1"),
)
FAULTS = (None, "reset", "500", "503", "empty", "junk", "truncated", "latin", "bomb")


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_that_is_written_holds_a_secret(
    shell: Shell, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    """Every command, well or hurt, with every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    settings = shell.sandbox.settings

    for argv in COMMANDS:
        if fault:
            shell.sandbox.reset()
            shell.sandbox.fault(fault, count=9, path="/v1/")
        shell(*argv)

    written = caplog.text + "".join(
        ran.out.replace(_url(ran.out), "") + ran.err for ran in shell.history
    )
    assert written
    for secret in (settings.key, settings.hash, TEXT):
        assert secret not in written


def _url(out: str) -> str:
    """Return the URL that `url` is asked for: its text belongs there, its secrets are masked."""
    found = next((line for line in out.splitlines() if line.startswith("http")), "")
    assert not found or "key=***&hash=***" in found
    return found


def test_an_export_is_as_private_as_the_umask_says(shell: Shell, tmp_path: Path) -> None:
    """Numbers of people are in it: nothing widens what the user allows."""
    shell("send", *MESSAGE)
    before = os.umask(0o077)
    try:
        shell("report", shell.sandbox.ledger[0].order_id, "--csv", str(tmp_path / "a.csv"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o600
