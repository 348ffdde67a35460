"""Debian's Icinga 2, which runs the commands of examples/icinga2, against a relay."""

from __future__ import annotations

import getpass
import grp
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.live.conftest import Provider, Relay, Start, StartRelay, WaitUntil

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "icinga2" / "im-notify.conf"
COMMAND = '"/usr/local/bin/im-notify", "alert", "--config", "/etc/im-notify/alert.toml"'
NUMBER, UNREACHED, LATER = "5301234567", "5301234597", "5301234568"
CONTACTS = f"""
[contacts.oncall]
numbers = ["{NUMBER}"]
[contacts.away]
numbers = ["{UNREACHED}"]
fallback = [{{ after = "10s", to = "later" }}]
[contacts.later]
numbers = ["{LATER}"]
"""
MAIN = """
include <itl>
include "{example}"
const NodeName = "monitor"
object Endpoint NodeName {{ }}
object Zone "main" {{ endpoints = [ NodeName ] }}
object CheckerComponent "checker" {{ }}
object NotificationComponent "notification" {{ }}
object ExternalCommandListener "command" {{ command_path = "{folder}/icinga2.cmd" }}
object Host "db1.example.com" {{
  check_command = "dummy"
  address = "127.0.0.1"
  enable_active_checks = false
  max_check_attempts = 1
  vars.sms = true
}}
object Service "disk-var" {{
  host_name = "db1.example.com"
  display_name = "Disk /var"
  check_command = "dummy"
  enable_active_checks = false
  max_check_attempts = 1
}}
"""


@dataclass(frozen=True)
class Icinga:
    """A running Icinga 2 and its command file."""

    folder: Path

    def command(self, *words: str) -> None:
        """Give an external command."""
        line = f"[{int(time.time())}] {';'.join(words)}\n"
        (self.folder / "icinga2.cmd").write_text(line)

    def service(self, code: int, output: str) -> None:
        """Hand in the result of a check of the service."""
        result = ("PROCESS_SERVICE_CHECK_RESULT", "db1.example.com", "disk-var")
        self.command(*result, str(code), output)

    def host(self, code: int, output: str) -> None:
        """Hand in the result of a check of the host."""
        self.command("PROCESS_HOST_CHECK_RESULT", "db1.example.com", str(code), output)


@pytest.fixture
def relay(start_relay: StartRelay) -> Relay:
    """A relay for which a program on this machine needs nothing but its configuration."""
    return start_relay(CONTACTS, to=["oncall"])


@pytest.fixture
def to() -> str:
    """Whom the command names; nobody, so that the default is told."""
    return ""


@pytest.fixture
def icinga(start: Start, relay: Relay, tmp_path: Path, to: str) -> Icinga:
    """Start Icinga with one host, one service and the example as it stands, but for its paths."""
    folder = tmp_path / "icinga2"
    folder.mkdir()
    state = relay.database.parent
    alert = folder / "alert.toml"  # as examples/alert.toml
    alert.write_text(f'[relay]\nsocket = "{state}/relay.sock"\nspool = "{state}/spool"\n')
    words = [sys.executable, "-m", "im_notify", "alert", "--config", str(alert), *to.split()]
    example = EXAMPLE.read_text("utf-8")
    assert COMMAND in example
    written = example.replace(COMMAND, ", ".join(f'"{word}"' for word in words))
    (folder / "im-notify.conf").write_text(written, "utf-8")
    main = MAIN.format(example=folder / "im-notify.conf", folder=folder)
    (folder / "icinga2.conf").write_text(main)
    start(
        *("icinga2", "daemon", "-c", folder / "icinga2.conf"),
        *(word for name, value in constants(folder) for word in ("-D", f"{name}={value}")),
        name="icinga2",
        ready=(folder / "icinga2.cmd").exists,
        env={**os.environ, "ICINGA2_ERROR_LOG": str(folder / "error.log")},
    )
    return Icinga(folder)


def constants(folder: Path) -> list[tuple[str, str]]:
    """Keep all that Icinga writes in a folder of ours, under the user that we are."""
    return [
        ("RunAsUser", getpass.getuser()),
        ("RunAsGroup", grp.getgrgid(os.getgid()).gr_name),
        ("Configuration.DataDir", str(folder)),
        ("Configuration.LogDir", str(folder)),
        ("Configuration.CacheDir", str(folder)),
        ("Configuration.SpoolDir", str(folder)),
        ("Configuration.InitRunDir", str(folder)),
        ("Configuration.PidPath", str(folder / "icinga2.pid")),
        ("Configuration.StatePath", str(folder / "icinga2.state")),
        ("Configuration.ObjectsPath", str(folder / "icinga2.debug")),
        ("Configuration.VarsPath", str(folder / "icinga2.vars")),
        ("Configuration.ModAttrPath", str(folder / "modified-attributes.conf")),
    ]


def test_a_problem_and_its_end(icinga: Icinga, relay: Relay, provider: Provider) -> None:
    """One text each; the text has the service's display name, quotes and `$` as they were."""
    icinga.service(0, "DISK OK")

    icinga.service(2, "DISK CRITICAL - /var %95 dolu 'x' $HOME")
    relay.settles(delivered=1)
    icinga.service(0, "DISK OK - /var %60 dolu")
    relay.settles(delivered=2)

    problem, end = provider.texts(NUMBER)
    assert problem.startswith("CRT db1 Disk /var: /var %95 dolu 'x' $HOME ")
    assert end.startswith("OK db1 Disk /var: /var %60 dolu ")
    assert problem.rpartition("#")[2] == end.rpartition("#")[2]


def test_a_host_that_is_down(icinga: Icinga, relay: Relay, provider: Provider) -> None:
    """It has no service; what is told again is no second text."""
    icinga.host(0, "PING OK")
    icinga.host(1, "PING CRITICAL - 100% loss")
    relay.settles(delivered=1)
    icinga.host(0, "PING OK")
    relay.settles(delivered=2)

    problem, end = provider.texts(NUMBER)
    assert problem.startswith("CRT db1 100% loss ")
    assert end.startswith("OK db1 PING OK ")


@pytest.mark.parametrize("to", ["--to away"])
def test_an_acknowledgement_stops_the_ladder(
    icinga: Icinga, relay: Relay, provider: Provider, wait_until: WaitUntil
) -> None:
    """Somebody looks at it already: no text about that, and nobody else is called."""
    icinga.service(0, "DISK OK")
    icinga.host(0, "PING OK")
    icinga.service(2, "DISK CRITICAL - full")
    wait_until(lambda: len(provider.ledger()) == 1)

    icinga.command("ACKNOWLEDGE_SVC_PROBLEM", "db1.example.com", "disk-var", *"111", "ali", "ok")
    wait_until(lambda: "acknowledged" in told(relay))
    icinga.host(1, "PING CRITICAL - 100% loss")  # its ladder is climbed when that one's would be
    relay.settles(undelivered=2, delivered=1)

    (text,) = provider.texts(LATER)
    assert text.startswith("CRT db1 100% loss ")
    assert len(provider.texts(UNREACHED)) == 2


def told(relay: Relay) -> list[str]:
    """List what the relay notes about its first message."""
    return [event["what"] for event in relay.messages()[0]["timeline"]]
