from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import im_notify
from im_notify.config import Config, load
from im_notify.errors import ConfigError
from im_notify.models import Consent
from im_notify.relay_config import (
    DeviceConfig,
    HeartbeatConfig,
    HookConfig,
    Limit,
    Listen,
    RelayConfig,
    Rung,
    StormConfig,
    Weekly,
    WriteBackConfig,
    relay_of,
    socket_of,
    spool_of,
)
from im_notify.relay_settings import ENTRIES, HEARTBEAT, RELAY, STORM
from im_notify.relay_values import (
    to_count,
    to_database,
    to_limits,
    to_listen,
    to_networks,
    to_path,
    to_size,
    to_targets,
    to_weekly,
)
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[..., Path]

NOWHERE = "/nonexistent/config.toml"
WHOLE = """
[provider]
sender = "APITEST"
iys = 0

[contacts]
second = "5301234568"
[contacts.oncall]
numbers = ["5301234567"]
fallback = [{ after = "3m", to = "second" }, { after = "90s", to = "mailto://u:pa55@host" }]

[groups]
ops = ["oncall", "second"]

[relay]
listen = "unix:/run/im-notify/relay.sock"
database = "sqlite:///var/lib/im-notify/outbox.db"
api_token = "pa55-api"
push_secret = "pa55-push"
language = "en"
lifetime = "2h"
repeat = "1d"
recovery = "always"
max_body = "64kB"
parts = 2
transliterate = false
trusted_proxies = ["127.0.0.1", "::1"]
template = "{{ summary }}"
keep = "7d"
log = "json"
socket = "/run/im-notify/local.sock"
spool = "/var/spool/im-notify"
unreachable = "send"
to = ["ops"]
alarm = ["mailto://u:pa55@host", "second"]
credit_low = 50
stale = "5m"

[storm]
enabled = false
gather = "10s"
limits = ["2/5m"]
digest = "1h"
daily_parts = 0

[heartbeat]
at = "mon 09:00"
to = ["oncall"]

[write_back.events]
kind = "url"
url = "https://h/api"
user = "u"
token = "pa55-back"
ca_file = "/etc/ca.pem"
command_file = "/run/cmd"

[hooks.pager]
template_file = "pager.j2"
write_back = ["events"]
source = "generic"
token = "pa55-hook"
hmac_secret = "pa55-hmac"
to = ["ops"]
raw_numbers = true
sender = "PAGER"
iys = 1
iys_list = "TACIR"
lifetime = "10m"
allow = ["10.0.0.0/8"]
map = { summary = "alert.title" }

[devices.lobby]
token = "pa55-device"
to = ["oncall"]
raw_numbers = false
mode = "otp"
wait = 5
lifetime = "2m"
style = "json"
status = "ok"
repairs = ["double", "html"]
add_time = true
repeat = "5m"
allow = ["10.1.0.0/16", "fe80::/10"]
sender = "LOBBY"
iys = "BIREYSEL"
"""
PROVIDER = "[provider]\nsender = 'A'\niys = 0\n"
CONTACTS = "contacts.oncall.numbers = '5301234567'\ngroups.ops = ['oncall']\n"


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a configuration file that only its owner reads."""

    def _write(text: str, *, name: str = "config.toml", mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    return _write


def relay(path: Path, environ: Mapping[str, str] | None = None) -> RelayConfig:
    """Return what the file says about the relay."""
    return relay_of(load(environ or {}, path=str(path), system=NOWHERE))


def outcome(path: Path) -> str:
    """Return what was read, or the text of the ConfigError."""
    try:
        return repr(relay(path))
    except ConfigError as error:
        return str(error)


def refusal(path: Path, environ: Mapping[str, str] | None = None) -> str:
    """Return the text of the ConfigError that `load` must raise."""
    with pytest.raises(ConfigError) as caught:
        load(environ or {}, path=str(path), system=NOWHERE)
    return str(caught.value)


def test_a_whole_file_is_read(write: Write) -> None:
    """Every key of every section arrives, converted, and rungs stand in the order of time."""
    write("{{ object }}\n", name="pager.j2")
    config = load({}, path=str(write(WHOLE)), system=NOWHERE)

    assert config.contacts == {"second": ("5301234568",), "oncall": ("5301234567",)}
    assert config.relay == RelayConfig(
        listen=Listen(path="/run/im-notify/relay.sock"),
        database="sqlite:////var/lib/im-notify/outbox.db",
        api_token=Secret("pa55-api"),
        push_secret=Secret("pa55-push"),
        language="en",
        lifetime=7200.0,
        repeat=86_400.0,
        recovery="always",
        max_body=64_000,
        parts=2,
        transliterate=False,
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("::1")),
        template="{{ summary }}",
        keep=604_800.0,
        log="json",
        socket="/run/im-notify/local.sock",
        spool="/var/spool/im-notify",
        unreachable="send",
        to=("ops",),
        alarm=(Secret("mailto://u:pa55@host"), "second"),
        credit_low=50,
        stale=300.0,
        storm=StormConfig(
            enabled=False,
            gather=10.0,
            limits=(Limit(texts=2, seconds=300.0),),
            digest=3600.0,
            daily_parts=0,
        ),
        heartbeat=HeartbeatConfig(at=Weekly(weekday=0, hour=9, minute=0), to=("oncall",)),
        write_back={
            "events": WriteBackConfig(
                name="events",
                kind="url",
                url="https://h/api",
                user="u",
                token=Secret("pa55-back"),
                ca_file="/etc/ca.pem",
                command_file="/run/cmd",
            )
        },
        hooks={
            "pager": HookConfig(
                name="pager",
                source="generic",
                sender="PAGER",
                consent=Consent.TACIR,
                token=Secret("pa55-hook"),
                hmac_secret=Secret("pa55-hmac"),
                to=("ops",),
                raw_numbers=True,
                lifetime=600.0,
                allow=(ip_network("10.0.0.0/8"),),
                map={"summary": "alert.title"},
                template="{{ object }}\n",
                write_back=("events",),
            )
        },
        devices={
            "lobby": DeviceConfig(
                name="lobby",
                token=Secret("pa55-device"),
                sender="LOBBY",
                consent=Consent.BIREYSEL,
                to=("oncall",),
                raw_numbers=False,
                mode="otp",
                wait=5.0,
                lifetime=120.0,
                style="json",
                status="ok",
                repairs=frozenset({"double", "html"}),
                add_time=True,
                repeat=300.0,
                allow=(ip_network("10.1.0.0/16"), ip_network("fe80::/10")),
            )
        },
        ladders={
            "oncall": (
                Rung(after=90.0, to=Secret("mailto://u:pa55@host")),
                Rung(after=180.0, to="second"),
            )
        },
    )


def test_every_setting_has_a_field() -> None:
    """What may be written down arrives somewhere, and no field is left that nobody can set."""
    doors = {"hooks": HookConfig, "devices": DeviceConfig, "write_back": WriteBackConfig}
    consent = {"iys", "iys_list"}

    written = {key.removesuffix("_file") for key in RELAY} | {"storm", "heartbeat"}
    assert written | {*ENTRIES, "ladders"} == {one.name for one in fields(RelayConfig)}
    assert STORM.keys() == {one.name for one in fields(StormConfig)}
    assert HEARTBEAT.keys() == {one.name for one in fields(HeartbeatConfig)}
    for section, door in doors.items():
        files = {key for key in ENTRIES[section] if key.removesuffix("_file") in ENTRIES[section]}
        keys = {key.removesuffix("_file") if key in files else key for key in ENTRIES[section]}
        named = {"name", "consent"} & {one.name for one in fields(door)}
        assert (keys - consent) | named == {one.name for one in fields(door)}


@pytest.mark.parametrize(
    ("database", "folder"),
    [
        ("sqlite:////srv/im/outbox.db", "/srv/im"),
        ("sqlite:////srv/im/outbox.db?timeout=3", "/srv/im"),
        ("postgresql://u@h/d", "/var/lib/im-notify"),
    ],
)
def test_socket_and_spool_are_beside_the_database(database: str, folder: str) -> None:
    """A program that reads the same file finds them without being told; said ones win."""
    beside = RelayConfig(database=database)
    said = RelayConfig(database=database, socket="/run/a.sock", spool="/var/spool/a")

    assert (socket_of(beside), spool_of(beside)) == (f"{folder}/relay.sock", f"{folder}/spool")
    assert (socket_of(said), spool_of(said)) == ("/run/a.sock", "/var/spool/a")


def test_nothing_said_gives_the_defaults(write: Write) -> None:
    """Without sections, and with an empty one, the relay has what an operator would choose."""
    environ = {"HOME": "/home/ayse"}
    expected = RelayConfig(database="sqlite:////home/ayse/.local/state/im-notify/outbox.db")

    without = load(environ, system=NOWHERE)

    assert without.relay is None
    assert relay_of(without) == relay(write("[relay]\n"), environ) == expected
    assert (expected.listen, expected.language) == (Listen(host="127.0.0.1", port=8025), "tr")
    assert (expected.lifetime, expected.repeat, expected.max_body) == (3600, 14_400, 1_000_000)


def test_a_door_needs_no_more_than_a_token(write: Write) -> None:
    """Source, sender, consent and lifetimes come from the name and the other sections."""
    path = write(
        f"{PROVIDER}[relay]\nlifetime = '2h'\n[hooks.pager]\ntoken = 'a'\n"
        "[devices.lobby]\ntoken = 'b'\n[devices.login]\ntoken = 'c'\nmode = 'otp'\n"
    )

    read = relay(path)

    assert read.hooks["pager"] == HookConfig(
        name="pager",
        source="pager",
        token=Secret("a"),
        lifetime=7200.0,
        sender="A",
        consent=Consent.TRANSACTIONAL,
    )
    assert read.devices["lobby"] == DeviceConfig(
        name="lobby",
        token=Secret("b"),
        lifetime=7200.0,
        sender="A",
        consent=Consent.TRANSACTIONAL,
    )
    assert read.devices["login"] == DeviceConfig(
        name="login",
        token=Secret("c"),
        lifetime=180.0,
        mode="otp",
        sender="A",
        consent=Consent.TRANSACTIONAL,
    )


@pytest.mark.parametrize("lifetime", ["60s", "1h"])
def test_a_device_for_codes_may_have_its_own_lifetime(write: Write, lifetime: str) -> None:
    """What stands at the device wins over the lifetime of its mode."""
    device = f"[devices.login]\ntoken = 'c'\nmode = 'otp'\nlifetime = '{lifetime}'\n"

    read = relay(write(PROVIDER + device))

    assert read.devices["login"].lifetime == {"60s": 60.0, "1h": 3600.0}[lifetime]


@pytest.mark.parametrize(
    "way",
    ["token = 't'", "token_file = 't'", "hmac_secret = 't'", "allow = ['10.0.0.0/8']"],
)
def test_a_hook_is_closed_in_one_of_three_ways(write: Write, way: str) -> None:
    """A token, a shared secret or an allow-list is enough."""
    write("t\n", name="t")

    read = relay(write(f"{PROVIDER}[hooks.pager]\n{way}\n"))

    assert list(read.hooks) == ["pager"]


def test_secrets_come_out_of_files_beside_the_configuration(write: Write) -> None:
    """Each credential may stand in a file of its own; then anyone may read the configuration."""
    for name in ("api", "push", "hook", "hmac", "device"):
        write(f"pa55-{name}\n", name=name, mode=0o444)
    path = write(
        f"{PROVIDER}[relay]\napi_token_file = 'api'\npush_secret_file = 'push'\n"
        "[hooks.pager]\ntoken_file = 'hook'\nhmac_secret_file = 'hmac'\n"
        "[devices.lobby]\ntoken_file = 'device'\n",
        mode=0o644,
    )

    read = relay(path)

    hook, device = read.hooks["pager"], read.devices["lobby"]
    assert (read.api_token, read.push_secret) == (Secret("pa55-api"), Secret("pa55-push"))
    assert (hook.token, hook.hmac_secret) == (Secret("pa55-hook"), Secret("pa55-hmac"))
    assert device.token == Secret("pa55-device")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/a"}, "/var/lib/a"),
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/h"}, "/var/lib/a"),
        ({"XDG_STATE_HOME": "/state", "HOME": "/h"}, "/state/im-notify"),
        ({"XDG_STATE_HOME": "state", "HOME": "/h"}, "/h/.local/state/im-notify"),
        ({"STATE_DIRECTORY": "", "XDG_STATE_HOME": "", "HOME": "/h"}, "/h/.local/state/im-notify"),
        ({"HOME": ""}, "/var/lib/im-notify"),
        ({}, "/var/lib/im-notify"),
    ],
)
def test_the_outbox_is_where_state_belongs(environ: dict[str, str], folder: str) -> None:
    """The service's folder comes first, then the user's, then the system's; all are absolute."""
    assert relay_of(Config(environ=environ)).database == f"sqlite:///{folder}/outbox.db"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("sqlite:///var/lib/outbox.db", "sqlite:////var/lib/outbox.db"),
        ("sqlite:////var/lib/outbox.db", "sqlite:////var/lib/outbox.db"),
        ("sqlite+pysqlite:///var/o.db?timeout=5", "sqlite+pysqlite:////var/o.db?timeout=5"),
        ("sqlite:///outbox.db", "sqlite:///{folder}/outbox.db"),
        ("sqlite:///./state/outbox.db", "sqlite:///{folder}/state/outbox.db"),
        ("sqlite:///outbox.db?mode=a/b", "sqlite:///{folder}/outbox.db?mode=a/b"),
        ("postgresql+psycopg://u:pa55@host/db", "postgresql+psycopg://u:pa55@host/db"),
        ("postgresql:///db", "postgresql:///db"),
    ],
)
def test_a_database_file_is_where_its_url_says(write: Write, said: str, means: str) -> None:
    """Three slashes are absolute as in other URLs; bare names are beside the configuration."""
    path = write(f"[relay]\ndatabase = '{said}'\n")

    assert relay(path).database == means.format(folder=path.parent)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[relay]\nlisen = 'x'", 2, "[relay] lisen is not known; did you mean listen?"),
        ("[relay]\ntoken = 'x'", 2, "[relay] token is not known; did you mean api_token?"),
        ("[relay]\nxyzzy = 1", 2, "[relay] xyzzy is not known; known are listen, database, api"),
        ("[relay]\niys = 0", 2, "[relay] iys is not known; did you mean [provider] iys?"),
        ("[relay]\nadd_time = 0", 2, "did you mean [devices.NAME] add_time?"),
        ("[hooks.a]\ntoken = 't'\ntokn = 't'", 3, "[hooks.a] tokn is not known; did you mean tok"),
        ("[hooks.a]\ntoken = 't'\nwait = 1", 3, "did you mean [devices.NAME] wait?"),
        ("[devices.a]\ntoken = 't'\nmod = 1", 3, "[devices.a] mod is not known; did you mean mode"),
        ("[devices.a]\ntoken = 't'\nhmac_secret = ''", 3, "did you mean [hooks.NAME] hmac_secret"),
        ("[confirm]\nlisten = 3", 2, "[confirm] listen is not known; did you mean [relay] listen?"),
        ("[hook.a]\ntoken = 't'", 1, "section [hook] is not known; did you mean [hooks]?"),
        ("[relais]", 1, "section [relais] is not known; did you mean [relay]?"),
        ("listen = 'x'", 1, "listen stands outside of a section; did you mean [relay] listen?"),
        ("\nrelay = 'k'", 2, "relay is a section: write [relay]"),
        ("[[hooks]]", 1, "hooks is a section: write [hooks]"),
        ("[hooks]\ntoken = 'pa55'", 2, "[hooks] token stands outside of an entry: write [hooks.NA"),
        ("[devices]\na = 'pa55'", 2, "[devices] a stands outside of an entry"),
        ("[contacts.a]\nnumbers = '1'\nfalback = []", 3, "did you mean fallback?"),
        ("[groups.a]\nfallback = []", 2, "[groups.a] fallback is not known; did you mean members?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(
    write: Write, text: str, line: int, said: str
) -> None:
    """Misspelt keys and sections are named with file, line and what was meant."""
    path = write(f"{text}\n{PROVIDER}")

    refused = refusal(path)

    assert refused.startswith(f"{path}:{line}: ")
    assert said in refused
    assert "pa55" not in refused
    assert "\n" not in refused


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("relay.listen = 8025", "[relay] listen is 8025: use host:port, such as 127.0.0.1:8025"),
        ("relay.listen = 'localhost'", "is 'localhost': use host:port"),
        ("relay.listen = ':8025'", "is ':8025': use host:port"),
        ("relay.listen = '::1:8025'", "is '::1:8025': use host:port"),
        ("relay.listen = '[::g]:8025'", "use host:port"),
        ("relay.listen = '127.0.0.256:1'", "use host:port"),
        ("relay.listen = '127.0.0.1:65536'", "use host:port"),
        ("relay.listen = 'http://a:80'", "use host:port"),
        ("relay.listen = 'unix:relay.sock'", "or unix:/path"),
        ("relay.listen = 'unix:/'", "or unix:/path"),
        (f"relay.listen = 'unix:/{'a' * 107}'", "a socket has at most 107 bytes"),
        ("relay.database = 'outbox.db'", "use a file, such as sqlite:///var/lib/im-notify/outbox"),
        ("relay.database = 'sqlite://'", "[relay] database is 'sqlite://': use a file"),
        ("relay.database = 'sqlite:////'", "use a file"),
        ("relay.database = 'sqlite:///:memory:'", "use a file"),
        ("relay.database = 'mysql://u:pa55@h/d'", "[relay] database: use a file"),
        ("relay.database = ['pa55']", "[relay] database: use a file"),
        ("relay.api_token = 7355608", "[relay] api_token: use text in quotes"),
        ("relay.push_secret = ['pa55']", "[relay] push_secret: use text in quotes"),
        ("relay.api_token_file = ' '", "[relay] api_token_file is ' ': use text in quotes"),
        ("relay.language = 'de'", "[relay] language is 'de': use tr or en"),
        ("relay.language = ['tr']", "[relay] language: use tr or en"),
        ("relay.zone = 'Ankara'", "[relay] zone is 'Ankara': use a time zone such as"),
        ("relay.zone = '../tr'", "[relay] zone is '../tr': use a time zone such as"),
        ("relay.zone = 3", "[relay] zone"),
        ("relay.lifetime = 0", "[relay] lifetime is 0: use a time over 0"),
        ("relay.repeat = 'often'", "[relay] repeat is 'often': use a time over 0"),
        ("relay.recovery = true", "is true: use delivered, always or never"),
        ("relay.max_body = 0", "[relay] max_body is 0: use bytes over 0, such as 65536, 512kB"),
        ("relay.max_body = '1.5MB'", "is '1.5MB': use bytes over 0"),
        ("relay.max_body = '1 TB'", "is '1 TB': use bytes over 0"),
        ("relay.max_body = true", "is true: use bytes over 0"),
        (f"relay.max_body = 0x{'f' * 9000}", "[relay] max_body: use bytes over 0"),
        ("relay.max_body = -1", "is -1: use bytes over 0"),
        ("relay.max_body = '2000MB'", "use bytes over 0"),
        ("relay.parts = 0", "[relay] parts is 0: use a whole number from 1 to 7"),
        ("relay.parts = 8", "is 8: use a whole number from 1 to 7"),
        ("relay.parts = true", "is true: use a whole number"),
        ("relay.parts = '1'", "is '1': use a whole number"),
        ("relay.transliterate = 'yes'", "is 'yes': use true or false"),
        ("relay.trusted_proxies = '10.0.0.0/8'", "is '10.0.0.0/8': use a list of networks"),
        ("relay.trusted_proxies = ['proxy']", "trusted_proxies: 'proxy' is not a network"),
        ("relay.trusted_proxies = [10]", "trusted_proxies: '' is not a network"),
        ("relay.trusted_proxies = ['10.1.2.3/8']", "did you mean 10.0.0.0/8?"),
        ("hooks.a = { token = 't', source = '' }", "[hooks.a] source is '': use text in quotes"),
        ("hooks.a = { token = 7355608 }", "[hooks.a] token: use text in quotes"),
        ("hooks.a = { token = ' ' }", "[hooks.a] token: use text in quotes"),
        ("hooks.a = { hmac_secret = ['pa55'] }", "[hooks.a] hmac_secret: use text in quotes"),
        ("hooks.a = { token = 't', to = 'oncall' }", "to is 'oncall': use a list of contacts"),
        ("hooks.a = { token = 't', to = [] }", "[hooks.a] to: use a list of contacts"),
        ("hooks.a = { token = 't', to = ['oncal'] }", "[hooks.a] to: oncal is neither a contact"),
        ("hooks.a = { token = 't', to = ['oncal'] }", "did you mean oncall?"),
        ("hooks.a = { token = 't', to = ['opps'] }", "did you mean ops?"),
        ("hooks.a = { token = 't', to = ['5301234567'] }", "add it to [contacts]"),
        ("hooks.a = { token = 't', to = ['x://pa55'] }", "to: what stands there is neither"),
        ("hooks.a = { token = 't', raw_numbers = 1 }", "is 1: use true or false"),
        (
            "hooks.a = { token = 't', sender = 'TWELVE CHARS' }",
            "[hooks.a] sender is 'TWELVE CHARS'",
        ),
        ("hooks.a = { token = 't', iys = 'ticari' }", "[hooks.a] iys is 'ticari': use 0, BIREYSEL"),
        ("hooks.a = { token = 't', iys = 1 }", "[hooks.a] iys: commercial messages (iys 1) need"),
        ("hooks.a = { token = 't', iys_list = 'TACIR' }", "[hooks.a] iys_list: iys is not set"),
        ("hooks.a = { token = 't', lifetime = -1 }", "[hooks.a] lifetime is -1: use a time over 0"),
        ("hooks.a = { allow = ['10.0.0.0/33'] }", "[hooks.a] allow: '10.0.0.0/33' is not a netw"),
        ("hooks.a = { token = 't', map = 'x' }", "[hooks.a] map is 'x': use a table of texts"),
        ("hooks.a = { token = 't', map = { a = 1 } }", "[hooks.a] map: use a table of texts"),
        ("hooks.a = {}", "[hooks.a] is open to everyone: say token, hmac_secret or allow"),
        ("hooks.a = { allow = [] }", "[hooks.a] is open to everyone"),
        ("hooks.'a/b' = { token = 't' }", "[hooks] 'a/b' is a part of an address: use letters"),
        ("hooks.a = { token = 't', template = 1 }", "[hooks.a] template: use text in quotes"),
        ("hooks.a = { token = 't', template = 'a', template_file = 'b' }", "template is set too"),
        ("hooks.a = { token = 't', template_file = 'b' }", "b cannot be read: No such file"),
        ("hooks.a = { token = 't', write_back = ['b'] }", "write_back: there is no [write_back.b]"),
        ("write_back.a = { url = 'ftp://h' }", "[write_back.a] url is 'ftp://h': use http://"),
        ("write_back.a = { command_file = 'cmd' }", "is 'cmd': use an absolute path"),
        ("relay.keep = 0", "[relay] keep is 0: use a time over 0"),
        ("relay.log = 'xml'", "[relay] log is 'xml': use text or json"),
        ("relay.socket = 'relay.sock'", "[relay] socket is 'relay.sock': use an absolute path"),
        ("relay.unreachable = 'drop'", "is 'drop': use spool or send"),
        ("relay.to = ['oncal']", "[relay] to: oncal is neither a contact nor a group"),
        ("relay.alarm = ['oncal']", "[relay] alarm: oncal is neither a contact nor a group"),
        ("relay.alarm = 'mailto://u:pa55@h'", "[relay] alarm: use a list such as"),
        ("relay.credit_low = -1", "is -1: use a whole number, 0 for none"),
        ("storm.enabled = 1", "[storm] enabled is 1: use true or false"),
        ("storm.gather = 0", "[storm] gather is 0: use a time over 0"),
        ("storm.limits = '5/15m'", "is '5/15m': use a list of limits"),
        ("storm.limits = ['0/15m']", "[storm] limits: '0/15m' is not a limit: use such as 5/15m"),
        ("storm.limits = ['5/soon']", "[storm] limits: use a time over 0"),
        ("storm.daily_parts = 1.5", "is 1.5: use a whole number"),
        (
            "heartbeat = { at = 'noon', to = ['ops'] }",
            "at is 'noon': use a time",
        ),
        (
            "heartbeat = { at = '24:00', to = ['ops'] }",
            "at is '24:00': use a time",
        ),
        ("heartbeat.at = '09:00'", "[heartbeat] has no to: say at which time, and to whom"),
        ("heartbeat = { at = '09:00', to = ['x'] }", "[heartbeat] to: x is neither a contact"),
        ("devices.a = {}", "[devices.a] has no token"),
        ("devices.a = { allow = ['10.0.0.0/8'] }", "[devices.a] has no token"),
        ("devices.a = { token = 't', mode = 'OTP' }", "mode is 'OTP': use alarm or otp"),
        ("devices.a = { token = 't', wait = '-3s' }", "wait is '-3s': use a time over 0"),
        ("devices.a = { token = 't', style = 'yaml' }", "is 'yaml': use xml, ok, id, json, click"),
        ("devices.a = { token = 't', status = 200 }", "status is 200: use mirrored or ok"),
        (
            "devices.a = { token = 't', repairs = ['plsu'] }",
            "plsu is not known; did you mean plus?",
        ),
        ("devices.a = { token = 't', repairs = 'plus' }", "use a list of plus, double, cp1254, ht"),
        ("devices.a = { token = 't', repairs = [['plus']] }", "use a list of plus, double"),
        ("devices.a = { token = 't', add_time = 'x' }", "is 'x': use true or false"),
        ("devices.a = { token = 't', to = ['oncal'] }", "[devices.a] to: oncal is neither a"),
        (
            "contacts.a = { numbers = '1', fallback = 'x://pa55' }",
            "[contacts.a] fallback: use a li",
        ),
        ("contacts.a = { numbers = '1', fallback = ['x://pa55'] }", "use a list such as [{ after"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(write: Write, setting: str, said: str) -> None:
    """Values of the wrong type or out of range are named with file, line and what may stand."""
    path = write(f"# first\n\n{setting}\n{CONTACTS}{PROVIDER}")

    refused = refusal(path)

    assert refused.startswith(f"{path}:3: [")
    assert said in refused
    assert "pa55" not in refused
    assert "7355608" not in refused
    assert "\n" not in refused


@pytest.mark.parametrize(
    ("rung", "said"),
    [
        ("{ after = '90s', to = 'oncal' }", "1] to: oncal is neither a contact nor a group; did"),
        ("{ after = '90s', to = '5301234567' }", "add it to [contacts]"),
        ("{ after = '90s', to = 'mailto:u:pa55@host' }", "1] to: what stands there is neither a"),
        ("{ after = '90s', to = '://pa55' }", "1] to: what stands there is neither a contact"),
        ("{ after = '90s', to = ['pa55'] }", "1] to: use text in quotes"),
        ("{ after = 'soon', to = 'ops' }", "1] after is 'soon': use a time over 0"),
        ("{ aftr = '90s', to = 'ops' }", "1] aftr is not known; did you mean after?"),
        ("{ to = 'x://pa55' }", "1] has no after: say after how long, and to whom"),
        ("{ after = '90s' }", "1] has no to: say after how long, and to whom"),
        ("{ after = '90s', to = 'ops' }, { after = 0, to = 'ops' }", "fallback 2] after is 0: use"),
    ],
)
def test_a_wrong_rung_is_named_with_its_number(write: Write, rung: str, said: str) -> None:
    """What is wrong in a ladder is named with the contact, the number of the rung and the line."""
    contact = f"[contacts.oncall]\nnumbers = '5301234567'\nfallback = [{rung}]\n"
    path = write(f"{contact}[groups]\nops = ['oncall']\n")

    refused = refusal(path)

    assert refused.startswith(f"{path}:3: [contacts.oncall.fallback ")
    assert said in refused
    assert "pa55" not in refused
    assert "\n" not in refused


def test_a_ladder_may_be_a_list_of_sections(write: Write) -> None:
    """[[contacts.oncall.fallback]] is the same as inline tables; equal times keep their order."""
    rungs = "".join(
        f"[[contacts.oncall.fallback]]\nafter = {after}\nto = '{to}'\n"
        for after, to in [(90, "second"), (60, "ops"), (90, "json://host")]
    )
    path = write(
        f"contacts.oncall.numbers = '1'\ncontacts.second = '2'\ngroups.ops=['second']\n{rungs}"
    )

    ladder = relay(path).ladders["oncall"]

    assert [rung.to for rung in ladder] == ["ops", "second", Secret("json://host")]


@pytest.mark.parametrize(
    ("door", "line", "said"),
    [
        ("[hooks.a]\ntoken = 't'\niys = 0", 2, "[hooks.a] has no sender: say sender here or in [p"),
        ("[hooks.a]\ntoken = 't'\nsender = 'A'", 2, "[hooks.a] has no iys: say iys = 0, BIREYSEL"),
        ("[devices.a]\ntoken = 't'\niys = 0", 2, "[devices.a] has no sender: say sender here"),
        ("[devices.a]\ntoken = 't'\nsender = 'A'", 2, "[devices.a] has no iys: say iys = 0"),
        ("[hooks.a]\ntoken = 't'\nsender = 'A'\niys = 1", 5, "[hooks.a] iys: commercial messages"),
        ("[hooks.a]\ntoken = 't'\nsender = ''\niys = 0", 4, "[hooks.a] sender is '': use text"),
    ],
)
def test_sender_and_consent_are_decisions(write: Write, door: str, line: int, said: str) -> None:
    """Both are said at the door or at the provider, nothing is assumed, and one error is enough."""
    path = write(f"\n{door}\n")

    refused = refusal(path)

    assert refused.startswith(f"{path}:{line}: {said}")
    assert "\n" not in refused


def test_sender_and_consent_may_come_from_the_environment(write: Write) -> None:
    """The provider's variables serve doors as they serve the core, and a wrong one is told once."""
    path = write("[hooks.a]\ntoken = 't'\n")
    environ = {"IM_NOTIFY_SENDER": "ENV", "IM_NOTIFY_IYS": "TACIR"}

    hook = relay(path, environ).hooks["a"]

    assert (hook.sender, hook.consent) == ("ENV", Consent.TACIR)
    said = refusal(path, environ | {"IM_NOTIFY_IYS": "x"})
    assert said == "IM_NOTIFY_IYS is 'x': use 0, BIREYSEL or TACIR"


def test_two_devices_cannot_share_a_token(write: Write) -> None:
    """Both are named, the token is not, and a token out of a file counts as well."""
    write("pa55\n", name="t")
    path = write(
        f"{PROVIDER}[devices.lobby]\ntoken = 'pa55'\n[devices.gate]\ntoken = 'other'\n"
        "[devices.roof]\ntoken_file = 't'\n"
    )

    said = refusal(path)

    assert said == f"{path}:9: [devices.roof] has the token of [devices.lobby]: give each its own"


def test_everything_wrong_is_named_at_once(write: Write) -> None:
    """One error has a line for each wrong thing of the core and of the relay, by line."""
    path = write(
        "[provider]\nrat = 1\n[relay]\nparts = 9\n[hooks.a]\ntoken = 't'\nto = ['x', 'y']\n"
        "[devices.a]\nmode = 'x'\n[contacts.c]\nnumbers = '1'\nfallback = [{ after = 0 }]\n"
    )

    lines = refusal(path).splitlines()

    numbers = [int(line.removeprefix(f"{path}:").partition(":")[0]) for line in lines]
    assert numbers == [2, 4, 5, 5, 7, 7, 8, 8, 8, 9, 12, 12]


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ("[relay]\napi_token = 'pa55'", "api_token"),
        ("[relay]\npush_secret = 'pa55'", "push_secret"),
        ("[relay]\ndatabase = 'postgresql://u:pa55@h/d'", "database"),
        ("[hooks.a]\ntoken = 'pa55'", "token"),
        ("[hooks.a]\nhmac_secret = 'pa55'", "hmac_secret"),
        ("[devices.a]\ntoken = 'pa55'", "token"),
        ("[write_back.a]\ntoken = 'pa55'", "token"),
        ("[relay]\nalarm = ['x://pa55']", "alarm"),
        ("[contacts.a]\nnumbers = '1'\nfallback = [{ after = 1, to = 'x://pa55' }]", "fallback"),
    ],
)
def test_secrets_that_others_can_read_are_refused(write: Write, secret: str, name: str) -> None:
    """Every inline credential closes the file to others; then it is read, and never shown."""
    path = write(f"{PROVIDER}{secret}\n", mode=0o644)

    refused = refusal(path)
    path.chmod(0o600)
    read = load({}, path=str(path), system=NOWHERE)

    assert refused == f"{path} holds secrets and others can read it: chmod 600 {path}"
    assert "pa55" not in f"{read!r} {read}", name


