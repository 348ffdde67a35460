"""`im-notify preview`: what a payload would become, without a relay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

PAYLOADS = Path(__file__).parent.parent / "fixtures" / "payloads"
CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
[contacts.second]
numbers = ["5301234570"]
[contacts.oncall]
numbers = ["5301234567"]
fallback = [{ after = "90s", to = "mailto://a:pass@b.example" }, { after = "3m", to = "second" }]
[hooks.pair]
source = "alertmanager"
token = "hook-token"
to = ["oncall"]
[relay]
database = "sqlite:////nowhere/outbox.db"
"""
DOWN = "host=db1&status=down&severity=critical&message=disk"


def posted(folder: Path, name: str) -> str:
    """Return a file with what a real program posted."""
    path = folder / "posted.json"
    path.write_text(json.dumps(json.loads((PAYLOADS / name).read_text("utf-8"))["json"]), "utf-8")
    return str(path)


def configured(folder: Path, more: str = "") -> str:
    """Return the path of a configuration."""
    path = folder / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG + more, "utf-8")
    return str(path)


def preview(shell: Shell, *argv: str) -> Any:
    """Return what is printed for scripts."""
    ran = shell("preview", "--json", *argv)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_it_works_without_a_configuration(shell: Shell, tmp_path: Path) -> None:
    """Text, length, encoding and reasons; nobody to send it to is said as such."""
    ran = shell(
        "preview",
        "--source",
        "alertmanager",
        posted(tmp_path, "alertmanager-0.25-firing-grouped-40.json"),
    )

    assert ran.code == 0
    assert "KRT HostDown istanbul: 40 alarm (8 kritik) web00,web05,web10 +37" in ran.out
    assert "84 characters, 1 part(s), room for 71 more" in ran.out
    assert "none configured" in ran.out
    assert "and 30 more" in ran.out
    assert shell.requests == 0


def test_a_hook_says_for_whom(shell: Shell, tmp_path: Path) -> None:
    """The one hook that reads this source is meant without saying so; no fallback shows a URL."""
    config = configured(tmp_path)
    file = posted(tmp_path, "alertmanager-0.25-firing-single.json")

    ran = shell("preview", "--config", config, "--source", "alertmanager", file)

    assert "recipients  oncall: +905301234567" in ran.out
    assert "fallback    after 90s, 3m without delivery" in ran.out
    assert "sender      APITEST, iys 0" in ran.out
    assert "pass" not in ran.out


def test_it_says_what_a_relay_would_send(shell: Shell, tmp_path: Path) -> None:
    """The same payload at the same time has the same text, as the outbox words it."""
    config = configured(tmp_path, 'template = "{{ first.object }} {{ id }} {{ first.episode }}"')
    file = posted(tmp_path, "alertmanager-0.25-firing-single.json")

    (message,) = preview(shell, "--config", config, "--hook", "pair", "--to", "second", file)[
        "messages"
    ]

    assert message["text"].startswith("db1.example.com:9100 ")
    assert message["recipients"] == ["+905301234570"]
    assert message["alerts"][0]["source"] == "pair"
    assert "worded by the template" in message["why"]


@pytest.mark.parametrize(
    ("more", "query", "why"),
    [
        ("", DOWN, "not shortened"),
        ("", f"{DOWN}+{'word+' * 60}", "shortened: in full it takes"),
        ("", f"{DOWN}+dolmuş", "gsm-7 because of what was replaced: ş > s"),
        ("transliterate = false", f"{DOWN}+dolmuş", "gsm-7-turkish because of ş"),
        ("transliterate = false", f"{DOWN}+Ж", "ucs-2 because of Ж: a first part holds 65"),
        ('template = "{{ first.nothing }}"', DOWN, "the template failed or says nothing"),
        ("[storm]\nenabled = false", DOWN, "storm control is off"),
        ("", DOWN, "what follows within 30s is one text"),
        ("", DOWN, "told again after 4h"),
    ],
)
def test_it_says_why(shell: Shell, tmp_path: Path, more: str, query: str, why: str) -> None:
    """Length, encoding, template, storm control and repetition."""
    config = configured(tmp_path, more)

    (message,) = preview(shell, "--config", config, "--source", "generic", "--query", query)[
        "messages"
    ]

    assert why in " | ".join(message["why"])
    assert message["parts"] == 1


