from __future__ import annotations

import io
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.config import load
from im_notify.errors import QueryError
from im_notify.serving import logs
from im_notify.serving.masking import Masker, credentials_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from im_notify.config import Config

CONFIG = """
[provider]
sender = "APITEST"
iys = "0"
key = "provider-key-1"
hash = "provider-hash-1"
[contacts.oncall]
numbers = ["5301234567"]
fallback = [{ after = "90s", to = "mailtos://login:pass%20word@mail.example/?to=a" }]
[hooks.alerts]
source = "alertmanager"
token = "hook-token"
hmac_secret = "hmac-secret"
to = ["oncall"]
[devices.lobby]
token = "device-token"
[relay]
database = "postgresql://relay:db-password@db.example/outbox"
api_token = "api-token"
push_secret = "push-secret"
log = "json"
"""
OURS, THEIRS = logging.getLogger("im_notify.test"), logging.getLogger("a_library")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration with a credential of every kind."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    path.write_text(CONFIG, "utf-8")
    return load({}, path=str(path))


@pytest.fixture
def stream(config: Config) -> Iterator[io.StringIO]:
    """A log that is open, as JSON."""
    written = io.StringIO()
    with logs.opened(written, config):
        yield written


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_the_facts(stream: io.StringIO) -> None:
    """Time with its zone, how grave, who, what, and what it is about."""
    about = {"message_id": "abc", "order_id": "5301234567", "count": 3, "secret": "x"}
    OURS.warning("went %s", "wrong", extra=about)

    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line.pop("time"))
    assert line == {
        "level": "warning",
        "logger": "im_notify.test",
        "event": "went wrong",
        "message_id": "abc",
        "order_id": "5301234567",
        "count": 3,
    }


def test_an_event_is_one_line(stream: io.StringIO) -> None:
    """Whatever a text holds."""
    OURS.error("several\nlines\r\nand \u2028 more")

    assert lines(stream)[0]["event"] == "several lines and more"


def test_text_tells_the_same(config: Config, tmp_path: Path) -> None:
    """Values with spaces are quoted."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.replace('log = "json"', ""), "utf-8")
    stream = io.StringIO()

    with logs.opened(stream, load({}, path=str(path))) as log:
        OURS.warning("went wrong", extra={"message_id": "abc", "reason": "no route"})
        log.follow(config)
        OURS.warning("went on")

    first, second = stream.getvalue().splitlines()
    assert first.endswith('warning im_notify.test: went wrong message_id=abc reason="no route"')
    assert json.loads(second)["event"] == "went on"


def test_an_error_is_told_by_type_and_place(stream: io.StringIO) -> None:
    """Its text only where it is ours: a stranger's may hold a message."""
    try:
        raise QueryError("no answer", backend="x")  # noqa: TRY301  to be caught
    except QueryError:
        OURS.exception("failed")
    try:
        int("disk full on db1")
    except ValueError:
        OURS.exception("failed")

    ours, theirs = lines(stream)
    assert (ours["error"], ours["error_text"]) == ("QueryError", "no answer")
    assert theirs["error"] == "ValueError"
    assert "test_serving_logs.py:" in theirs["at"]
    assert "disk full" not in stream.getvalue()


def test_libraries_are_heard_from_warnings_on_and_seldom(stream: io.StringIO) -> None:
    """What strangers can provoke must not fill a disk."""
    for _turn in range(3):
        THEIRS.info("a detail")
        THEIRS.warning("Invalid HTTP request received.")
        OURS.debug("a detail")
        OURS.info("ours")

    assert [line["event"] for line in lines(stream)] == [
        "Invalid HTTP request received.",
        *["ours"] * 3,
    ]


def test_debug_is_for_our_own_alone(config: Config) -> None:
    """What others say then may hold texts and addresses."""
    stream = io.StringIO()
    with logs.opened(stream, config, debug=True):
        OURS.debug("a step")
        THEIRS.debug("payload")
    OURS.error("after the end")

    assert [line["event"] for line in lines(stream)] == ["a step"]


def test_a_line_that_cannot_be_written_shows_no_arguments(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Logging itself would print them."""
    ours = [one for one in logging.getLogger().handlers if getattr(one, "stream", 0) is stream]

    for handler in ours:
        handler.handle(OURS.makeRecord("x", logging.ERROR, "x", 1, "%d", ("hook-token",), None))

    assert len(ours) == 1
    assert capsys.readouterr().err == ""
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    "credential",
    [
        *("provider-key-1", "provider-hash-1", "hook-token", "hmac-secret", "device-token"),
        *("api-token", "push-secret", "db-password", "pass word", "pass%20word", "login"),
        "mailtos://login:pass%20word@mail.example/?to=a",
    ],
)
def test_no_credential_is_written(stream: io.StringIO, credential: str) -> None:
    """Wherever it stands in a line."""
    OURS.error("failed: %s", credential, extra={"reason": f"for {credential}."})

    assert credential not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_every_credential_is_found(config: Config) -> None:
    """Also inside of addresses."""
    wanted = {"provider-key-1", "hmac-secret", "device-token", "db-password", "pass word"}

    assert wanted <= credentials_of(config)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to 5301234567.", "to ***67."),
        ("to +905301234567,", "to ***67,"),
        ("to 905301234567", "to ***67"),
        ("to 00905301234567", "to ***67"),
        ("to 0530 123 45 67", "to ***67"),
        ("to +4915123456789", "to ***89"),
        ("to 02121234567", "to ***67"),
        ("order 312891001 at 1732182000", "order 312891001 at 1732182000"),
        ("at 2026-11-21T09:00:00+00:00", "at 2026-11-21T09:00:00+00:00"),
        ("at 127.0.0.1:53012", "at 127.0.0.1:53012"),
        ("GET /s?token=abc&m=text HTTP/1.1", "GET /s?*** HTTP/1.1"),
        ("at smtp://me:pw@host/x", "at smtp://***@host/x"),
        ("what? nothing", "what? nothing"),
    ],
)
def test_numbers_and_queries_are_masked(text: str, shown: str) -> None:
    """The last two digits tell numbers apart; ids, times and addresses stay."""
    assert Masker()(text) == shown


def test_short_words_are_no_credentials() -> None:
    """A token of three characters would mask half of what is said."""
    assert Masker({"on", ""})("sending goes on") == "sending goes on"
