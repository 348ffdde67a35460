"""`im-notify init`: files that work, out of flags or of answers."""

from __future__ import annotations

import io
import json
import stat
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.config import load
from im_notify.models import Consent
from im_notify.relay_config import socket_of, spool_of

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]
NEEDED = ("--sender", "APITEST", "--iys", "0", "--contact", "oncall=0530 123 45 67")
ALL = (
    *NEEDED,
    *("--fallback", "3m=second=5301234570", "--source", "alertmanager", "--source", "zabbix"),
    *("--device", "lobby", "--listen", "[::1]:9000", "--language", "tr"),
)


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        """Say that somebody is there."""
        return True


def asked(folder: Path, *lines: str) -> tuple[int, str, str]:
    """Answer the questions of `init`; returns exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    typed = Terminal("".join(f"{line}\n" for line in lines))
    app = App(environ={"HOME": str(folder)}, stdin=typed, stdout=out, stderr=err)
    return run(["init"], app), out.getvalue(), err.getvalue()


def test_what_it_writes_is_what_serve_takes(shell: Shell, tmp_path: Path) -> None:
    """Configuration, unit, empty files for the credentials; the check of the relay is content."""
    shell.environ["XDG_STATE_HOME"] = str(tmp_path / "state")

    ran = shell("init", "--yes", "--user", *ALL, "--listen", "127.0.0.1:0")
    config = tmp_path / "im-notify" / "config.toml"
    checked = shell("serve", "--check", "--config", str(config))

    assert ran.code == 0, ran.err
    assert checked.code == 0, checked.err
    assert (tmp_path / "systemd" / "user" / "im-notify.service").is_file()
    assert (config.with_name("key").read_text(), config.with_name("hash").read_text()) == ("", "")
    assert ran.out.rstrip().endswith("systemctl --user enable --now im-notify")


def test_every_answer_stands_in_the_configuration(shell: Shell, tmp_path: Path) -> None:
    """And the credentials of the provider stand beside it."""
    shell("init", "--yes", "--system", *ALL, "--output", str(tmp_path))

    found = load({"IM_NOTIFY_KEY": "k", "IM_NOTIFY_HASH": "h"}, path=f"{tmp_path}/config.toml")

    relay = found.relay
    assert relay is not None
    assert found.provider.sender == "APITEST"
    assert found.provider.consent is Consent.TRANSACTIONAL
    assert found.contacts == {"oncall": ("5301234567",), "second": ("5301234570",)}
    assert [(rung.after, rung.to) for rung in relay.ladders["oncall"]] == [(180.0, "second")]
    assert (list(relay.hooks), list(relay.devices)) == (["alertmanager", "zabbix"], ["lobby"])
    assert (relay.listen.host, relay.listen.port, relay.language) == ("::1", 9000, "tr")
    assert relay.database == "sqlite:////var/lib/im-notify/outbox.db"
    assert (relay.socket, relay.alarm) == ("/run/im-notify/relay.sock", ("second",))


def test_tokens_are_secret_and_each_is_another(shell: Shell, tmp_path: Path) -> None:
    """Long, different in every run, and readable for nobody else."""
    config = tmp_path / "config.toml"
    texts = []
    for _time in range(2):
        shell("init", "--yes", "--user", *ALL, "--output", str(tmp_path), "--force")
        texts.append(tomllib.loads(config.read_text("utf-8")))

    tokens = [
        door["token"]
        for text in texts
        for kind in ("hooks", "devices")
        for door in text[kind].values()
    ]
    tokens += [text["relay"][key] for text in texts for key in ("api_token", "push_secret")]

    assert len(set(tokens)) == len(tokens) == 10
    assert min(map(len, tokens)) >= 32
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert not any(token in ran.out + ran.err for token in tokens for ran in shell.history)


def test_every_key_has_a_line_about_it(shell: Shell, tmp_path: Path) -> None:
    """Before a key, or before those that a comment is about, stands what it means."""
    shell("init", "--yes", "--user", *ALL, "--output", str(tmp_path))

    lines = (tmp_path / "config.toml").read_text("utf-8").splitlines()

    bare = [
        line
        for before, line in pairwise(lines)
        if " = " in line and not line.startswith("#") and not before.startswith("# ")
    ]
    assert [line.partition(" = ")[0] for line in bare] == ["hash_file", "numbers"]


def test_what_is_commented_out_holds_as_it_stands(shell: Shell, tmp_path: Path) -> None:
    """Each key that is only shown is one that the relay takes, with the value it has anyway."""
    shell("init", "--yes", "--user", *ALL, "--output", str(tmp_path))
    path = tmp_path / "config.toml"
    shown = [
        line.removeprefix("# ") if " = " in line or "[" in line[:4] else line
        for line in path.read_text("utf-8").splitlines()
    ]
    environ = {"IM_NOTIFY_KEY": "k", "IM_NOTIFY_HASH": "h"}
    usual = load(environ, path=str(path)).relay
    path.write_text("\n".join(shown), "utf-8")

    found = load(environ, path=str(path)).relay

    assert usual
    assert found
    for name in ("lifetime", "repeat", "recovery", "parts", "transliterate", "storm"):
        assert getattr(found, name) == getattr(usual, name)
    assert found.template
    assert found.heartbeat


def test_it_asks_six_questions(tmp_path: Path) -> None:
    """An answer that cannot be used is asked for again; Enter takes what is usual."""
    code, out, err = asked(
        tmp_path,
        *(
            "APITEST",
            "",
            "0",
            "oncall=12",
            "oncall=5301234567",
            "",
            "1, nonesuch",
            "alertmanager 2",
        ),
        *("lobby", "", "u", "y"),
    )

    written = tomllib.loads((tmp_path / ".config/im-notify/config.toml").read_text("utf-8"))
    assert code == 0
    assert [f"{n}/6" in err for n in range(1, 7)] == [True] * 6
    assert "[x]" not in err
    assert " 1 alertmanager" in err
    assert "nonesuch is not known" in err
    assert list(written["hooks"]) == ["alertmanager", "cloudevents"]
    assert list(written["devices"]) == ["lobby"]
    assert written["relay"]["listen"] == "127.0.0.1:8025"
    assert "sqlite:///" in written["relay"]["database"]
    assert "iletimerkezi" not in err  # a delivery push is no alert
    assert out.count("\n   ") == 4


@pytest.mark.parametrize(
    "lines", [("APITEST",), ("A", "0", "5301234567", "", "", "", "", "u", "n")]
)
def test_nothing_is_written_without_consent(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """Answers that end too early, or a no at the end."""
    asked(tmp_path, *lines)

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_told(shell: Shell, tmp_path: Path) -> None:
    """A second run names what is there; with --force the credentials stay."""
    first = shell("init", "--yes", "--user", *NEEDED, "--output", str(tmp_path))
    (tmp_path / "key").write_text("secret")
    before = (tmp_path / "config.toml").read_text("utf-8")

    second = shell("init", "--yes", "--user", *NEEDED, "--output", str(tmp_path))
    untouched = (tmp_path / "config.toml").read_text("utf-8")
    third = shell("init", "--yes", "--user", *NEEDED, "--output", str(tmp_path), "--force")

    assert (first.code, second.code, third.code) == (0, 2, 0)
    assert "config.toml" in second.err
    assert "--force" in second.err
    assert untouched == before != (tmp_path / "config.toml").read_text("utf-8")
    assert (tmp_path / "key").read_text() == "secret"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("--sender", "APITEST", "--contact", "a=5301234567"), "--iys is missing"),
        ((*NEEDED, "--iys", "1"), "use 0, BIREYSEL or TACIR"),
        ((*NEEDED, "--contact", "a b=5301234567"), "no name for a section"),
        ((*NEEDED, "--contact", "a=123"), "cannot send to '123'"),
        ((*NEEDED, "--contact", "a=5301234567,5301234570"), "use one number"),
        ((*NEEDED, "--fallback", "90s=nobody"), "cannot send to"),
        ((*NEEDED, "--fallback", "0s=mailto://x"), "use a time over 0"),
        ((*NEEDED, "--fallback", "3x=5301234570"), "use a time over 0"),
        ((*NEEDED, "--fallback", "1m=nosuchscheme://x"), "can use this nosuchscheme:// URL"),
        ((*NEEDED, "--source", "alertmanagr"), "did you mean alertmanager?"),
        ((*NEEDED, "--device", "ön kapı!"), "no name for a section"),
        ((*NEEDED, "--listen", "8025"), "use host:port"),
        ((*NEEDED, "--sender", " "), "an SMS needs a sender"),
    ],
)
def test_a_wrong_answer_is_told_like_any_bad_input(
    shell: Shell, tmp_path: Path, argv: tuple[str, ...], expected: str
) -> None:
    """One line, exit code 2, and no file."""
    ran = shell("init", "--yes", "--user", *argv, "--output", str(tmp_path / "new"))

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert expected in ran.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("more", "expected", "unexpected"),
    [
        (("--system",), "PrivateUsers=yes", "CAP_NET_BIND_SERVICE"),
        (("--system", "--listen", "0.0.0.0:443"), "CAP_NET_BIND_SERVICE", "PrivateUsers"),
        (("--system", "--listen", "unix:/run/im-notify/web"), "PrivateUsers=yes", "CAP_NET"),
        (("--system",), "LoadCredential=key:", "WantedBy=default"),
        (("--user",), "WantedBy=default.target", "LoadCredential"),
        (("--user",), "SystemCallFilter=@system-service", "ProtectSystem"),
    ],
)
def test_the_unit_grants_what_is_needed(
    shell: Shell, tmp_path: Path, more: tuple[str, ...], expected: str, unexpected: str
) -> None:
    """A low port needs a capability; a user's systemd can set up no walls."""
    shell("init", "--yes", *NEEDED, *more, "--output", str(tmp_path))

    unit = (tmp_path / "im-notify.service").read_text("utf-8")

    assert expected in unit
    assert unexpected not in unit
    assert f"serve --config {tmp_path}/config.toml" in unit