def test_what_is_left_out_has_a_reason(shell: Shell, tmp_path: Path) -> None:
    """An end that is never told makes no text, and that is no fault."""
    config = configured(tmp_path, 'recovery = "never"')
    file = posted(tmp_path, "alertmanager-0.25-resolved-single.json")

    found = preview(shell, "--config", config, "--hook", "pair", file)
    ran = shell("preview", "--config", config, "--hook", "pair", file)

    assert found["messages"] == []
    assert "recovery is never" in found["left_out"][0]["why"]
    assert ran.out.startswith("no text would be made")
    assert ran.code == 0


@pytest.mark.parametrize(
    ("query", "is_texted"),
    [
        ("status=up&message=disk", False),
        ("status=down&message=disk", True),
        ("status=up&message=disk&episode=7", True),
        ("status=up&message=disk&host=db1", True),
    ],
)
def test_an_end_without_a_name_is_left_out(shell: Shell, query: str, *, is_texted: bool) -> None:
    """The relay cannot know what ended, so it has nothing to tell."""
    found = preview(shell, "--source", "generic", "--query", query)

    assert bool(found["messages"]) is is_texted
    assert [one["why"] for one in found["left_out"]] == [
        "resolved: it names no problem, so its beginning cannot be found"
    ] * (not is_texted)


def test_it_reads_standard_input_and_headers(shell: Shell) -> None:
    """Binary CloudEvents say all but the data in headers."""
    shell.stdin = '{"message": "disk full"}'
    headers = {"ce-id": "1", "ce-source": "/db1", "ce-type": "disk", "ce-specversion": "1.0"}
    words = [word for item in headers.items() for word in ("--header", ": ".join(item))]

    (message,) = preview(shell, "--source", "cloudevents", *words, "-")["messages"]

    assert "db1" in message["text"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--query", "a=b"], "--source NAME"),
        (["--source", "generic"], "FILE"),
        (["--source", "nonesuch", "--query", "a=b"], "there are: alertmanager"),
        (["--hook", "nonesuch", "--query", "a=b"], "there are: pair"),
        (["--source", "alertmanager", "/nonesuch"], "/nonesuch cannot be read"),
        (["--source", "alertmanager", "--query", "a=b"], "not an alert that alertmanager sends"),
        (["--source", "generic", "--query", DOWN, "--to", "nobody"], "nobody is neither"),
        (["--source", "generic", "--query", DOWN, "--to", "12345"], "recipient 1"),
    ],
)
def test_bad_input_is_told_like_everywhere(
    shell: Shell, tmp_path: Path, argv: list[str], expected: str
) -> None:
    """One line that says what to do, and the exit code for input."""
    ran = shell("preview", "--config", configured(tmp_path), *argv)

    assert ran.code == 2
    assert expected in ran.err
    assert ran.err.count("\n") == 1


def test_a_broken_template_is_a_matter_of_configuration(shell: Shell, tmp_path: Path) -> None:
    """Its hook and line are named."""
    config = configured(tmp_path, 'template = """\n{{ severty }}"""')

    ran = shell("preview", "--config", config, "--source", "generic", "--query", DOWN)

    assert ran.code == 8
    assert "[relay] template, line 1: severty is not known" in ran.err


def test_it_needs_nothing_of_the_relay() -> None:
    """Neither a database nor a server is loaded, nor the language of templates."""
    code = (
        "import sys\nfrom im_notify.cli import main\n"
        f"assert main(['preview', '--source', 'generic', '--query', '{DOWN}']) == 0\n"
        "assert not {'sqlalchemy', 'starlette', 'uvicorn', 'jinja2', 'requests'} & set(sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)

    assert done.returncode == 0, done.stderr