@pytest.mark.parametrize(
    "text",
    [
        "[relay]\nlisten = '127.0.0.1:1'\ndatabase = 'sqlite:///var/o.db'",
        "[hooks.token]\nallow = ['10.0.0.0/8']\nmap = { token = 'a.b' }",
        "[contacts.a]\nnumbers = '1'\nfallback = [{ after = 1, to = 'a' }]",
    ],
)
def test_without_secrets_anyone_may_read(write: Write, text: str) -> None:
    """A name that only looks like a credential is none."""
    path = write(f"{PROVIDER}{text}\n", mode=0o644)

    assert relay(path) is not None


@pytest.mark.parametrize("section", ["relay", "hooks", "devices", "contacts"])
@pytest.mark.parametrize("value", ["1", "'x'", "[]", "[[]]", "{}", "[{}]", "{a={}}", "{a=[{}]}"])
def test_strange_shapes_are_told_or_taken(write: Write, section: str, value: str) -> None:
    """Whatever type of TOML stands at a section, the answer is a configuration or ConfigError."""
    path = write(f"{section} = {value}\n")

    assert outcome(path).startswith(("RelayConfig(", f"{path}:1: "))


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:8025", Listen(host="127.0.0.1", port=8025)),
        ("0.0.0.0:0", Listen(host="0.0.0.0", port=0)),  # noqa: S104  # what is written, not bound
        ("[::1]:80", Listen(host="::1", port=80)),
        ("relay-1.example:80", Listen(host="relay-1.example", port=80)),
        (" localhost:80 ", Listen(host="localhost", port=80)),
        ("unix:/run/a b.sock", Listen(path="/run/a b.sock")),
    ],
)
def test_where_to_listen(text: str, listen: Listen) -> None:
    """Addresses, names and sockets are told apart."""
    assert to_listen(text) == listen


