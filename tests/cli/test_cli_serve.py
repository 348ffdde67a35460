"""`im-notify serve --check`: what would be refused, without starting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
[contacts.oncall]
numbers = ["5301234567"]
[hooks.pair]
source = "alertmanager"
token = "hook-token"
to = ["oncall"]
[relay]
database = "sqlite:///{folder}/outbox.db"
"""


def test_check_says_what_would_be_refused(shell: Shell, tmp_path: Path) -> None:
    """A hook of an unknown source is a matter of configuration; nothing is started."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    good = CONFIG.format(folder=tmp_path)
    path.write_text(good, "utf-8")
    fine = shell("serve", "--check", "--config", str(path))
    path.write_text(good.replace('source = "alertmanager"', 'source = "nagios"'), "utf-8")
    refused = shell("serve", "--check", "--config", str(path))

    assert fine.code == 0
    assert refused.code == 8
    assert "nagios" in refused.err


def test_check_makes_no_outbox(shell: Shell, tmp_path: Path) -> None:
    """Root may check what another user will run: a file of root's would keep the relay out."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path / "new" / "state"), "utf-8")

    assert shell("serve", "--check", "--config", str(path)).code == 0

    assert list(tmp_path.iterdir()) == [path]


def test_check_says_where_no_outbox_can_be(shell: Shell, tmp_path: Path) -> None:
    """Its folder is a file."""
    path, file = tmp_path / "config.toml", tmp_path / "file"
    path.touch(mode=0o600)
    file.touch()
    path.write_text(CONFIG.format(folder=file), "utf-8")

    refused = shell("serve", "--check", "--config", str(path))

    assert refused.code == 1
    assert str(file) in refused.err


def test_check_reads_templates(shell: Shell, tmp_path: Path) -> None:
    """A misspelt variable would be empty in every text: hook, line and what was meant are said."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    good = CONFIG.format(folder=tmp_path)
    template = 'template = """{{ word }}\n{{ severty }}"""\nto ='
    path.write_text(good.replace("to =", template), "utf-8")
    refused = shell("serve", "--check", "--config", str(path))

    assert refused.code == 8
    assert "[hooks.pair] template, line 2: severty is not known" in refused.err
    assert "did you mean severity?" in refused.err


@pytest.mark.parametrize("action", [("--check",), ()])
def test_a_relay_that_could_not_send_is_refused(
    shell: Shell, tmp_path: Path, action: tuple[str, ...]
) -> None:
    """Without credentials all that it accepted would only wait; no database is made."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path), "utf-8")
    del shell.environ["IM_NOTIFY_KEY"]

    refused = shell("serve", *action, "--config", str(path))

    assert refused.code == 8
    assert "no credentials: set IM_NOTIFY_KEY and IM_NOTIFY_HASH" in refused.err
    assert not (tmp_path / "outbox.db").exists()