def test_the_unit_lets_a_group_in(shell: Shell, tmp_path: Path) -> None:
    """To the folders of socket and spool, whose files take its group; others see the socket."""
    shell("init", "--yes", "--system", *NEEDED, "--output", str(tmp_path))

    lines = set((tmp_path / "im-notify.service").read_text("utf-8").splitlines())

    assert lines >= {
        "Group=im-notify",
        "StateDirectory=im-notify",
        "StateDirectoryMode=0750",
        "RuntimeDirectory=im-notify",
        "RuntimeDirectoryMode=0755",
        "LimitNOFILE=20000",
    }
    assert not any(line.startswith("RestrictSUIDSGID") for line in lines)


def test_programs_of_other_users_have_a_configuration(shell: Shell, tmp_path: Path) -> None:
    """All may read it: it leads to the same socket and spool, and holds no secret."""
    ran = shell("init", "--yes", "--system", *ALL, "--output", str(tmp_path))

    files = {name: tmp_path / name for name in ("config.toml", "alert.toml")}
    environ = {"IM_NOTIFY_KEY": "k", "IM_NOTIFY_HASH": "h"}
    relay = load(environ, path=str(files["config.toml"])).relay
    callers = load({}, path=str(files["alert.toml"])).relay

    assert relay
    assert callers
    assert (socket_of(callers), spool_of(callers)) == (socket_of(relay), spool_of(relay))
    assert {name: stat.S_IMODE(path.stat().st_mode) for name, path in files.items()} == {
        "config.toml": 0o600,
        "alert.toml": 0o644,
    }
    assert "token" not in tomllib.loads(files["alert.toml"].read_text("utf-8"))["relay"]
    assert "usermod -aG im-notify" in ran.out


