"""The scripts of examples/ that a monitoring system runs, each up to what waits in the spool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from im_notify.config import load
from im_notify.relay_config import relay_of, socket_of, spool_of

ROOT = Path(__file__).parents[1]
EXAMPLES, PAYLOADS = ROOT / "examples", ROOT / "tests" / "fixtures" / "payloads"


@dataclass(frozen=True)
class Machine:
    """A machine without a relay: what is handed over waits in its spool."""

    folder: Path

    def run(self, *command: str, stdin: str = "", **environ: str) -> list[dict[str, Any]]:
        """Run a command and return the batches that wait afterwards."""
        done = subprocess.run(
            command,
            env={
                **os.environ,
                "IM_NOTIFY": str(self.folder / "im-notify"),
                "IM_NOTIFY_CONFIG": str(self.folder / "alert.toml"),
                **environ,
            },
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(one.read_bytes()) for one in sorted((self.folder / "spool").iterdir())]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine with examples/alert.toml, but for its paths."""
    example = (EXAMPLES / "alert.toml").read_text("utf-8")
    written = example.replace("/run/im-notify", str(tmp_path))
    written = written.replace("/var/lib/im-notify", str(tmp_path))
    (tmp_path / "alert.toml").write_text(written, "utf-8")
    command = tmp_path / "im-notify"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m im_notify "$@"\n')
    command.chmod(0o755)
    return Machine(tmp_path)


def test_the_configuration_of_another_user(tmp_path: Path) -> None:
    """examples/alert.toml is accepted as it stands, also when everybody may read it."""
    path = tmp_path / "alert.toml"
    path.write_text((EXAMPLES / "alert.toml").read_text("utf-8"), "utf-8")
    path.chmod(0o644)

    relay = relay_of(load({}, path=str(path)))

    assert socket_of(relay) == "/run/im-notify/relay.sock"
    assert spool_of(relay) == "/var/lib/im-notify/spool"


def test_checkmk(machine: Machine) -> None:
    """One notification, its contact from the first parameter of the rule."""
    payload = json.loads((PAYLOADS / "synthetic-checkmk-service-env.json").read_text("utf-8"))
    environ = payload["env"] | {"NOTIFY_PARAMETER_1": "oncall"}

    (batch,) = machine.run(str(EXAMPLES / "checkmk" / "im-notify"), **environ)

    assert batch["to"] == ["oncall"]
    assert batch["alerts"][0]["episode"] == "db1!Filesystem /var"


def test_checkmk_in_bulk(machine: Machine) -> None:
    """Several in one call."""
    payload = json.loads((PAYLOADS / "synthetic-checkmk-bulk-stdin.json").read_text("utf-8"))
    script = str(EXAMPLES / "checkmk" / "im-notify")

    (batch,) = machine.run(script, "--bulk", stdin=payload["stdin"])

    assert [one["object"] for one in batch["alerts"]] == ["db1", "web3"]


def test_netdata(machine: Machine) -> None:
    """The function of the configuration, with the variables that Netdata sets around it."""
    script = f"""
        . {EXAMPLES}/netdata/health_alarm_notify.conf
        host=vm name=disk_space chart=disk_space._ status=CRITICAL
        value_string='97%' info='space on /'
        custom_sender 'oncall second'
    """

    batches = machine.run("bash", "-euc", script)

    assert [batch["to"] for batch in batches] == [["oncall"], ["second"]]
    assert batches[0]["alerts"][0]["summary"] == "disk space: 97% space on /"


def test_wazuh(machine: Machine) -> None:
    """The words that the daemon adds, with an empty one among them."""
    payload = json.loads((PAYLOADS / "synthetic-wazuh4-argv.json").read_text("utf-8"))
    path = machine.folder / "custom-im-notify-1.alert"
    path.write_text(json.dumps(payload["alert_file_json"]), "utf-8")

    (batch,) = machine.run(
        str(EXAMPLES / "wazuh" / "custom-im-notify"), str(path), "", "", "10", "3"
    )

    assert batch["alerts"][0]["source"] == "wazuh"
    assert batch["alerts"][0]["once"]


def test_sensu(machine: Machine) -> None:
    """The command of the handler, with the event on standard input."""
    payload = json.loads((PAYLOADS / "synthetic-sensu-stdin.json").read_text("utf-8"))
    handler = (EXAMPLES / "sensu" / "handler.yml").read_text("utf-8")
    (line,) = [one for one in handler.splitlines() if "command:" in one]
    command = line.partition("command: ")[2].replace("/usr/local/bin", str(machine.folder))
    command = command.replace("/etc/im-notify", str(machine.folder))

    (batch,) = machine.run(*command.split(), stdin=json.dumps(payload["stdin_json"]))

    assert batch["to"] == ["oncall"]
    assert batch["alerts"][0]["episode"] == "default!db1!disk-var"
