from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.clock import SystemClock
from im_notify_plugins.apprise import plugin_path

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., tuple[int, str, str]]

PROGRAMS = str(Path(sys.executable).parent)


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Run the command in an empty home; return exit code, stdout and stderr."""

    def called(*argv: str, **environ: str) -> tuple[int, str, str]:
        usual = {"HOME": str(tmp_path), "PATH": PROGRAMS, "PYTHONPATH": ":".join(sys.path)}
        stdout, stderr = io.StringIO(), io.StringIO()
        app = App(
            environ=usual | environ,
            clock=SystemClock(),
            stdin=io.StringIO(),
            stdout=stdout,
            stderr=stderr,
        )
        code = run(["apprise", *argv], app)
        return code, stdout.getvalue(), stderr.getvalue()

    return called


def shim(home: Path) -> Path:
    """Return where the file belongs."""
    return home / ".apprise" / "plugins" / "iletimerkezi.py"


def test_install_writes_the_file_and_says_so(call: Call, tmp_path: Path) -> None:
    """The file is the one of our own plugin folder; a second time there is nothing to do."""
    first, again = call("install"), call("install")

    assert first[0] == again[0] == 0
    assert str(shim(tmp_path)) in first[1]
    assert "nothing to do" in again[1]
    assert shim(tmp_path).read_text() == (Path(plugin_path()) / "iletimerkezi.py").read_text()


def test_remove_undoes_it(call: Call, tmp_path: Path) -> None:
    """The file is gone, and removing again is no failure."""
    call("install")

    first, again = call("install", "--remove"), call("install", "--remove")

    assert first[0] == again[0] == 0
    assert "removed" in first[1]
    assert "nothing to do" in again[1]
    assert not shim(tmp_path).exists()


@pytest.mark.parametrize("argv", [["install"], ["install", "--remove"]])
def test_a_foreign_file_is_left_alone(call: Call, tmp_path: Path, argv: list[str]) -> None:
    """A file of that name that is not ours is neither overwritten nor removed."""
    shim(tmp_path).parent.mkdir(parents=True)
    shim(tmp_path).write_text("mine = True\n")

    code, _stdout, stderr = call(*argv)

    assert code == 8
    assert "not from im-notify" in stderr
    assert shim(tmp_path).read_text() == "mine = True\n"


def test_an_older_file_of_ours_is_replaced(call: Call, tmp_path: Path) -> None:
    """After an upgrade install brings the file up to date."""
    shim(tmp_path).parent.mkdir(parents=True)
    shim(tmp_path).write_text("import im_notify_plugins.apprise\n")

    code, stdout, _stderr = call("install")

    assert code == 0
    assert "written" in stdout


def test_a_home_that_cannot_be_used_is_named(call: Call, tmp_path: Path) -> None:
    """What is in the way is said in one line."""
    (tmp_path / ".apprise").write_text("")

    code, _stdout, stderr = call("install")

    assert code == 8
    assert str(tmp_path) in stderr


def test_install_warns_where_it_would_not_count(call: Call) -> None:
    """APPRISE_PLUGIN_PATH replaces the folder that the file went to."""
    code, _stdout, stderr = call("install", APPRISE_PLUGIN_PATH="/nowhere")

    assert code == 0
    assert "APPRISE_PLUGIN_PATH is set" in stderr


def test_path_prints_the_folder_and_nothing_else(call: Call) -> None:
    """The output goes straight into apprise -P."""
    assert call("path") == (0, plugin_path() + "\n", "")


@pytest.mark.parametrize("way", ["install", "variable", "variable list"])
def test_check_finds_us_in_every_way(call: Call, way: str) -> None:
    """The apprise program itself is asked, so what it says is what will happen."""
    environ = {
        "install": {},
        "variable": {"APPRISE_PLUGIN_PATH": plugin_path()},
        "variable list": {"APPRISE_PLUGIN_PATH": f"/nowhere;{plugin_path()}"},
    }
    if way == "install":
        call("install")

    code, stdout, _stderr = call("check", "--json", **environ[way])

    found = json.loads(stdout)
    assert (code, found["seen"], found["reason"]) == (0, True, "")
    assert found["program"] == f"{PROGRAMS}/apprise"
    assert found["version"][0].isdecimal()


def test_check_says_what_to_do(call: Call) -> None:
    """Without any way the exit code is 1 and the way is named."""
    code, stdout, _stderr = call("check")

    assert code == 1
    assert f"{PROGRAMS}/apprise" in stdout
    assert "im-notify apprise install" in stdout


def test_check_knows_that_a_variable_hides_the_folder(call: Call) -> None:
    """The file is there, but the variable names another folder."""
    call("install")

    code, stdout, _stderr = call("check", APPRISE_PLUGIN_PATH="/nowhere")

    assert code == 1
    assert "APPRISE_PLUGIN_PATH is set" in stdout


def test_check_misses_the_program(call: Call, tmp_path: Path) -> None:
    """No apprise on the PATH is the first thing to know."""
    code, stdout, _stderr = call("check", PATH=str(tmp_path))

    assert code == 1
    assert "no program apprise" in stdout


def program(folder: Path, text: str) -> str:
    """Put an executable `apprise` into `folder` and return the folder."""
    path = folder / "apprise"
    path.write_text(text)
    path.chmod(0o755)
    return str(folder)


def test_check_notices_another_python(call: Call, tmp_path: Path) -> None:
    """An apprise from an environment without im-notify, such as pipx's, is told apart."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    path = program(tmp_path, f"#!{python}\n")

    code, stdout, _stderr = call("check", PATH=path)

    assert code == 1
    assert f"{python} -m pip install im-notify" in stdout


def test_check_reports_a_file_that_does_not_work(call: Call, tmp_path: Path) -> None:
    """If the file is in place and apprise still fails, its own log has the reason."""
    call("install")
    path = program(tmp_path, f"#!/bin/sh\n# {sys.executable}\nexit 1\n")

    code, stdout, _stderr = call("check", PATH=path)

    assert code == 1
    assert "-vvvv" in stdout
