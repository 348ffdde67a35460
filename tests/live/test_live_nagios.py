"""Debian's Nagios, which runs the command of examples/nagios, against a relay."""

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
    from tests.live.conftest import Program, Provider, Relay, Start, StartRelay, WaitUntil

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "nagios" / "im-notify.cfg"
COMMAND = "/usr/local/bin/im-notify alert --config /etc/im-notify/alert.toml"
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
OBJECTS = """
define timeperiod {
    timeperiod_name  24x7
    alias            always
    sunday           00:00-24:00
    monday           00:00-24:00
    tuesday          00:00-24:00
    wednesday        00:00-24:00
    thursday         00:00-24:00
    friday           00:00-24:00
    saturday         00:00-24:00
}
define command {
    command_name  nothing
    command_line  /bin/true
}
define host {
    host_name               db1.example.com
    address                 127.0.0.1
    check_command           nothing
    active_checks_enabled   0
    max_check_attempts      1
    check_period            24x7
    notification_period     24x7
    notification_interval   0
    notification_options    d,u,r
    contacts                oncall-sms
}
define service {
    host_name               db1.example.com
    service_description     Disk /var
    check_command           nothing
    active_checks_enabled   0
    max_check_attempts      1
    check_interval          5
    retry_interval          1
    check_period            24x7
    notification_period     24x7
    notification_interval   0
    notification_options    w,u,c,r
    contacts                oncall-sms
}
"""
MAIN = """
log_file={folder}/nagios.log
cfg_file={folder}/objects.cfg
cfg_file={folder}/im-notify.cfg
object_cache_file={folder}/objects.cache
status_file={folder}/status.dat
state_retention_file={folder}/retention.dat
lock_file={folder}/nagios.lock
temp_file={folder}/nagios.tmp
temp_path={folder}
check_result_path={folder}/results
query_socket={folder}/nagios.qh
command_file={folder}/nagios.cmd
nagios_user={user}
nagios_group={group}
check_external_commands=1
enable_notifications=1
enable_environment_macros=1
use_syslog=0
log_notifications=1
illegal_macro_output_chars=`~$&|'<>"
"""


@dataclass(frozen=True)
class Nagios:
    """A running Nagios and its command file."""

    folder: Path
    program: Program

    def command(self, *words: str) -> None:
        """Give an external command."""
        line = f"[{int(time.time())}] {';'.join(words)}\n"
        (self.folder / "nagios.cmd").write_text(line)

    def service(self, code: int, output: str) -> None:
        """Hand in the result of a check of the service."""
        result = ("PROCESS_SERVICE_CHECK_RESULT", "db1.example.com", "Disk /var")
        self.command(*result, str(code), output)

    def host(self, code: int, output: str) -> None:
        """Hand in the result of a check of the host."""
        self.command("PROCESS_HOST_CHECK_RESULT", "db1.example.com", str(code), output)

    def notified(self, kind: str) -> bool:
        """Say whether it ran the command for this kind of notification."""
        lines = (self.folder / "nagios.log").read_text(errors="replace").splitlines()
        return any(" NOTIFICATION: " in line and f";{kind}" in line for line in lines)


@pytest.fixture
def relay(start_relay: StartRelay) -> Relay:
    """A relay for which a program on this machine needs nothing but its configuration."""
    return start_relay(CONTACTS, to=["oncall"])


@pytest.fixture
def to() -> str:
    """Whom the command names; nobody, so that the default is told."""
    return ""


@pytest.fixture
def nagios(start: Start, relay: Relay, tmp_path: Path, to: str) -> Nagios:
    """Start Nagios with one host, one service and the example as it stands, but for its paths."""
    folder = tmp_path / "nagios"
    (folder / "results").mkdir(parents=True)
    alert = folder / "alert.toml"  # as examples/alert.toml
    state = relay.database.parent
    alert.write_text(f'[relay]\nsocket = "{state}/relay.sock"\nspool = "{state}/spool"\n')
    command = f"{sys.executable} -m im_notify alert --config {alert} {to}"
    example = EXAMPLE.read_text("utf-8")
    assert COMMAND in example
    (folder / "im-notify.cfg").write_text(example.replace(COMMAND, command.rstrip()), "utf-8")
    (folder / "objects.cfg").write_text(OBJECTS)
    group = grp.getgrgid(os.getgid()).gr_name
    main = MAIN.format(folder=folder, user=getpass.getuser(), group=group)
    (folder / "nagios.cfg").write_text(main)
    ready = folder / "nagios.cmd"
    program = start("nagios4", folder / "nagios.cfg", name="nagios", ready=ready.exists)
    return Nagios(folder, program)


def test_a_problem_and_its_end(
    nagios: Nagios, relay: Relay, provider: Provider, wait_until: WaitUntil
) -> None:
    """One text each; the letters and signs of the check's output arrive as they were."""
    nagios.service(0, "DISK OK - /var %60 dolu")

    nagios.service(2, "DISK CRITICAL - /var %95 dolu (5 GB boş)")
    relay.settles(delivered=1)
    nagios.service(0, "DISK OK - /var %60 dolu")
    relay.settles(delivered=2)

    problem, end = provider.texts(NUMBER)
    assert problem.startswith("CRT db1 Disk /var: /var %95 dolu (5 GB bos) ")
    assert end.startswith("OK db1 Disk /var: /var %60 dolu ")
    assert problem.rpartition("#")[2] == end.rpartition("#")[2]
    wait_until(lambda: nagios.notified("OK"))


def test_a_host_that_is_down(nagios: Nagios, relay: Relay, provider: Provider) -> None:
    """It has no service, and the macros of one are empty."""
    nagios.host(1, "PING CRITICAL - 100% loss")
    relay.settles(delivered=1)
    nagios.host(0, "PING OK")
    relay.settles(delivered=2)

    problem, end = provider.texts(NUMBER)
    assert problem.startswith("CRT db1 100% loss ")
    assert end.startswith("OK db1 PING OK ")


@pytest.mark.parametrize("to", ["--to away"])
def test_an_acknowledgement_stops_the_ladder(
    nagios: Nagios, relay: Relay, provider: Provider, wait_until: WaitUntil
) -> None:
    """Somebody looks at it already: no text about that, and nobody else is called."""
    nagios.service(2, "DISK CRITICAL - full")
    wait_until(lambda: len(provider.ledger()) == 1)

    nagios.command("ACKNOWLEDGE_SVC_PROBLEM", "db1.example.com", "Disk /var", *"111", "ali", "ok")
    wait_until(lambda: "acknowledged" in told(relay))
    nagios.host(1, "PING CRITICAL - 100% loss")  # its ladder is climbed when that one's would be
    relay.settles(undelivered=2, delivered=1)

    (text,) = provider.texts(LATER)
    assert text.startswith("CRT db1 100% loss ")
    assert len(provider.texts(UNREACHED)) == 2


def told(relay: Relay) -> list[str]:
    """List what the relay notes about its first message."""
    return [event["what"] for event in relay.messages()[0]["timeline"]]


def test_a_relay_that_is_away_is_told_later(
    nagios: Nagios, relay: Relay, provider: Provider, wait_until: WaitUntil
) -> None:
    """Nagios does not try again, so the alert waits on the disk."""
    relay.stop()
    nagios.service(2, "DISK CRITICAL - full")
    spool = relay.database.parent / "spool"
    wait_until(lambda: spool.is_dir() and list(spool.glob("*.json")))

    relay.start()
    relay.settles(delivered=1)

    assert len(provider.ledger()) == 1
    assert list(spool.iterdir()) == []
