from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from im_notify import (
    Message,
    Report,
    hookimpl,
)
from im_notify.discovery import EntryPoint, find
from im_notify.hookspecs import NAME
from im_notify.plugins import Plugins
from im_notify.testing import FakeBackend

ROOT = Path(__file__).parents[1]
THIRD_PARTY = Path(__file__).parent / "fixtures" / "third_party"
BROKEN = {
    "missing-import": "ModuleNotFoundError: No module named 'a_module_that_nobody_has'",
    "exits": "SystemExit: this needs another version",
    "misspelt": "PluginError: there is no hook im_notify_reprot",
    "wrong-argument": "'recipient'",
}


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points of two distributions of strangers: one is good, one broken in four ways."""
    monkeypatch.syspath_prepend(THIRD_PARTY)
    return list(find(NAME, [str(THIRD_PARTY)]))


@pytest.fixture
def report(message: Message) -> Report:
    """A report that says delivered."""
    backend = FakeBackend()
    return backend.report(backend.send(message))


def _names(plugins: Plugins) -> list[str]:
    return [info.name for info in plugins.infos()]


def _im_notify(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the strangers' distributions installed and no others allowed."""
    path = os.pathsep.join(map(str, (THIRD_PARTY, ROOT, ROOT / "plugins")))
    allowed = {"IM_NOTIFY_PLUGINS": ",".join(("good", *BROKEN))}
    return subprocess.run(
        [sys.executable, "-m", "im_notify", *words],
        env={**os.environ, "PYTHONPATH": path, **allowed, **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(("name", "reason"), BROKEN.items(), ids=BROKEN)
def test_a_broken_plugin_is_listed_with_its_reason(
    third_party: list[EntryPoint], name: str, reason: str
) -> None:
    """ImportError, an exit at import, a misspelt hook and a wrong argument are all told."""
    plugins = Plugins.load(third_party)

    info = next(one for one in plugins.infos() if one.name == name)
    assert reason in (info.error or "")
    assert (info.distribution, info.version, info.hooks) == ("broken", "0.9", ())


def test_the_good_plugin_works_beside_broken_ones(
    third_party: list[EntryPoint], report: Report
) -> None:
    """Its command is there, its report hook is told; nothing of the broken ones is called."""
    plugins = Plugins.load(third_party)

    plugins.report(report, None)

    assert list(plugins.commands()) == ["hello"]
    assert sys.modules["good_plugin"].TOLD[-1:] == [report.order_id]
    info = next(one for one in plugins.infos() if one.name == "good")
    assert (info.distribution, info.version, info.error) == ("good", "1.2.0", None)
    assert info.hooks == ("im_notify_commands", "im_notify_report")


def test_a_broken_plugin_is_logged_with_name_and_distribution(
    third_party: list[EntryPoint], caplog: pytest.LogCaptureFixture
) -> None:
    """Who reads the log knows which package to mend or remove."""
    Plugins.load(third_party)

    assert "plugin exits (broken 0.9) is not used: SystemExit" in caplog.text


def test_an_interrupt_is_no_fault_of_a_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while plugins are loaded ends the program."""
    (tmp_path / "interrupted_plugin.py").write_text("raise KeyboardInterrupt", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(KeyboardInterrupt):
        Plugins.load([EntryPoint(name="slow", target="interrupted_plugin")])


def test_plugins_are_loaded_and_listed_in_the_order_of_their_names(
    third_party: list[EntryPoint],
) -> None:
    """Behaviour does not depend on the order in which distributions were installed."""
    one_way = Plugins.load(third_party)
    other_way = Plugins.load(reversed(third_party))

    assert one_way.infos() == other_way.infos()
    assert _names(one_way) == sorted(["good", *BROKEN])


@pytest.mark.parametrize(
    ("allow", "block", "loaded"),
    [
        (None, (), sorted(["good", *BROKEN])),
        ((), (), []),
        (("good",), (), ["good"]),
        (("good", "exits", "nobody"), ("exits",), ["good"]),
        (None, tuple(BROKEN), ["good"]),
        (("good",), ("good",), []),
    ],
)
def test_plugins_are_allowed_and_blocked_by_name(
    third_party: list[EntryPoint],
    allow: tuple[str, ...] | None,
    block: tuple[str, ...],
    loaded: list[str],
) -> None:
    """Without an allow-list all are loaded, with an empty one none; a block always counts."""
    plugins = Plugins.load(third_party, allow=allow, block=block)

    assert _names(plugins) == loaded


def test_a_blocked_plugin_is_not_even_imported(
    third_party: list[EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocking helps against a plugin that hurts when it is imported."""
    monkeypatch.delitem(sys.modules, "good_plugin", raising=False)

    Plugins.load(third_party, block=["good", *BROKEN])

    assert "good_plugin" not in sys.modules


class Pager:
    """A plugin with one hook."""

    @hookimpl
    def im_notify_report(self) -> None:
        """Do nothing."""


def test_a_second_plugin_of_a_name_is_listed_and_not_used(plugins: Plugins) -> None:
    """The first one stays in use; the listing shows both with their distributions."""
    plugins.add(Pager(), "pager", distribution="one", version="1")
    plugins.add(Pager(), "pager", distribution="two", version="2")

    first, second = plugins.infos()
    assert (first.distribution, first.error) == ("one", None)
    assert second.distribution == "two"
    assert second.error == "PluginError: the name pager is taken by pager (one 1)"


def test_the_listing_gives_scripts_all_that_is_known() -> None:
    """Name, distribution, version, hooks and error of each, and exit code 1 when one is broken."""
    done = _im_notify("plugins", "--json")

    rows = {row["name"]: row for row in json.loads(done.stdout)["plugins"]}
    assert rows["good"] == {
        "name": "good",
        "distribution": "good",
        "version": "1.2.0",
        "hooks": ["im_notify_commands", "im_notify_report"],
        "error": None,
    }
    assert all(reason in rows[name]["error"] for name, reason in BROKEN.items())
    assert (done.returncode, done.stderr) == (1, "")


def test_the_listing_gives_people_a_line_for_each() -> None:
    """A good plugin shows its hooks, a broken one why it is not in use."""
    done = _im_notify("plugins")

    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["good"] == "good 1.2.0  commands, report"
    assert lines["exits"] == "broken 0.9  not in use: SystemExit: this needs another version"
    assert len(lines) == 5


def test_the_environment_allows_and_blocks() -> None:
    """IM_NOTIFY_PLUGINS names the only ones, IM_NOTIFY_PLUGINS_BLOCK takes some of them out."""
    done = _im_notify(
        "plugins", "--json", IM_NOTIFY_PLUGINS="good,exits", IM_NOTIFY_PLUGINS_BLOCK="exits"
    )

    assert [row["name"] for row in json.loads(done.stdout)["plugins"]] == ["good"]
    assert done.returncode == 0


def test_an_empty_allow_list_loads_none() -> None:
    """A server that must not depend on what else is installed says so."""
    done = _im_notify("plugins", "--json", IM_NOTIFY_PLUGINS="")

    assert json.loads(done.stdout) == {"plugins": []}


def test_the_file_blocks_by_name(tmp_path: Path) -> None:
    """Section [plugins] does what the variables do."""
    file = tmp_path / "config.toml"
    file.write_text(f"[plugins]\nblock = {json.dumps(list(BROKEN))}\n", "utf-8")

    done = _im_notify("plugins", "--json", "--config", str(file))

    assert [row["name"] for row in json.loads(done.stdout)["plugins"]] == ["good"]


def test_a_command_of_a_plugin_runs_beside_broken_plugins() -> None:
    """Its result is on stdout; the broken ones are named on stderr and change nothing."""
    done = _im_notify("hello", "world")

    assert (done.returncode, done.stdout) == (0, "hello world\n")
    assert all(name in done.stderr for name in BROKEN)
