from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import im_notify
from im_notify.config import Config, ProviderConfig, load, numbers_of
from im_notify.config_file import find_file, is_open
from im_notify.errors import ConfigError
from im_notify.models import Consent
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Write = Callable[..., Path]

NOWHERE = "/nonexistent/config.toml"
WHOLE = """
[provider]
base_url = "https://sms.example/v1"
key = "k-inline"
hash = "h-inline"
sender = "My Sender"
iys = 0
backend = "get"
connect_timeout = "3s"
read_timeout = 12.5
max_recipients = 50_000
rate = 10

[recipients]
allow_foreign = true
allow_landline = true

[confirm]
end = "2h"

[plugins]
allow = ["confirm", "apprise"]
block = ["apprise"]

[contacts]
ayse = "0530 123 45 67"
mehmet = ["5301234568", "+905301234569"]

[groups]
ops = ["ayse", "mehmet"]
all = ["ops", "ayse"]
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a configuration file that only its owner reads."""

    def _write(text: str | bytes, *, name: str = "config.toml", mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    return _write


def refusal(environ: Mapping[str, str], path: Path | str | None = None) -> str:
    """Return the text of the ConfigError that `load` must raise."""
    with pytest.raises(ConfigError) as caught:
        load(environ, path=str(path) if path else None, system=NOWHERE)
    return str(caught.value)


def run(script: str, *arguments: str) -> str:
    """Run `script` in a bare interpreter that gets the folder of our code as first argument."""
    root = str(Path(im_notify.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", script, root, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_set_gives_the_defaults() -> None:
    """Without file and variables every setting has its default, and no consent is assumed."""
    config = load({}, system=NOWHERE)

    assert config == Config()
    assert config.provider == ProviderConfig()
    assert config.provider.consent is None
    assert config.plugins_allow is None
    assert config.confirm_end == 48 * 3600


def test_a_whole_file_is_read(write: Write) -> None:
    """Every key of every section arrives, converted."""
    path = write(WHOLE)

    config = load({}, path=str(path), system=NOWHERE)

    assert config == Config(
        provider=ProviderConfig(
            base_url="https://sms.example/v1/",
            key=Secret("k-inline"),
            hash=Secret("h-inline"),
            sender="My Sender",
            consent=Consent.TRANSACTIONAL,
            backend="get",
            connect_timeout=3.0,
            read_timeout=12.5,
            max_recipients=50_000,
            rate=10.0,
        ),
        contacts={"ayse": ("0530 123 45 67",), "mehmet": ("5301234568", "+905301234569")},
        groups={"ops": ("ayse", "mehmet"), "all": ("ops", "ayse")},
        allow_foreign=True,
        allow_landline=True,
        confirm_end=7200.0,
        plugins_allow=frozenset({"confirm", "apprise"}),
        plugins_block=frozenset({"apprise"}),
        path=path,
    )


def test_the_configuration_cannot_be_changed() -> None:
    """What was loaded stays."""
    config = load({}, system=NOWHERE)

    with pytest.raises(FrozenInstanceError):
        config.confirm_end = 1.0  # type: ignore[misc]  # the point of the test


def test_a_mark_at_the_start_is_no_text(write: Write) -> None:
    """A file saved with a byte order mark and Windows line ends is read."""
    path = write(b"\xef\xbb\xbf[provider]\r\nsender = 'A'\r\n")

    assert load({}, path=str(path), system=NOWHERE).provider.sender == "A"


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("IM_NOTIFY_KEY", "k-env", "key", Secret("k-env")),
        ("IM_NOTIFY_KEY", "k-env\r\n", "key", Secret("k-env")),
        ("IM_NOTIFY_HASH", "h-env", "hash", Secret("h-env")),
        ("IM_NOTIFY_BASE_URL", "http://127.0.0.1:8080", "base_url", "http://127.0.0.1:8080/"),
        ("IM_NOTIFY_SENDER", "OTHER", "sender", "OTHER"),
        ("IM_NOTIFY_IYS", "tacir", "consent", Consent.TACIR),
        ("IM_NOTIFY_BACKEND", "json", "backend", "json"),
        ("IM_NOTIFY_CONNECT_TIMEOUT", "1.5", "connect_timeout", 1.5),
        ("IM_NOTIFY_READ_TIMEOUT", "1m", "read_timeout", 60.0),
        ("IM_NOTIFY_MAX_RECIPIENTS", "7", "max_recipients", 7),
        ("IM_NOTIFY_RATE", "0.5", "rate", 0.5),
    ],
)
def test_the_environment_wins(
    write: Write, variable: str, text: str, field: str, value: object
) -> None:
    """A variable takes the place of what the file says."""
    path = write(WHOLE)

    config = load({variable: text}, path=str(path), system=NOWHERE)

    assert getattr(config.provider, field) == value


def test_an_empty_variable_is_unset(write: Write) -> None:
    """`IM_NOTIFY_SENDER=` leaves the sender of the file."""
    path = write(WHOLE)

    config = load({"IM_NOTIFY_SENDER": "", "IM_NOTIFY_KEY": ""}, path=str(path), system=NOWHERE)

    assert config.provider.sender == "My Sender"
    assert config.provider.key == Secret("k-inline")


@pytest.mark.parametrize(
    ("environ", "allow", "block"),
    [
        ({}, frozenset({"confirm", "apprise"}), frozenset({"apprise"})),
        ({"IM_NOTIFY_PLUGINS": ""}, frozenset(), frozenset({"apprise"})),
        ({"IM_NOTIFY_PLUGINS": "a, b,"}, frozenset({"a", "b"}), frozenset({"apprise"})),
        ({"IM_NOTIFY_PLUGINS_BLOCK": ""}, frozenset({"confirm", "apprise"}), frozenset()),
        ({"IM_NOTIFY_PLUGINS_BLOCK": "c"}, frozenset({"confirm", "apprise"}), frozenset({"c"})),
    ],
)
def test_plugins_of_the_environment(
    write: Write, environ: dict[str, str], allow: frozenset[str], block: frozenset[str]
) -> None:
    """The lists of the environment win, and an empty one means none."""
    config = load(environ, path=str(write(WHOLE)), system=NOWHERE)

    assert (config.plugins_allow, config.plugins_block) == (allow, block)


def test_plugins_find_their_own_variables() -> None:
    """The whole environment is handed on, and does not show in the repr."""
    config = load({"PAGER_TOKEN": "t-own"}, system=NOWHERE)

    assert config.environ["PAGER_TOKEN"] == "t-own"
    assert "t-own" not in repr(config)


def test_the_order_of_the_places(tmp_path: Path) -> None:
    """The argument comes before the variable, then the user's file, then the system's."""
    system = tmp_path / "system.toml"
    home = tmp_path / ".config" / "im-notify" / "config.toml"
    xdg = tmp_path / "xdg" / "im-notify" / "config.toml"
    for path in (system, home, xdg):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    environ = {"HOME": str(tmp_path)}
    with_xdg = environ | {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    named = with_xdg | {"IM_NOTIFY_CONFIG": "named.toml"}

    found = [
        find_file(named, path="argument.toml", system=str(system)),
        find_file(named, path=None, system=str(system)),
        find_file(with_xdg, path=None, system=str(system)),
        find_file(environ, path=None, system=str(system)),
        find_file({}, path=None, system=str(system)),
        find_file({"HOME": "/nonexistent"}, path=None, system=str(system)),
        find_file({"XDG_CONFIG_HOME": "relative"}, path=None, system=str(system)),
        find_file({}, path=None, system=NOWHERE),
    ]

    places = ["argument.toml", "named.toml", xdg, home, system, system, system]
    assert found == [*map(str, places), None]


def test_a_missing_file_that_was_named_is_an_error() -> None:
    """Neither the argument nor the variable may point at nothing."""
    assert f"no configuration file {NOWHERE}" in refusal({}, NOWHERE)
    assert f"no configuration file {NOWHERE}" in refusal({"IM_NOTIFY_CONFIG": NOWHERE})


def test_a_dangling_link_is_an_error(tmp_path: Path) -> None:
    """A link to nothing at the user's place is not taken for no file."""
    link = tmp_path / "im-notify" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(NOWHERE)

    assert str(link) in refusal({"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """A directory is named with what the system says."""
    assert f"{tmp_path} cannot be read: Is a directory" in refusal({}, tmp_path)


def test_a_path_that_cannot_be_one_is_refused() -> None:
    """A null character in the path is an error of ours, not of Python."""
    assert "cannot be read" in refusal({}, "a\0b")


def test_a_file_behind_a_file_cannot_be_read(write: Write) -> None:
    """Any other refusal of the system is told with its reason."""
    path = write("") / "config.toml"

    assert f"{path} cannot be read: Not a directory" in refusal({}, path)


def test_no_permission_is_told(write: Write) -> None:
    """A file that this user may not read is named; root, who reads all, becomes nobody first."""
    path = write("[provider]", mode=0o000)
    script = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from im_notify.config import ConfigError, load\n"
        "os.geteuid() or os.seteuid(65534)\n"
        "try: load({}, path=sys.argv[2])\n"
        "except ConfigError as error: print(error)\n"
    )

    said = run(script, str(path))

    assert said == f"the configuration file {path} cannot be read: Permission denied\n"


def test_what_is_not_utf8_is_named_with_its_line(write: Write) -> None:
    """A file in the old Turkish encoding is refused where the first foreign byte stands."""
    path = write("[contacts]\n# ok\nayşe = '1'\n".encode("iso8859-9"))

    assert refusal({}, path) == f"{path}:3: this is not UTF-8: save the file as UTF-8"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[provider]\nsender = ACME\n", 2),
        ("[provider]\nkey = k-secret\n", 2),
        ("[provider]\n\nrate = 1\nrate = 2\n", 4),
        ("[provider\nrate = 1\n", 1),
        ("[contacts]\nayse = 0530\n", 2),
        ("rate", 1),
        ("a = 1\nb = '''\n\n", 4),
        ("a = " + "9" * 5000, 1),
        ("a = " + "[" * 10_000, 1),
    ],
)
def test_what_is_not_toml_is_named_with_its_line(write: Write, text: str, line: int) -> None:
    """Misspelt TOML is refused with its line and without what stands there."""
    path = write(text)

    said = refusal({}, path)

    assert said.startswith(f"{path}:{line}: this is not TOML: ")
    assert "k-secret" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[provider]\nconect_timeout = 3", 2, "[provider] conect_timeout is not known; did you"),
        ("[provider]\nconect_timeout = 3", 2, "mean connect_timeout?"),
        ("[provider]\nKEY-FILE = 'x'", 2, "did you mean key_file?"),
        ("[provider]\nkye = 'k'", 2, "did you mean key?"),
        ("[confirm]\nrate = 3", 2, "[confirm] rate is not known; did you mean [provider] rate?"),
        ("[confirm]\nxyzzy = 3", 2, "[confirm] xyzzy is not known; known are end"),
        ("\n[provder]\nkey = 'k'", 2, "section [provder] is not known; did you mean [provider]?"),
        ("[xyzzy]", 1, "section [xyzzy] is not known; known are provider, recipients, confirm"),
        ("key = 'k'", 1, "key stands outside of a section; did you mean [provider] key?"),
        ("xyzzy = 'k'", 1, "xyzzy stands outside of a section; write it under its section"),
        ("# c\nprovider = 'k'", 2, "provider is a section: write [provider]"),
        ("[[groups]]", 1, "groups is a section: write [groups]"),
        ("provider.rat = 3", 1, "[provider] rat is not known; did you mean rate?"),
        ("provider = { rat = 3 }", 1, "[provider] rat is not known; did you mean rate?"),
        ("[provider.extra]\na = 1", 1, "[provider] extra is not known"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(
    write: Write, text: str, line: int, said: str
) -> None:
    """Misspelt keys and sections are named with file, line and what was meant."""
    path = write(text)

    refused = refusal({}, path)

    assert refused.startswith(f"{path}:{line}: ")
    assert said in refused


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("provider.base_url = 'sms.example/v1'", "is 'sms.example/v1': use http:// or https://"),
        ("provider.base_url = 'ftp://sms.example'", "is 'ftp://sms.example': use http://"),
        ("provider.base_url = 'https://'", "use http:// or https://, a host"),
        ("provider.base_url = 'https://a b'", "use http:// or https://"),
        ("provider.base_url = 'https://a:x/'", "use http:// or https://"),
        ("provider.base_url = 'https://[::1'", "use http:// or https://"),
        ("provider.base_url = 7", "is 7: use text in quotes"),
        ("provider.key = 7", "[provider] key: use text in quotes"),
        ("provider.hash = ' '", "[provider] hash: use text in quotes"),
        ("provider.key_file = ['a']", "[provider] key_file: use text in quotes"),
        ("provider.sender = 'TWELVE CHARS'", "has 12 characters, 11 are allowed"),
        ("provider.sender = 'ŞİRKET'", "characters that are not allowed: İ Ş"),
        ("provider.backend = ''", "[provider] backend is '': use text in quotes"),
        ("provider.iys = 'ticari'", "[provider] iys is 'ticari': use 0, BIREYSEL or TACIR"),
        ("provider.iys = false", "[provider] iys is false: use 0, BIREYSEL or TACIR"),
        ("provider.iys = 1", "[provider] iys: commercial messages (iys 1) need a list"),
        ("provider.iys_list = 'TACIR'", "[provider] iys_list: iys is not set"),
        ("provider.iys_list = 'X'", "[provider] iys_list is 'X': use BIREYSEL or TACIR"),
        ("provider.connect_timeout = 0", "is 0: use a time over 0, such as 90s"),
        ("provider.connect_timeout = true", "is true: use a time over 0"),
        ("provider.read_timeout = -1.5", "is -1.5: use a time over 0"),
        ("provider.read_timeout = inf", "is inf: use a time over 0"),
        ("provider.read_timeout = '3 weeks'", "is '3 weeks': use a time over 0"),
        ("provider.read_timeout = []", "[provider] read_timeout: use a time over 0"),
        ("provider.max_recipients = 0", "is 0: use a whole number from 1 to 50000"),
        ("provider.max_recipients = 50001", "is 50001: use a whole number from 1 to 50000"),
        ("provider.max_recipients = 2.5", "is 2.5: use a whole number"),
        ("provider.max_recipients = true", "is true: use a whole number"),
        ("provider.max_recipients = 'lots'", "is 'lots': use a whole number"),
        ("provider.rate = 0", "is 0: use a number over 0"),
        ("provider.rate = nan", "is nan: use a number over 0"),
        ("provider.rate = 'fast'", "is 'fast': use a number over 0"),
        (f"provider.rate = 1{'0' * 400}", "…: use a number over 0"),
        ("provider.rate = 1979-05-27", "use a number over 0"),
        ("recipients.allow_foreign = 'yes'", "is 'yes': use true or false, without quotes"),
        ("recipients.allow_landline = 1", "is 1: use true or false"),
        ("confirm.end = '-48h'", "[confirm] end is '-48h': use a time over 0"),
        ("plugins.allow = 3", "[plugins] allow is 3: use a list of names"),
        ("plugins.block = [1]", "[plugins] block: use a list of names"),
        ("contacts.ayse = 5301234567", "[contacts] ayse is 5301234567: use a number in quotes"),
        ("contacts.ayse = []", "[contacts] ayse: use a number in quotes"),
        ("contacts.ayse = ['5301234567', 1]", "[contacts] ayse: use a number in quotes"),
        ("contacts.a.b = '5301234567'", "[contacts.a] b is not known; did you mean numbers?"),
        ("contacts.a = {}", "[contacts] a: use a number in quotes"),
        ("groups.a.numbers = ['a']", "[groups.a] numbers is not known; did you mean members?"),
        ("contacts.ayse = ' '", "[contacts] ayse is ' ': use a number in quotes"),
        ("groups.ops = 'ayse'", "[groups] ops is 'ayse': use a list of contacts or groups"),
        ("groups.ops = []", "[groups] ops: use a list of contacts or groups"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(write: Write, setting: str, said: str) -> None:
    """Values of the wrong type or out of range are named with file, line and what may stand."""
    path = write(f"# first\n\n{setting}\n")

    refused = refusal({}, path)

    assert refused.startswith(f"{path}:3: [")
    assert said in refused
    assert "\n" not in refused


@pytest.mark.parametrize(
    "url", ["https://user:pa55@sms.example/", "https://sms.example/?key=pa55", "pa55@x"]
)
def test_a_credential_in_the_address_is_not_shown(write: Write, url: str) -> None:
    """An address with a password or a query is refused and not repeated."""
    refused = refusal({}, write(f"[provider]\nbase_url = '{url}'"))

    assert "[provider] base_url: use http://" in refused
    assert "pa55" not in refused


@pytest.mark.parametrize("key", ["key", "hash", "kye", "hahs"])
@pytest.mark.parametrize("value", ['["pa55"]', "{ a = 'pa55' }", "'''\n'''", "7355608"])
def test_a_wrong_secret_is_not_shown(write: Write, key: str, value: str) -> None:
    """What stands at a credential is never repeated, under a misspelt name neither."""
    refused = refusal({}, write(f"[provider]\n{key} = {value}"))

    assert ":2: " in refused
    assert "pa55" not in refused
    assert "7355608" not in refused


def test_everything_wrong_is_named_at_once(write: Write) -> None:
    """One error has a line for each wrong thing: variables first, then the file by line."""
    path = write("[contacts]\na = 1\n[provider]\nrat = 3\nrate = 0\n[recipient]\n")

    lines = refusal({"IM_NOTIFY_RATE": "x", "IM_NOTIFY_SENDR": "A"}, path).splitlines()

    starts = [
        "IM_NOTIFY_SENDR is not known; did you mean IM_NOTIFY_SENDER?",
        "IM_NOTIFY_RATE is 'x': use a number over 0",
        f"{path}:2: [contacts] a is 1",
        f"{path}:4: [provider] rat is not known",
        f"{path}:5: [provider] rate is 0",
        f"{path}:6: section [recipient] is not known; did you mean [recipients]?",
    ]
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=True)] == [True] * 6


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IM_NOTIFY_KYE", "IM_NOTIFY_KEY"),
        ("IM_NOTIFY_KEYFILE", "IM_NOTIFY_KEY_FILE"),
        ("IM_NOTIFY_HAHS", "IM_NOTIFY_HASH"),
        ("IM_NOTIFY_BASEURL", "IM_NOTIFY_BASE_URL"),
        ("IM_NOTIFY_CONFG", "IM_NOTIFY_CONFIG"),
        ("IM_NOTIFY_PLUGIN", "IM_NOTIFY_PLUGINS"),
        ("IM_NOTIFY_READ_TIMOUT", "IM_NOTIFY_READ_TIMEOUT"),
    ],
)
def test_a_misspelt_variable_is_an_error(name: str, meant: str) -> None:
    """A variable very near to one of ours is named, its value is not."""
    assert refusal({name: "pa55"}) == f"{name} is not known; did you mean {meant}?"


@pytest.mark.parametrize(
    "name", ["IM_NOTIFY_PORT", "IM_NOTIFY_HOST", "IM_NOTIFY_STATE_DIR", "IM_NOTIFY_PAGER_TOKEN"]
)
def test_variables_of_plugins_are_left_alone(name: str) -> None:
    """What is not near to one of ours may be a plugin's own."""
    assert load({name: "x"}, system=NOWHERE).environ == {name: "x"}


@pytest.mark.parametrize("variable", ["IM_NOTIFY_KEY_FILE", "IM_NOTIFY_HASH_FILE"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_mount_is_read(write: Write, variable: str, end: str) -> None:
    """A credential comes out of its file, open to all as mounts are, without the line end."""
    mount = write(f"pa55{end}", name="mount", mode=0o444)

    provider = load({variable: str(mount)}, system=NOWHERE).provider

    assert {provider.key, provider.hash} == {Secret("pa55"), None}


def test_a_mount_of_the_file_is_relative_to_it(write: Write) -> None:
    """`key_file` starts where the configuration file is; such a file need not be closed."""
    write("pa55\n", name="secrets/key")
    path = write("[provider]\nkey_file = 'secrets/key'\n", mode=0o644)

    assert load({}, path=str(path), system=NOWHERE).provider.key == Secret("pa55")


def test_a_secret_of_the_environment_beats_the_files_mount(write: Write) -> None:
    """IM_NOTIFY_KEY takes the place of `key_file` too, which then need not exist."""
    path = write("[provider]\nkey_file = 'missing'\n")

    config = load({"IM_NOTIFY_KEY": "k-env"}, path=str(path), system=NOWHERE)

    assert config.provider.key == Secret("k-env")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\n", "is empty"), (b" \n", "is empty"), (b"\xff", "is not UTF-8 text")],
)
def test_a_useless_mount_is_named(write: Write, content: bytes, said: str) -> None:
    """An empty or binary secret file is an error with the variable and the path."""
    mount = write(content, name="mount")

    refused = refusal({"IM_NOTIFY_KEY_FILE": str(mount)})

    assert refused == f"IM_NOTIFY_KEY_FILE: {mount} {said}"


def test_a_missing_mount_is_named(write: Write, tmp_path: Path) -> None:
    """A secret file that is not there is named, from the environment and from the file."""
    path = write("[provider]\n\nhash_file = 'missing'\n")
    missing = tmp_path / "missing"

    lines = refusal({"IM_NOTIFY_KEY_FILE": str(tmp_path)}, path).splitlines()

    assert lines == [
        f"IM_NOTIFY_KEY_FILE: {tmp_path} cannot be read: Is a directory",
        f"{path}:3: [provider] hash_file: {missing} cannot be read: No such file or directory",
    ]


def test_a_secret_and_its_file_exclude_each_other(write: Write) -> None:
    """Two origins of one credential in one place are an error that shows neither."""
    path = write("[provider]\nhash = 'pa55'\nhash_file = 'h'\n")

    said = refusal({"IM_NOTIFY_KEY": "pa55", "IM_NOTIFY_KEY_FILE": "/k"}, path).splitlines()

    assert said == [
        "IM_NOTIFY_KEY_FILE: IM_NOTIFY_KEY is set too: take one of the two out",
        f"{path}:3: [provider] hash_file: [provider] hash is set too: take one of the two out",
    ]


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o444, 0o666])
@pytest.mark.parametrize("key", ["key", "hash"])
def test_secrets_that_others_can_read_are_refused(write: Write, key: str, mode: int) -> None:
    """A file with a credential in it that everyone can read is refused with what mends it."""
    path = write(f"[provider]\n{key} = 'pa55'\n", mode=mode)

    refused = refusal({"IM_NOTIFY_KEY": "k", "IM_NOTIFY_HASH": "h"}, path)

    assert refused == f"{path} holds secrets and others can read it: chmod 600 {path}"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_closed_secrets_are_read(write: Write, mode: int) -> None:
    """What only the owner reads is fine."""
    path = write("[provider]\nkey = 'pa55'\n", mode=mode)

    assert load({}, path=str(path), system=NOWHERE).provider.key == Secret("pa55")


def test_without_secrets_anyone_may_read(write: Write) -> None:
    """Contacts alone may be open."""
    path = write("[contacts]\nayse = '5301234567'\n", mode=0o644)

    assert load({}, path=str(path), system=NOWHERE).contacts == {"ayse": ("5301234567",)}


@pytest.mark.parametrize(
    ("mode", "owner", "opened"),
    [
        (0o600, 1000, False),
        (0o640, 1000, True),
        (0o620, 1000, False),
        (0o604, 1000, True),
        (0o600, 0, False),
        (0o640, 0, False),
        (0o644, 0, True),
        (0o604, 0, True),
    ],
)
def test_a_group_may_read_what_root_owns(mode: int, owner: int, *, opened: bool) -> None:
    """Root may hand a file to the group of a service, others may not."""
    assert is_open(0o100000 | mode, owner=owner) is opened


@pytest.mark.parametrize(
    ("text", "environ", "consent"),
    [
        ("iys = 0", {}, Consent.TRANSACTIONAL),
        ("iys = '0'", {}, Consent.TRANSACTIONAL),
        ("iys = 'bireysel'", {}, Consent.BIREYSEL),
        ("iys = '1'\niys_list = 'TACIR'", {}, Consent.TACIR),
        ("iys = 1\niys_list = 'BIREYSEL'", {}, Consent.BIREYSEL),
        ("iys = 1\niys_list = 'TACIR'", {"IM_NOTIFY_IYS": "0"}, Consent.TRANSACTIONAL),
        ("iys = 0", {"IM_NOTIFY_IYS": "1", "IM_NOTIFY_IYS_LIST": "tacir"}, Consent.TACIR),
    ],
)
def test_consent_is_what_was_said(
    write: Write, text: str, environ: dict[str, str], consent: Consent
) -> None:
    """The flag and its list are one decision, and that of the environment replaces both."""
    path = write(f"[provider]\n{text}\n")

    assert load(environ, path=str(path), system=NOWHERE).provider.consent is consent


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("ayse", ("0530 123 45 67",)),
        ("ops", ("0530 123 45 67", "5301234568", "+905301234569")),
        ("all", ("0530 123 45 67", "5301234568", "+905301234569")),
        ("Ayse", None),
        ("", None),
        ("5301234567", None),
    ],
)
def test_names_lead_to_numbers(write: Write, name: str, numbers: tuple[str, ...] | None) -> None:
    """A contact or group gives each number once and in order, any other name none."""
    config = load({}, path=str(write(WHOLE)), system=NOWHERE)

    assert numbers_of(config, name) == numbers


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("ops = ['ayze']", ":4: [groups] ops: ayze is neither a contact nor a group; did you mean"),
        ("ops = ['xyzzy']", ":4: [groups] ops: xyzzy is neither a contact nor a group; add it"),
        ("ops = ['ops']", ":4: [groups] ops contains itself"),
        ("b = ['ayse']\na = ['c']\nc = ['a']", ":5: [groups] a contains itself"),
        ("b = ['ayse']\na = ['c']\nc = ['a']", ":6: [groups] c contains itself"),
        ("ayse = ['ayse']", ":4: [groups] ayse is the name of a contact too"),
    ],
)
def test_a_group_that_leads_nowhere_is_refused(write: Write, groups: str, said: str) -> None:
    """Strangers, cycles and clashes are named with their line."""
    path = write(f"[contacts]\nayse = '5301234567'\n[groups]\n{groups}\n")

    assert f"{path}{said}" in refusal({}, path)


