"""The example plugin as a stranger uses it: built, installed with pip, and at work.

Needs pip and a package index. IM_NOTIFY_LIVE_DIR keeps the environment between runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
SLOW, QUICK = 600, 60  # seconds
SEND = ("send", "--to", "5301234567", "--sender", "APITEST", "--iys", "0", "--confirm", "20s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where wheels and the environment are made."""
    chosen = os.environ.get("IM_NOTIFY_LIVE_DIR")
    found = Path(chosen) / "example_plugin" if chosen else tmp_path_factory.mktemp("live")
    found.mkdir(parents=True, exist_ok=True)
    return found


def _run(
    *words: str | Path, environ: Mapping[str, str] | None = None, timeout: float = QUICK
) -> subprocess.CompletedProcess[str]:
    outside = {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith("IM_NOTIFY_")
    }
    return subprocess.run(
        [str(word) for word in words],
        env={**outside, "LANGUAGE": "C", **(environ or {})},
        cwd=Path(sys.prefix),  # not the checkout, which would be importable
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    """The example plugin, built with its own build backend."""
    target = folder / "dist"
    done = _run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", target),
        ROOT / "examples" / "plugin",
        timeout=SLOW,
    )
    assert done.returncode == 0, done.stderr
    return next(target.glob("im_notify_journal-*.whl"))


@pytest.fixture(scope="module")
def scripts(folder: Path, wheel: Path) -> Path:
    """The scripts of a clean environment with the checkout and the plugin's wheel in it."""
    venv = folder / "venv"
    done = _run(sys.executable, "-m", "venv", "--clear", venv, timeout=SLOW)
    assert done.returncode == 0, done.stderr
    done = _run(venv / "bin" / "python", "-m", "pip", "install", ROOT, wheel, timeout=SLOW)
    assert done.returncode == 0, done.stderr
    return venv / "bin"


@pytest.fixture
def account(scripts: Path) -> Iterator[dict[str, str]]:
    """The variables that `im-notify sandbox` prints, while it runs as a process of its own."""
    with subprocess.Popen(
        [str(scripts / "im-notify"), "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        found: dict[str, str] = {}
        while len(found) < 3:
            line = process.stdout.readline()
            assert line, "the sandbox ended before it said where it is"
            if line.startswith("export "):
                name, _equals, value = line.removeprefix("export ").strip().partition("=")
                found[name] = value
        yield found
        process.terminate()


def test_the_wheel_holds_the_module_and_its_entry_point(wheel: Path) -> None:
    """One module, and the table by which the host finds it."""
    done = _run(sys.executable, "-m", "zipfile", "-l", wheel)

    names = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert [name for name in names if ".dist-info/" not in name] == ["im_notify_journal.py"]
    assert "im_notify_journal-1.0.0.dist-info/entry_points.txt" in names


def test_the_installed_plugin_is_listed(scripts: Path) -> None:
    """`im-notify plugins` shows it with its distribution, version and hooks."""
    done = _run(scripts / "im-notify", "plugins", "--json")

    rows = {row["name"]: row for row in json.loads(done.stdout)["plugins"]}
    assert rows["journal"] == {
        "name": "journal",
        "distribution": "im-notify-journal",
        "version": "1.0.0",
        "hooks": ["im_notify_report", "im_notify_send"],
        "error": None,
    }
    assert {row["distribution"] for row in rows.values()} == {"im-notify", "im-notify-journal"}
    assert done.returncode == 0


def test_a_send_leaves_its_trace(scripts: Path, account: dict[str, str], tmp_path: Path) -> None:
    """The journal has the order and, once it is confirmed, its delivery."""
    journal = tmp_path / "journal"
    environ = {**account, "IM_NOTIFY_JOURNAL": str(journal)}

    done = _run(scripts / "im-notify", *SEND, "disk full", environ=environ)

    assert done.returncode == 0, done.stderr
    lines = journal.read_text("utf-8").splitlines()
    assert lines[0].endswith("to 1 accepted")
    assert lines[-1].endswith("delivered")


def test_a_blocked_plugin_leaves_none(
    scripts: Path, account: dict[str, str], tmp_path: Path
) -> None:
    """Blocked by its name, the plugin is out of the way and the send works."""
    journal = tmp_path / "journal"
    environ = {
        **account,
        "IM_NOTIFY_JOURNAL": str(journal),
        "IM_NOTIFY_PLUGINS_BLOCK": "journal",
    }

    done = _run(scripts / "im-notify", *SEND, "disk full", environ=environ)

    assert done.returncode == 0, done.stderr
    assert not journal.exists()
