from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from im_notify.app import App
from im_notify.cli import run
from im_notify.clock import SystemClock
from im_notify.exits import Exit
from im_notify.plugins import Plugins
from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY, Sandbox
from im_notify_plugins import geturl, iletimerkezi

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = {"IM_NOTIFY_KEY": EXAMPLE_KEY, "IM_NOTIFY_HASH": EXAMPLE_HASH}
ADDRESS = "https://api.iletimerkezi.com/v1/send-sms/get/"
PLAIN = ("--to", "5301234567", "--sender", "APITEST", "--iys", "0", "disk full")


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


class Ran:
    """One run of `im-notify url` in a real App, and what it left."""

    def __init__(
        self,
        *arguments: str,
        environ: dict[str, str] | None = None,
        stdin: str = "",
        terminal: bool = False,
    ) -> None:
        """Run at once; the account is configured unless `environ` says otherwise."""
        stdout, stderr = Terminal() if terminal else io.StringIO(), io.StringIO()
        app = App(
            environ={**ACCOUNT} if environ is None else environ,
            clock=SystemClock(),
            stdin=io.StringIO(stdin),
            stdout=stdout,
            stderr=stderr,
        )
        app.plugins = Plugins()
        app.plugins.add(geturl, "geturl")
        app.plugins.add(iletimerkezi, "iletimerkezi")
        self.code = run(["url", *arguments], app)
        self.out, self.err = stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give the provider's imitation over HTTP."""
    with Sandbox() as running:
        yield running


def test_the_url_is_all_that_stdout_gets() -> None:
    """On a terminal the URL is whole and nothing else is said."""
    ran = Ran(*PLAIN, terminal=True)

    expected = (
        f"{ADDRESS}?key={EXAMPLE_KEY}&hash={EXAMPLE_HASH}&text=disk%20full"
        "&receipents=5301234567&sender=APITEST&iys=0\n"
    )
    assert (ran.code, ran.out, ran.err) == (0, expected, "")


def test_secrets_are_masked_where_nobody_looks() -> None:
    """In a pipe key and hash are stars, and stderr says how to get them."""
    ran = Ran(*PLAIN)

    assert ran.out.startswith(f"{ADDRESS}?key=***&hash=***&text=disk%20full&")
    assert ran.err == "key and hash are masked; --show-secrets prints them\n"


def test_secrets_are_shown_when_asked_for() -> None:
    """`--show-secrets` prints them into a pipe, too."""
    ran = Ran(*PLAIN, "--show-secrets")

    assert f"key={EXAMPLE_KEY}&hash={EXAMPLE_HASH}" in ran.out
    assert ran.err == ""


def test_without_an_account_the_url_can_be_completed_later() -> None:
    """Names stand in for key and hash, and stderr says so."""
    ran = Ran(*PLAIN, environ={})

    assert ran.code == 0
    assert ran.out.startswith(f"{ADDRESS}?key=API_KEY&hash=API_HASH&text=")
    assert "API_KEY and API_HASH" in ran.err


def test_numbers_are_taken_as_people_type_them() -> None:
    """Lists, repetitions of the option and prefixes come out as 5xxxxxxxxx with commas."""
    ran = Ran("--to", "+90 530 123 45 67, 05301234570", "--to", "5301234571", *PLAIN[2:])

    assert "&receipents=5301234567,5301234570,5301234571&" in ran.out


def test_sender_consent_and_address_come_from_the_configuration() -> None:
    """What is configured need not be said again."""
    environ = {
        "IM_NOTIFY_SENDER": "ACME",
        "IM_NOTIFY_IYS": "TACIR",
        "IM_NOTIFY_BASE_URL": "http://relay.example/v1",
    }

    ran = Ran("--to", "5301234567", "x", environ=environ)

    assert ran.out.startswith("http://relay.example/v1/send-sms/get/?")
    assert ran.out.endswith("&sender=ACME&iys=1&iysList=TACIR\n")


def test_an_argument_wins_over_the_configuration() -> None:
    """`--iys 0` is 0 whatever is configured."""
    ran = Ran(*PLAIN, environ={"IM_NOTIFY_IYS": "TACIR"})

    assert ran.out.endswith("&iys=0\n")


def test_the_text_may_come_from_standard_input() -> None:
    """A dash reads it, Turkish letters and all."""
    ran = Ran(*PLAIN[:-1], "-", stdin="yükü aş: kat 3\n")

    assert "&text=y%C3%BCk%C3%BC%20a%C5%9F%3A%20kat%203&" in ran.out


def test_placeholders_stand_raw_and_warnings_go_to_stderr() -> None:
    """A template is printed with the device's tokens; the talk is apart."""
    ran = Ran(
        *("--text-token", "%SMSTEXT", "--to-token", "%SMSNUMBER"),
        *("--sender", "A B", "--iys", "0", "--show-secrets"),
    )

    assert ran.out.endswith("&text=%SMSTEXT&receipents=%SMSNUMBER&sender=A%20B&iys=0\n")
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["warning", "warning"]
    assert "placeholders use %" in ran.err


def test_the_sender_may_be_a_placeholder() -> None:
    """`--sender-token` stands raw in the sender's place."""
    ran = Ran("--to", "5301234567", "--sender-token", "%SENDERID%", "--iys", "0", "x")

    assert "&sender=%SENDERID%&iys=0" in ran.out