def test_a_path_is_written_as_systemd_reads_it(shell: Shell, tmp_path: Path) -> None:
    """Spaces and signs that systemd would replace are kept from it."""
    shell("init", "--yes", "--user", *NEEDED, "--output", str(tmp_path / "50% $x y"))

    unit = (tmp_path / "50% $x y" / "im-notify.service").read_text("utf-8")
    assert f'--config "{tmp_path}/50%% $$x y/config.toml"' in unit


def test_scripts_read_what_is_left_to_do(shell: Shell, tmp_path: Path) -> None:
    """The files and the commands, as JSON."""
    ran = shell("init", "--json", "--yes", "--user", *NEEDED, "--output", str(tmp_path))

    told = json.loads(ran.out)
    assert [Path(name).name for name in told["files"]] == [
        "config.toml",
        "im-notify.service",
        "key",
        "hash",
    ]
    assert [line.partition(" ")[0] for line in told["next"]] == [
        "${EDITOR:-vi}",
        "im-notify",
        "${EDITOR:-vi}",
        "systemctl",
    ]


@pytest.mark.parametrize(
    ("fallback", "alarm", "told"),
    [
        ((), ["oncall"], True),
        (("--fallback", "3m=second=5301234570"), ["second"], True),
        (("--fallback", "mailto://u:p@example.org"), ["mailto://u:p@example.org"], False),
    ],
    ids=["nobody", "a number", "a URL"],
)
def test_who_is_told_by_sms_alone_is_told_so(
    shell: Shell, tmp_path: Path, fallback: tuple[str, ...], alarm: list[str], *, told: bool
) -> None:
    """A number hears of little credit, but of no refused account: file and next steps say so."""
    ran = shell("init", "--yes", "--user", *NEEDED, *fallback, "--output", str(tmp_path))

    written = (tmp_path / "config.toml").read_text("utf-8")
    assert tomllib.loads(written)["relay"]["alarm"] == alarm
    assert ("Nobody is told but by SMS" in written) is told
    assert ("Put an Apprise URL into alarm and fallback" in ran.out) is told


def test_a_url_that_is_none_is_not_shown(shell: Shell, tmp_path: Path) -> None:
    """The scheme is enough to find the slip, the rest may hold a password."""
    url = "nosuchscheme://user:passw0rd@example.org"
    ran = shell("init", "--yes", *NEEDED, "--fallback", url, "--output", str(tmp_path / "new"))

    assert "nosuchscheme" in ran.err
    assert "passw0rd" not in ran.err + ran.out


def test_the_example_has_the_same_sections(shell: Shell, tmp_path: Path) -> None:
    """examples/relay.toml says nothing that `init` would say in another way."""
    shell("init", "--yes", "--system", *ALL, "--output", str(tmp_path))
    ours = tomllib.loads((tmp_path / "config.toml").read_text("utf-8"))

    example = tomllib.loads((ROOT / "examples" / "relay.toml").read_text("utf-8"))

    assert example.keys() == ours.keys()
    assert example["relay"].keys() <= ours["relay"].keys()
    assert example["relay"]["database"] == ours["relay"]["database"]