def test_a_contact_may_be_a_section_of_its_own(write: Write) -> None:
    """[contacts.oncall] with numbers, and [groups.night] with members, are the same as lines."""
    path = write(
        "[contacts.oncall]\nnumbers = ['5301234567']\n[groups.night]\nmembers = ['oncall']\n"
    )

    config = load({}, path=str(path), system=NOWHERE)

    assert numbers_of(config, "night") == ("5301234567",)


_NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(_NAMES, st.lists(_NAMES, min_size=1)), st.dictionaries(_NAMES, st.just("1")))
def test_numbers_of_always_ends(groups: dict[str, list[str]], contacts: dict[str, str]) -> None:
    """Even cycles and strangers, in a Config made by hand, give each number at most once."""
    config = Config(
        contacts={name: (number,) for name, number in contacts.items()},
        groups={name: tuple(members) for name, members in groups.items()},
    )

    assert all(numbers_of(config, name) in {(), ("1",)} for name in {**groups, **contacts})


def test_long_chains_of_groups_are_fine(write: Write) -> None:
    """No depth of groups is too much."""
    chain = "".join(f"g{i} = ['g{i + 1}']\n" for i in range(1500))
    path = write(f"[contacts]\ng1500 = '5301234567'\n[groups]\n{chain}")

    config = load({}, path=str(path), system=NOWHERE)

    assert numbers_of(config, "g0") == ("5301234567",)