_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
)


@pytest.mark.parametrize(
    "convert",
    [
        to_listen,
        to_size,
        to_networks,
        to_database,
        to_count,
        to_limits,
        to_path,
        to_targets,
        to_weekly,
    ],
)
def test_odd_values_are_refused_with_our_error(convert: Callable[[object], object]) -> None:
    """No value at all makes a converter fail in another way."""

    @given(_ODD)
    @example("9" * 5000)
    @example("\ud800:1")
    @example("unix:/\ud800")
    @example(1 << 20_000)
    def check(value: object) -> None:
        try:
            convert(value)
        except ConfigError:
            return

    check()


@given(st.integers(1, 999), st.sampled_from(["", "B", "b"]), st.sampled_from(["", " "]))
def test_units_are_powers_of_ten(number: int, ending: str, space: str) -> None:
    """KB and MB are 1000 and 1000000 bytes, however they are written."""
    sizes = [to_size(f"{number}{space}{unit}{ending}") for unit in ("k", "K", "M", "m")]

    assert sizes == [number * 1000, number * 1000, number * 10**6, number * 10**6]
    assert to_size(number) == to_size(str(number)) == number


@given(st.lists(st.ip_addresses(), max_size=5))
def test_networks_keep_what_was_said(addresses: list[object]) -> None:
    """A lone address is a network of one, and each stands once."""
    texts = [str(address) for address in addresses]

    networks = to_networks([*texts, *texts])

    assert networks == tuple(dict.fromkeys(ip_network(text) for text in texts))


_LADDERS = st.lists(st.tuples(st.integers(1, 10**6), st.sampled_from(["a", "b"])), max_size=8)


@given(_LADDERS)
def test_rungs_are_in_the_order_of_time(rungs: list[tuple[int, str]]) -> None:
    """However a ladder is written down, no rung is lost and times only grow."""
    import tempfile

    inline = ", ".join(f"{{ after = {after}, to = '{to}' }}" for after, to in rungs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_text(f"[contacts]\nb = '1'\na = {{ numbers = '2', fallback = [{inline}] }}\n")

        ladder = relay(path).ladders["a"]

    assert [(rung.after, rung.to) for rung in ladder] == sorted(rungs, key=lambda rung: rung[0])


def test_a_file_without_relay_loads_nothing_of_it(write: Write) -> None:
    """The core pays for the relay's tables only when the file has one of its sections."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from im_notify.config import load; load({}, path=sys.argv[2])\n"
        "print(*(name for name in sys.modules if 'relay' in name))\n"
    )
    root = str(Path(im_notify.__file__).parents[1])
    path = write(f"{CONTACTS}{PROVIDER}")

    command = [sys.executable, "-I", "-S", "-c", script, root, str(path)]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert loaded.split() == []
