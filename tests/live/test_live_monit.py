"""Debian's monit, which runs the command of examples/monit, against a relay."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.live.conftest import Provider, Relay, Start, StartRelay

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "monit" / "im-notify.monitrc"
COMMAND = "/usr/local/bin/im-notify alert --config /etc/im-notify/config.toml"
WATCHED = "/var/backups/nightly.tar"
NUMBER = "5301234567"
CONTACTS = f"""
[contacts.oncall]
numbers = ["{NUMBER}"]
"""
MAIN = """
set daemon 1
set log {folder}/monit.log
set pidfile {folder}/monit.pid
set idfile {folder}/monit.id
set statefile {folder}/monit.state
include {folder}/im-notify.monitrc
"""


@pytest.fixture
def relay(start_relay: StartRelay) -> Relay:
    """A relay that tells the default contact."""
    return start_relay(CONTACTS, to=["oncall"])


@pytest.fixture
def backup(start: Start, relay: Relay, tmp_path: Path) -> Path:
    """Start monit, which watches this file by the example as it stands, but for its paths."""
    folder = tmp_path / "monit"
    folder.mkdir()
    state, watched = relay.database.parent, folder / "nightly.tar"
    watched.write_text("backup")
    alert = folder / "alert.toml"
    alert.write_text(f'[relay]\nsocket = "{state}/relay.sock"\nspool = "{state}/spool"\n')
    example = EXAMPLE.read_text("utf-8")
    assert COMMAND in example
    assert WATCHED in example
    command = f"{sys.executable} -m im_notify alert --config {alert}"
    written = example.replace(COMMAND, command).replace(WATCHED, str(watched))
    (folder / "im-notify.monitrc").write_text(written, "utf-8")
    control = folder / "monitrc"
    control.touch(mode=0o600)
    control.write_text(MAIN.format(folder=folder))
    start("monit", "-I", "-c", control, name="monit", ready=(folder / "monit.state").exists)
    return watched


def test_a_problem_and_its_end(backup: Path, relay: Relay, provider: Provider) -> None:
    """A file that is gone, and that is there again: two names of events, one problem."""
    backup.unlink()
    relay.settles(delivered=1)
    backup.write_text("backup")
    relay.settles(delivered=2)

    problem, end = provider.texts(NUMBER)
    assert "nightly-backup: file doesn't exist" in problem
    assert problem.startswith("CRT ")
    assert "nightly-backup: file exists" in end
    assert end.startswith("OK ")
    assert problem.rpartition("#")[2] == end.rpartition("#")[2]
