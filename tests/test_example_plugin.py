from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.discovery import EntryPoint, find
from im_notify.hookspecs import NAME
from im_notify.plugins import Plugins
from im_notify.testing import FakeBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify import (
        Message,
    )

FOLDER = Path(__file__).parents[1] / "examples" / "plugin"


@pytest.fixture
def example(dist_info: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The example plugin's own entry points, as installing it would leave them."""
    monkeypatch.syspath_prepend(FOLDER)
    return list(find(NAME, [str(dist_info(FOLDER / "pyproject.toml"))]))


def test_the_example_plugin_is_loaded_through_its_entry_point(example: list[EntryPoint]) -> None:
    """It is listed with its distribution and version, and both of its hooks are in use."""
    (info,) = Plugins.load(example).infos()

    assert info.origin == "journal (im-notify-journal 1.0.0)"
    assert info.hooks == ("im_notify_report", "im_notify_send")
    assert info.error is None


def test_the_example_plugin_never_makes_a_send_look_failed(
    example: list[EntryPoint],
    message: Message,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An order that was taken keeps its receipt when the journal cannot be written."""
    monkeypatch.setenv("IM_NOTIFY_JOURNAL", str(tmp_path / "nowhere" / "journal"))

    receipt = Plugins.load(example).send(FakeBackend(), replace(message, key="db1"))

    assert receipt.order_id == "1"
    assert "the journal cannot be written" in caplog.text


def test_the_example_plugin_passes_its_own_test() -> None:
    """The folder is a template: its test runs by itself, with its own configuration."""
    root = FOLDER.parents[1]
    path = os.pathsep.join(map(str, (root, root / "plugins")))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=FOLDER,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
