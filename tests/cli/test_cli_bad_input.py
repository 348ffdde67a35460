"""Every wrong input: one line, its exit code, no request, no traceback, no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

TO = ("--to", "5301234567")
AS = ("--sender", "APITEST", "--iys", "0")
USAGE, REFUSED, UNSENT, CONFIG = 2, 5, 7, 8

SENDS = {
    "empty text": (("send", *TO, *AS, ""), USAGE, "the text is empty"),
    "blank text": (("send", *TO, *AS, " \n "), USAGE, "the text is empty"),
    "text too long": (("send", *TO, *AS, "x" * 1067), USAGE, "7"),
    "text not Unicode": (("send", *TO, *AS, "caf\udce9"), USAGE, "not Unicode"),
    "sender empty": (("send", *TO, "--sender", "", "--iys", "0", "x"), USAGE, "sender is empty"),
    "sender long": (("send", *TO, "--sender", "A" * 12, "--iys", "0", "x"), USAGE, "12 characters"),
    "sender Turkish": (("send", *TO, "--sender", "ŞİRKET", "--iys", "0", "x"), USAGE, "İ Ş"),
    "no sender": (("send", *TO, "--iys", "0", "x"), USAGE, "--sender"),
    "no recipient": (("send", "--to", "", *AS, "x"), USAGE, "recipient"),
    "no --to": (("send", *AS, "x"), USAGE, "--to"),
    "bad number": (("send", "--to", "5301234567,12345", *AS, "x"), USAGE, "12345"),
    "landline": (("send", "--to", "02121234567", *AS, "x"), USAGE, "02121234567"),
    "foreign": (("send", "--to", "+4915112345678", *AS, "x"), USAGE, "+4915112345678"),
    "no iys": (("send", *TO, "--sender", "APITEST", "x"), USAGE, "iys is not set"),
    "iys without list": (("send", *TO, "--sender", "A", "--iys", "1", "x"), USAGE, "BIREYSEL"),
    "unknown list": (("send", *TO, "--sender", "A", "--iys", "INDIVIDUAL", "x"), USAGE, "TACIR"),
    "at with seconds": (("send", *TO, *AS, "--at", "2026-12-01 09:00:00", "x"), USAGE, "seconds"),
    "at in the past": (("send", *TO, *AS, "--at", "2026-11-21 11:59", "x"), USAGE, "gone by"),
    "at in another zone": (
        ("send", *TO, *AS, "--at", "2026-12-01 09:00+01:00", "x"),
        USAGE,
        "+03:00",
    ),
    "at in UTC": (("send", *TO, *AS, "--at", "2026-12-01T09:00Z", "x"), USAGE, "+03:00"),
    "at without such a day": (("send", *TO, *AS, "--at", "2026-02-30 09:00", "x"), USAGE, "day"),
    "at as words": (("send", *TO, *AS, "--at", "tomorrow", "x"), USAGE, "YYYY-MM-DD HH:MM"),
    "at by GET": (
        ("send", *TO, *AS, "--backend", "get", "--at", "2026-12-01 09:00", "x"),
        USAGE,
        "json",
    ),
    "confirm as words": (("send", *TO, *AS, "--confirm", "soon", "x"), USAGE, "90s"),
    "unknown backend": (("send", *TO, *AS, "--backend", "pigeon", "x"), CONFIG, "get, json"),
    "range reversed": (
        ("reports", "--since", "2026-11-20", "--until", "2026-11-10"),
        USAGE,
        "reversed",
    ),
    "not a day": (("reports", "--since", "2026-13-01"), USAGE, "YYYY-MM-DD"),
    "fit to nothing": (("send", *TO, *AS, "--fit", "0", "x"), USAGE, "--fit"),
    "no such port": (("sandbox", "--port", "99999999"), USAGE, "65535"),
    "port as words": (("sandbox", "--port", "http"), USAGE, "65535"),
    "unknown command": (("sned", "x"), USAGE, "sned"),
    "url with a list beside 0": (
        ("url", *TO, "--sender", "A", "--iys", "1", "x"),
        USAGE,
        "BIREYSEL",
    ),
}


@pytest.mark.parametrize("case", SENDS)
def test_wrong_input_is_refused_before_any_request(
    shell: Shell, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong; nothing reaches the provider."""
    argv, code, said = SENDS[case]

    ran = shell(*argv)

    err = ran.err + capsys.readouterr().err
    assert (ran.code, ran.out) == (code, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert shell.sandbox.settings.hash not in err
    assert shell.requests == 0


def test_every_bad_number_is_named_with_its_reason(shell: Shell) -> None:
    """Bad numbers among good ones stop the send, and all of them are named."""
    ran = shell("send", "--to", "5301234567, 123, 02121234567", *AS, "x")

    assert ran.code == USAGE
    assert "123" in ran.err
    assert "02121234567" in ran.err
    assert "5301234567'" not in ran.err


def test_skip_invalid_sends_to_the_others_and_says_so(shell: Shell) -> None:
    """With --skip-invalid the good numbers get the message."""
    ran = shell("send", "--skip-invalid", "--to", "5301234567,123", *AS, "x")

    assert ran.code == 0
    assert "123" in ran.err
    assert shell.sandbox.ledger[0].numbers == ("5301234567",)


CONFIGS = {
    "missing": (None, "no.toml"),
    "misspelt TOML": ("[provider\nsender = 'A'", ":1"),
    "misspelt key": ("[provider]\nsendr = 'A'", "did you mean sender"),
    "iys 1 without list": ("[provider]\niys = '1'", "BIREYSEL"),
    "base URL without scheme": ("[provider]\nbase_url = 'api.example.com'", "http"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_wrong_configuration_is_named_with_its_file(
    shell: Shell, tmp_path: Path, case: str
) -> None:
    """The file, what is wrong with it and exit code 8."""
    content, said = CONFIGS[case]
    path = tmp_path / ("no.toml" if content is None else "im.toml")
    if content is not None:
        path.write_text(content, "utf-8")

    ran = shell("send", "--config", str(path), *TO, *AS, "x")

    assert (ran.code, ran.out, shell.requests) == (CONFIG, "", 0)
    assert str(path) in ran.err
    assert said in ran.err


def test_a_file_with_secrets_that_others_can_read_is_refused(shell: Shell, tmp_path: Path) -> None:
    """The text holds the chmod that mends it."""
    path = tmp_path / "im.toml"
    path.write_text("[provider]\nkey = 'k'\nhash = 'h'\n", "utf-8")
    path.chmod(0o644)

    ran = shell("check", "--config", str(path))

    assert ran.code == CONFIG
    assert f"chmod 600 {path}" in ran.err


def test_no_credentials_is_a_matter_of_configuration(shell: Shell) -> None:
    """It says which variables to set."""
    del shell.environ["IM_NOTIFY_KEY"]

    ran = shell("send", *TO, *AS, "x")

    assert ran.code == CONFIG
    assert "IM_NOTIFY_KEY" in ran.err
    assert "Traceback" not in ran.err


def test_the_provider_s_own_variable_names_count_too(shell: Shell) -> None:
    """ILETIMERKEZI_API_KEY and ILETIMERKEZI_API_HASH are as good."""
    shell.environ["ILETIMERKEZI_API_KEY"] = shell.environ.pop("IM_NOTIFY_KEY")
    shell.environ["ILETIMERKEZI_API_HASH"] = shell.environ.pop("IM_NOTIFY_HASH")

    assert shell("check").code == 0


def test_an_unknown_order_is_refused(shell: Shell) -> None:
    """455 ends report, report --watch and cancel with exit code 5."""
    for argv in (("report", "1"), ("report", "1", "--watch"), ("cancel", "1")):
        ran = shell(*argv)

        assert ran.code == REFUSED
        assert "455" in ran.err
        assert ran.out == ""


def test_a_network_that_is_down_is_surely_not_sent(shell: Shell) -> None:
    """Nothing listens: exit code 7, for sends and for questions."""
    shell.environ["IM_NOTIFY_BASE_URL"] = "http://127.0.0.1:9/v1/"

    for argv in (("send", *TO, *AS, "x"), ("check",), ("report", "1")):
        ran = shell(*argv)

        assert ran.code == UNSENT
        assert "no connection" in ran.err
        assert shell.sandbox.settings.hash not in ran.err


def test_a_full_disk_leaves_no_half_export(shell: Shell, tmp_path: Path) -> None:
    """The error names the file; the old export stays as it was."""
    shell("send", *TO, *AS, "x")
    order_id = shell.sandbox.ledger[0].order_id
    old = tmp_path / "old.csv"
    old.write_text("kept", "utf-8")
    (tmp_path / "old.csv.part").symlink_to("/dev/full")

    ran = shell("report", order_id, "--csv", str(old))

    assert ran.code == 1
    assert "No space left" in ran.err
    assert "Traceback" not in ran.err
    assert old.read_text("utf-8") == "kept"
    assert not (tmp_path / "old.csv.part").exists()


def test_errors_are_json_for_machines(shell: Shell) -> None:
    """With --json an error is one object on stdout, too."""
    ran = shell("report", "1", "--json")

    assert ran.out.startswith('{"error": {"kind": "NotFoundError"')
    assert ran.code == REFUSED
