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
listen = "127.0.0.1:0"
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"5301234567"', '"530123456"', "config.toml:6: [contacts.oncall] number 1 cannot be tex"),
        ("127.0.0.1:0", "203.0.113.9:18027", "cannot listen at 203.0.113.9:18027: "),
        (
            "[relay]",
            '[relay]\nsocket = "/nonexistent/dir/x"',
            "cannot listen at /nonexistent/dir/x",
        ),
        ("to =", 'map = { object = "x" }\nto =', "[hooks.pair] source alertmanager takes no map"),
        (
            'source = "alertmanager"',
            'map = { sumary = "x" }',
            "[hooks.pair] map has no text rule 'sumary'",
        ),
        (
            "[relay]",
            '[relay]\nalarm = ["nosuchscheme://u:passw0rd@host"]',
            "[relay] alarm: no plugin can use this nosuchscheme:// URL",
        ),
        (
            "[hooks.pair]",
            'fallback = [{ after = "1m", to = "slack://passw0rd" }]\n[hooks.pair]',
            "[contacts.oncall] fallback: no plugin can use this slack:// URL",
        ),
    ],
)
@pytest.mark.parametrize("action", [("--check",), ()], ids=["check", "start"])
def test_start_and_check_refuse_the_same(
    shell: Shell, tmp_path: Path, action: tuple[str, ...], old: str, new: str, said: str
) -> None:
    """What would be lost or told to nobody is a matter of configuration; secrets are not shown."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path).replace(old, new, 1), "utf-8")

    refused = shell("serve", *action, "--config", str(path))

    assert refused.code == 8
    assert said in refused.err
    assert "passw0rd" not in refused.err + refused.out
    assert "530123456" not in refused.err + refused.out


def test_check_of_the_core_tells_of_wrong_numbers(shell: Shell, tmp_path: Path) -> None:
    """Before it asks the provider anything."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(folder=tmp_path).replace("5301234567", "530123456"), "utf-8")

    refused = shell("check", "--config", str(path))

    assert refused.code == 8
    assert "config.toml:6: [contacts.oncall] number 1 cannot be texted: too short" in refused.err
    assert shell.requests == 0


def test_a_folder_that_systemd_makes_is_not_tried(shell: Shell, tmp_path: Path) -> None:
    """A configuration of `init --system` is fine before its service ever ran; it is said so."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    socket = '[relay]\nsocket = "/run/no-such-service/relay.sock"'
    path.write_text(CONFIG.format(folder=tmp_path).replace("[relay]", socket), "utf-8")

    fine = shell("serve", "--check", "--config", str(path))

    assert fine.code == 0
    assert "/run/no-such-service/relay.sock is not tried" in fine.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--sandbox", "--port", "99999"), "argument --port: use a port from 0 (any fr"),
        (("--port", "-1"), "argument --port: use a port from 0 (any fr"),
        (("--sandbox", "--check"), "--check: not allowed with argument --sandbox"),
    ],
)
def test_wrong_options_are_told_by_their_names(
    shell: Shell, argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by the line of a file that nobody wrote, and nothing is started."""
    assert shell("serve", *argv).code == 2

    assert said in capsys.readouterr().err


def test_check_tries_the_port_of_the_command_line(shell: Shell, tmp_path: Path) -> None:
    """It takes the place of whatever is configured, a socket too."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    text = CONFIG.format(folder=tmp_path).replace("127.0.0.1:0", "unix:/nonexistent/dir/web")
    path.write_text(text, "utf-8")

    assert shell("serve", "--check", "--port", "0", "--config", str(path)).code == 0


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