def test_secrets_do_not_show_in_the_configuration(write: Write) -> None:
    """Neither repr nor text of a configuration has a credential."""
    config = load({"IM_NOTIFY_HASH": "pa55"}, path=str(write(WHOLE)), system=NOWHERE)

    assert "k-inline" not in f"{config!r} {config}"
    assert "pa55" not in f"{config!r} {config}"


def test_a_start_without_file_loads_nothing_heavy() -> None:
    """TOML, paths, suggestions, TLS and URLs are imported only when they are needed."""
    script = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1])\n"
        "from im_notify.config import load; load({'PATH': ''}, system='/nonexistent')\n"
        "print(*set(sys.modules) - before)\n"
    )

    loaded = run(script)

    heavy = {"tomllib", "pathlib", "difflib", "hmac", "hashlib", "urllib.parse", "gettext"}
    assert heavy.isdisjoint(loaded.split())


def test_a_start_without_file_is_quick() -> None:
    """The best of many loads, with the environment of this process, is well under 1 ms."""
    environ = {name: text for name, text in os.environ.items() if name.startswith("P")}
    spans = []

    for _attempt in range(50):
        start = time.perf_counter()
        load(environ, system=NOWHERE)
        spans.append(time.perf_counter() - start)

    assert min(spans) < 0.001
