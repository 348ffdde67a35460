"""The example for Python programs runs as written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from im_notify.sandbox import Sandbox, Settings

SCRIPT = Path(__file__).parents[1] / "examples" / "send.py"


@pytest.mark.parametrize(
    ("number", "state", "code"), [("5301234567", "delivered", 0), ("5301234597", "undelivered", 3)]
)
def test_the_example_says_whether_the_phone_got_it(number: str, state: str, code: int) -> None:
    """Exit codes are those of the command line."""
    with Sandbox(Settings(delivery_seconds=0.1)) as sandbox:
        environ = {
            **os.environ,
            "IM_NOTIFY_BASE_URL": sandbox.base_url,
            "IM_NOTIFY_KEY": sandbox.settings.key,
            "IM_NOTIFY_HASH": sandbox.settings.hash,
        }
        command = [sys.executable, str(SCRIPT), "APITEST", number, "db1: disk full"]

        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.split()[1:] == [state]