def test_json_is_one_object() -> None:
    """URL, whether it is masked, and the warnings are for programs."""
    ran = Ran(*PLAIN[2:-1], "--to-token", "{to}", "--text-token", "{text}", "--json")

    result = json.loads(ran.out)
    assert result["url"].startswith(f"{ADDRESS}?key=***&hash=***&text={{text}}")
    assert result["masked"] is True
    assert len(result["warnings"]) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (PLAIN[:-1], "there is no text"),
        (PLAIN[2:], "there is no recipient"),
        (("--to", "5301234567", "--iys", "0", "x"), "there is no sender"),
        (("--to", "5301234567", "--sender", "ACME", "x"), "iys is not set"),
        ((*PLAIN[:-2], "1", "x"), "need a list"),
        ((*PLAIN, "--text-token", "{x}"), "--text-token stands in place"),
        ((*PLAIN, "--to-token", "{x}"), "--to-token stands in place"),
        ((*PLAIN, "--sender-token", "{x}"), "--sender-token stands in place"),
        ((*PLAIN[:-1], "--text-token", ""), "--text-token is empty"),
        ((*PLAIN[:-1], "--text-token", "{x}", "--send"), "cannot be sent"),
        (("--check", "https://x/", "--send"), "neither a text nor --send"),
        (("--check", "https://x/", "x"), "neither a text nor --send"),
    ],
)
def test_bad_input_says_what_to_do(arguments: tuple[str, ...], words: str) -> None:
    """Nothing is printed on stdout, the reason is on stderr, and the exit code is 2."""
    ran = Ran(*arguments)

    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert words in ran.err


def test_check_names_the_faults_line_by_line() -> None:
    """Errors make the exit code 1; secrets of the URL are not repeated."""
    url = f"http://api.iletimerkezi.com/v1/send-sms/get/?key={EXAMPLE_KEY}&to=5301234567"

    ran = Ran("--check", url)

    assert ran.code == 1
    assert ran.out.startswith("error:   http:// sends key and hash in clear: write https://\n")
    assert EXAMPLE_KEY not in ran.out + ran.err


def test_check_reads_standard_input() -> None:
    """A URL with secrets need not stand in the shell's history."""
    built = Ran(*PLAIN[:3], "ACME", *PLAIN[4:], "--show-secrets").out

    ran = Ran("--check", "-", stdin=built)

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "ok:      the URL is fine")


def test_check_speaks_json() -> None:
    """Findings are a list of levels and texts."""
    ran = Ran("--check", ADDRESS, "--json")

    assert ran.code == 1
    assert json.loads(ran.out)["findings"][0]["level"] == "error"


def test_send_places_one_order_by_the_url_that_is_printed(sandbox: Sandbox) -> None:
    """The message arrives once, by GET, and its order is named with how to follow it."""
    ran = Ran(*PLAIN, "--send", environ={**ACCOUNT, "IM_NOTIFY_BASE_URL": sandbox.base_url})

    order = sandbox.ledger[0].order_id
    assert [(seen.method, seen.path) for seen in sandbox.requests] == [("GET", "/v1/send-sms/get/")]
    assert ran.out.startswith(f"{sandbox.base_url}send-sms/get/?key=***")
    assert f"order {order}: it is accepted, which is not delivered" in ran.err
    assert f"im-notify report {order} --watch" in ran.err


def test_send_gives_the_order_to_programs(sandbox: Sandbox) -> None:
    """With `--json` the order id is a field."""
    environ = {**ACCOUNT, "IM_NOTIFY_BASE_URL": sandbox.base_url}

    ran = Ran(*PLAIN, "--send", "--json", environ=environ)

    assert json.loads(ran.out)["order_id"] == str(sandbox.ledger[0].order_id)


def test_send_takes_the_text_of_standard_input_once(sandbox: Sandbox) -> None:
    """The text that is printed is the text that is sent."""
    environ = {**ACCOUNT, "IM_NOTIFY_BASE_URL": sandbox.base_url}

    Ran(*PLAIN[:-1], "-", "--send", stdin="kat 3 & 4\n", environ=environ)

    assert sandbox.ledger[0].text == "kat 3 & 4"


def test_a_refusal_of_the_provider_is_explained(sandbox: Sandbox) -> None:
    """A sender that is not approved ends with the code for refusals, and no URL."""
    environ = {**ACCOUNT, "IM_NOTIFY_BASE_URL": sandbox.base_url}

    ran = Ran(*PLAIN[:3], "NOBODY", *PLAIN[4:], "--send", environ=environ)

    assert (ran.code, ran.out) == (Exit.REFUSED, "")
    assert "450" in ran.err


def test_sending_needs_an_account() -> None:
    """Without credentials `--send` is a matter of the configuration."""
    ran = Ran(*PLAIN, "--send", environ={})

    assert ran.code == Exit.CONFIG
    assert "no credentials" in ran.err


def test_one_url_takes_no_more_recipients_than_the_backend(sandbox: Sandbox) -> None:
    """Many recipients are refused before any request."""
    numbers = ",".join(str(5301234000 + number) for number in range(101))

    ran = Ran(
        *("--to", numbers, *PLAIN[2:], "--send"),
        environ={**ACCOUNT, "IM_NOTIFY_BASE_URL": sandbox.base_url},
    )

    assert (ran.code, sandbox.requests) == (Exit.USAGE, [])
    assert "use im-notify send" in ran.err


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` can be rendered, percent signs and all."""
    with pytest.raises(SystemExit) as caught:
        Ran("--help")

    assert caught.value.code == 0
    assert "--to-token '%SMSNUMBER'" in capsys.readouterr().out
