"""Debian's Zabbix 6.0: server, PostgreSQL and the API of its frontend, with our media type.

Everything is set up through the API as a user would: import of the media type from examples/,
global macros, a user with that medium, an action, hosts with an item and a trigger. The export
for 7.0 is compared with this one in tests/plugins/monitoring; no 7.0 is run here.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.live.conftest import FreePort, Provider, Relay, Start, StartRelay, WaitUntil

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "examples" / "zabbix" / "zabbix-6.0-media-type.yaml"
SCHEMA = Path("/usr/share/zabbix-server-pgsql")
POSTGRES = Path("/usr/lib/postgresql")
FRONTEND = Path("/usr/share/zabbix")
PORTS = range(20_051, 32_767, 97)  # zabbix_server takes none above 32767
LOADING = 300  # seconds, for the schema on a small machine
TOKEN = "hook-token-of-the-test"
NUMBER, SECOND, NEVER = "5301234567", "5301234568", "5301234598"  # NEVER stays on its way
ITEM = "var.used"
DOORS = f"""
[contacts.oncall]
numbers = ["{NUMBER}"]
[contacts.slow]
numbers = ["{NEVER}"]
fallback = [{{ after = "30s", to = "second" }}]
[contacts.second]
numbers = ["{SECOND}"]
[hooks.zabbix]
token = "{TOKEN}"
to = ["oncall"]
"""


@dataclass
class Zabbix:
    """A running server, seen through its API and its trapper port."""

    api: str
    port: int
    wait_until: WaitUntil
    auth: str | None = None
    names: dict[str, str] = field(default_factory=dict)  # of objects, to ids

    def call(self, method: str, params: Any) -> Any:
        """Call the API and return the result."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, "auth": self.auth}
        answer = requests.post(self.api, json=body, timeout=60).json()
        assert "result" in answer, (method, answer)
        return answer["result"]

    def macro(self, name: str, value: str) -> None:
        """Set a global macro."""
        if name in self.names:
            update = {"globalmacroid": self.names[name], "value": value}
            self.call("usermacro.updateglobal", update)
            return
        macro = {"macro": name, "value": value, "type": 1}  # secret text
        (self.names[name],) = self.call("usermacro.createglobal", macro)["globalmacroids"]

    def send_to(self, contact: str) -> None:
        """Change where the one user is told."""
        medium = {"mediatypeid": self.names["medium"], "sendto": contact}
        self.call("user.update", {"userid": self.names["user"], "medias": [medium]})

    def host(self, name: str) -> None:
        """Make a host with one item, and a trigger that fires above 90; wait until it is known."""
        (group,) = self.call("hostgroup.get", {"filter": {"name": "Discovered hosts"}})
        host = {"host": name, "groups": [{"groupid": group["groupid"]}]}
        (host_id,) = self.call("host.create", host)["hostids"]
        item = {"name": ITEM, "key_": ITEM, "hostid": host_id, "type": 2, "value_type": 3}
        self.call("item.create", {**item, "units": "%"})
        trigger = {
            "description": "/var disk is over 90 % full",
            "expression": f"last(/{name}/{ITEM})>90",
            "priority": 4,
            "tags": [{"tag": "team", "value": "altyapı"}],
        }
        self.call("trigger.create", trigger)
        self.wait_until(lambda: self.measure(name, 1))

    def measure(self, host: str, value: int) -> bool:
        """Hand over a value as zabbix_sender does; False when the server does not know the item."""
        data = [{"host": host, "key": ITEM, "value": str(value)}]
        body = json.dumps({"request": "sender data", "data": data}).encode()
        with socket.create_connection(("127.0.0.1", self.port), 10) as trapper:
            trapper.sendall(b"ZBXD\x01" + struct.pack("<Q", len(body)) + body)
            answer = trapper.makefile("rb").read()
        return b"processed: 1;" in answer

    def breaks(self, host: str) -> str:
        """Let the trigger of a host fire, and return the id of its event."""

        def event() -> Any:
            self.measure(host, 97)
            return self.call("problem.get", {"hostids": self._ids(host)})

        found = self.wait_until(event)
        return str(found[0]["eventid"])

    def mends(self, host: str) -> None:
        """Let the problem of a host end."""
        self.measure(host, 12)

    def sent(self) -> int:
        """Count the alerts that the relay took."""
        return len(self.alerts(status="1"))

    def alerts(self, **filters: str) -> list[dict[str, Any]]:
        """Return what the server told the user about, oldest first."""
        query = {"filter": filters, "sortfield": "alertid", "output": "extend"}
        found: list[dict[str, Any]] = self.call("alert.get", query)
        return found

    def _ids(self, host: str) -> list[str]:
        found = self.call("host.get", {"filter": {"host": host}})
        return [one["hostid"] for one in found]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the users of PostgreSQL and Zabbix can enter."""
    missing = [path for path in (POSTGRES, SCHEMA, FRONTEND) if not path.exists()]
    assert not missing, f"{missing} are not installed: run .ci/install-live as root"
    with tempfile.TemporaryDirectory(prefix="im-notify-zabbix-") as name:
        os.chmod(name, 0o755)  # noqa: PTH101, S103  programs run as users of their own
        yield Path(name)


def owned(path: Path, user: str) -> Path:
    """Make a folder that belongs to a user."""
    path.mkdir()
    shutil.chown(path, user, user)
    return path


@pytest.fixture(scope="module")
def database(
    start_for_module: Start,
    folder: Path,
    free_port: FreePort,
    wait_until: WaitUntil,
) -> tuple[Path, int]:
    """A PostgreSQL of its own with Zabbix's schema; the folder of its socket, and its port."""
    programs = max(POSTGRES.glob("*/bin"))
    port, home = free_port(), owned(folder / "postgres", "postgres")
    make_cluster(programs, home)
    quick = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")
    start_for_module(
        *(programs / "postgres", "-D", home / "data", "-k", home, "-p", str(port)),
        *(word for setting in quick for word in ("-c", setting)),
        name="postgres",
        ready=(home / f".s.PGSQL.{port}").exists,
        user="postgres",
        group="postgres",
        cwd=home,
    )
    where = ("-h", home, "-p", str(port), "-U", "postgres")
    ready = (programs / "pg_isready", *where)
    wait_until(lambda: subprocess.run(ready, check=False, capture_output=True).returncode == 0)
    load_schema(programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", *where)
    return home, port


def make_cluster(programs: Path, home: Path) -> None:
    """Make the files of a server that trusts everybody who reaches its socket."""
    subprocess.run(
        (programs / "initdb", "-D", home / "data", "-A", "trust", "-E", "UTF8", "--no-locale"),
        check=True,
        capture_output=True,
        user="postgres",
        group="postgres",
        cwd=home,
    )


def load_schema(*psql: str | Path) -> None:
    """Make Zabbix's database as its package says."""
    subprocess.run((*psql, "-c", "CREATE DATABASE zabbix"), check=True)
    load = (*psql, "-d", "zabbix")
    for name in ("schema", "images", "data"):
        content = gzip.decompress((SCHEMA / f"{name}.sql.gz").read_bytes())
        subprocess.run(load, input=content, check=True, timeout=LOADING, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def server(
    start_for_module: Start,
    database: tuple[Path, int],
    folder: Path,
    free_port: FreePort,
    listening: Callable[[int], bool],
) -> int:
    """The port that a server takes values at, which looks for new configuration every second."""
    port, home = free_port(*PORTS), owned(folder / "server", "zabbix")
    settings = {
        "ListenIP": "127.0.0.1",
        "ListenPort": port,
        "LogType": "console",
        "PidFile": home / "pid",
        "SocketDir": home,
        "DBHost": database[0],
        "DBPort": database[1],
        "DBName": "zabbix",
        "DBUser": "postgres",
        "CacheUpdateFrequency": 1,
        "StartPingers": 0,
    }
    config = home / "zabbix_server.conf"
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    start_for_module(
        *("zabbix_server", "-f", "-c", config),
        name="zabbix_server",
        ready=lambda: listening(port),
        user="zabbix",
        group="zabbix",
        cwd=home,
        env={**os.environ, "TZ": "Europe/Istanbul"},  # it writes times without their zone
    )
    return port


@pytest.fixture(scope="module")
def frontend(
    start_for_module: Start,
    database: tuple[Path, int],
    folder: Path,
    free_port: FreePort,
    listening: Callable[[int], bool],
) -> str:
    """The address of the API: a copy of the frontend that reads a configuration of its own."""
    pages, port = folder / "frontend", free_port()
    shutil.copytree(FRONTEND, pages, symlinks=True)
    config = pages / "conf" / "zabbix.conf.php"
    reader = pages / "include" / "classes" / "core" / "CConfigFile.php"
    reader.write_text(reader.read_text().replace("/etc/zabbix/zabbix.conf.php", str(config)))
    config.write_text(
        f"""<?php
$DB['TYPE'] = 'POSTGRESQL';
$DB['SERVER'] = '{database[0]}';
$DB['PORT'] = '{database[1]}';
$DB['DATABASE'] = 'zabbix';
$DB['USER'] = 'postgres';
$DB['PASSWORD'] = '';
$DB['SCHEMA'] = '';
$DB['ENCRYPTION'] = false;
$DB['DOUBLE_IEEE754'] = true;
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
"""
    )
    start_for_module(
        *("php", "-d", "memory_limit=512M", "-S", f"127.0.0.1:{port}", "-t", pages),
        name="frontend",
        ready=lambda: listening(port),
    )
    return f"http://127.0.0.1:{port}/api_jsonrpc.php"


@pytest.fixture(scope="module")
def configured(server: int, frontend: str, wait_until: WaitUntil) -> Zabbix:
    """Zabbix with our media type, a user who has it, and an action that tells the user all."""
    zabbix = Zabbix(frontend, server, wait_until)
    zabbix.auth = zabbix.call("user.login", {"username": "Admin", "password": "zabbix"})
    rules = {"mediaTypes": {"createMissing": True, "updateExisting": True}}
    export = {"format": "yaml", "source": EXPORT.read_text("utf-8"), "rules": rules}
    assert zabbix.call("configuration.import", export) is True
    (medium,) = zabbix.call("mediatype.get", {"filter": {"name": "SMS by im-notify"}})
    zabbix.names["medium"] = medium["mediatypeid"]
    user = {"username": "nobetci", "passwd": "Kirmizi-kapi-7", "roleid": "3"}
    groups = [{"usrgrpid": "7"}]  # Zabbix administrators
    (zabbix.names["user"],) = zabbix.call("user.create", {**user, "usrgrps": groups})["userids"]
    zabbix.call("action.create", action(zabbix))
    return zabbix


def action(zabbix: Zabbix) -> dict[str, Any]:
    """Return an action on every problem: operations, and all involved for its end and updates."""
    message = {"default_msg": "1", "mediatypeid": zabbix.names["medium"]}
    person = [{"userid": zabbix.names["user"]}]
    return {
        "name": "SMS",
        "eventsource": "0",
        "esc_period": "1h",
        "operations": [{"operationtype": "0", "opmessage": message, "opmessage_usr": person}],
        "recovery_operations": [{"operationtype": "11", "opmessage": {"default_msg": "1"}}],
        "update_operations": [{"operationtype": "12", "opmessage": {"default_msg": "1"}}],
    }


@pytest.fixture
def zabbix(configured: Zabbix) -> Zabbix:
    """Zabbix, whose user is told as contact oncall."""
    configured.send_to("oncall")
    return configured


def lead_to(relay: Relay, zabbix: Zabbix) -> None:
    """Have the media type post to a relay; hosts made after this are told there."""
    zabbix.macro("{$IM_NOTIFY.URL}", f"{relay.url}/hook/zabbix")
    zabbix.macro("{$IM_NOTIFY.TOKEN}", TOKEN)


def test_a_problem_and_its_end_are_two_texts(
    *, zabbix: Zabbix, start_relay: StartRelay, provider: Provider, wait_until: WaitUntil
) -> None:
    """Both name severity, host and what, and the end comes once the problem was delivered."""
    relay = start_relay(DOORS)
    lead_to(relay, zabbix)
    zabbix.host("db1.example.org")
    before = zabbix.sent()

    zabbix.breaks("db1.example.org")
    relay.settles(delivered=1)
    zabbix.mends("db1.example.org")
    wait_until(lambda: zabbix.sent() == before + 2)
    relay.settles(delivered=2)

    problem, end = provider.ledger()
    what = "/var disk is over 90 % full"
    found = re.fullmatch(rf"CRT db1 {what} \d\d:\d\d(?: 1min)? (#[0-9a-f]{{4}})", problem["text"])
    assert found, problem["text"]
    assert re.fullmatch(rf"OK db1 {what} .*{found[1]}", end["text"])
    assert problem["numbers"] == end["numbers"] == [NUMBER]


def test_where_ends_are_not_wanted_there_is_one_text(
    *, zabbix: Zabbix, start_relay: StartRelay, provider: Provider, wait_until: WaitUntil
) -> None:
    """With recovery = "never" Zabbix tells the end in vain; "-" is the contact of the hook."""
    relay = start_relay(DOORS, recovery="never")
    lead_to(relay, zabbix)
    zabbix.send_to("-")
    zabbix.host("db2")
    before = zabbix.sent()

    zabbix.breaks("db2")
    relay.settles(delivered=1)
    zabbix.mends("db2")
    wait_until(lambda: zabbix.sent() == before + 2)
    relay.settles(delivered=1)

    (placed,) = provider.ledger()
    assert placed["text"].startswith("CRT db2 ")


def test_who_acknowledges_stops_the_fallback(
    *, zabbix: Zabbix, start_relay: StartRelay, provider: Provider, wait_until: WaitUntil
) -> None:
    """Of two problems that reach nobody, the one nobody acknowledges goes to the second phone."""
    relay = start_relay(DOORS)
    lead_to(relay, zabbix)
    zabbix.send_to("slow")
    zabbix.host("db3")
    zabbix.host("db4")
    before = zabbix.sent()

    event = zabbix.breaks("db3")
    zabbix.call("event.acknowledge", {"eventids": [event], "action": 2 | 4, "message": "bakıyorum"})
    wait_until(lambda: zabbix.sent() == before + 2)
    zabbix.breaks("db4")
    wait_until(lambda: provider.texts(SECOND))
    relay.settles(waiting=2, delivered=1)

    assert [text[:8] for text in provider.texts(NEVER)] == ["CRT db3 ", "CRT db4 "]
    assert [text[:8] for text in provider.texts(SECOND)] == ["CRT db4 "]
    assert len(provider.ledger()) == 3


def test_a_problem_while_the_relay_is_down_is_one_text(
    *, zabbix: Zabbix, start_relay: StartRelay, provider: Provider, wait_until: WaitUntil
) -> None:
    """The media type fails loudly, so that Zabbix tries again after its ten seconds."""
    relay = start_relay(DOORS)
    lead_to(relay, zabbix)
    zabbix.host("db5")
    relay.stop()

    event = zabbix.breaks("db5")
    (failed,) = wait_until(lambda: [one for one in zabbix.alerts(eventid=event) if one["error"]])
    relay.start()
    relay.settles(delivered=1)

    (placed,) = provider.ledger()
    assert placed["text"].startswith("CRT db5 ")
    assert failed["error"].startswith("im-notify: ")


def test_a_contact_that_the_relay_does_not_know_is_an_error_in_zabbix(
    *, zabbix: Zabbix, start_relay: StartRelay, provider: Provider, wait_until: WaitUntil
) -> None:
    """The list of alerts says why, without the token."""
    lead_to(start_relay(DOORS), zabbix)
    zabbix.send_to("nobody")
    zabbix.host("db6")

    event = zabbix.breaks("db6")
    (failed,) = wait_until(lambda: [one for one in zabbix.alerts(eventid=event) if one["error"]])

    assert "the relay answered 404" in failed["error"]
    assert TOKEN not in json.dumps(failed)
    assert provider.ledger() == []
