"""The README runs as written."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.config import load, numbers_of
from im_notify.exits import Exit
from im_notify.models import OrderState, Status
from im_notify.plugins import Plugins
from im_notify.reports import Delivery, Report
from im_notify.testing import FakeClock

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Return what the README types at a prompt."""
    return re.findall(r"^\$ (.*)$", README, re.MULTILINE)


def started(argv: str, **environ: str) -> tuple[int, str]:
    """Run `im-notify ARGV` and return exit code and stdout."""
    out = io.StringIO()
    app = App(environ=environ, clock=FakeClock(), stdout=out, stderr=io.StringIO())
    return run(shlex.split(argv), app), out.getvalue()


def test_it_is_short() -> None:
    """At most 150 lines."""
    assert len(README.splitlines()) <= 150


def test_the_demo_prints_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown after thirty seconds is what `im-notify demo` prints."""
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    shown = next(block for block in blocks("console") if "im-notify demo" in block)

    code, out = started("demo")

    table = [line.rstrip() for line in out.splitlines()]
    assert code == 0
    assert table[: len(shown.splitlines()) - 1] == shown.splitlines()[1:]


def test_the_device_url_is_what_the_command_prints() -> None:
    """The line and its output belong together."""
    shown = next(block for block in blocks("console") if "--text-token" in block)
    command, expected = shown.strip().splitlines()

    code, out = started(command.removeprefix("$ im-notify "))

    assert (code, out.strip()) == (0, expected)


def test_the_plugin_is_told_of_what_did_not_arrive(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole plugin works in a host."""
    (source,) = blocks("python")
    module = ModuleType("pager")
    exec(compile(source, "README.md", "exec"), module.__dict__)  # noqa: S102  our own text
    plugins = Plugins()
    plugins.add(module, "pager")
    rows = (Delivery("5301234567", Status.UNDELIVERED),)

    plugins.report(Report(order_id="1", state=OrderState.COMPLETED, deliveries=rows), None)

    assert capsys.readouterr().out == "not delivered: 1\n"


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    """Every key of the example is known."""
    (tmp_path / "key").write_text("k\n", "utf-8")
    (content,) = blocks("toml")
    path = tmp_path / "config.toml"
    path.write_text(content.replace("/run/secrets/key", str(tmp_path / "key")), "utf-8")

    config = load({}, path=str(path))

    assert config.provider.sender == "MY TITLE"
    assert numbers_of(config, "night") == ("0530 123 45 67",)


def test_the_exit_codes_are_those_of_the_program() -> None:
    """One column for each code, in order."""
    head = next(line for line in README.splitlines() if line.startswith("| 0 |"))

    assert [int(cell) for cell in head.strip("|").split("|")] == list(Exit)


@pytest.mark.parametrize("line", [one for one in commands() if " im-notify " in f" {one}"])
def test_every_command_is_understood(line: str) -> None:
    """No line of the README has a misspelt command or option: none of them is a usage error."""
    for argv in re.findall(r"im-notify ([^&]*)", line):
        if "install" in argv or argv.startswith("demo"):
            continue

        code, _out = started(argv, IM_NOTIFY_BASE_URL="http://127.0.0.1:9/v1/")

        assert code in {Exit.OK, Exit.CONFIG}, argv


def test_links_lead_somewhere() -> None:
    """Every relative link names a file or folder of the repository."""
    targets = re.findall(r"\]\(([^)#]+)\)", README)

    missing = [one for one in targets if "://" not in one and not (ROOT / one).exists()]

    assert missing == []
