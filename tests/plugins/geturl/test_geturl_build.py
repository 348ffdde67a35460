from __future__ import annotations

import subprocess
import sys
import timeit
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import InvalidMessageError
from im_notify.models import Consent
from im_notify_plugins.geturl.build import (
    Token,
    build_template,
    build_url,
    mask,
)
from im_notify_plugins.iletimerkezi.getform import BASE_URL, PARAMETERS

KEY, HASH = "0123456789abcdef" * 2, "fedcba9876543210" * 4
NUMBERS = ("5301234567", "5301234570")
TOKENS = [
    "{{:message}}",
    "%SMSTEXT",
    "$MESSAGE$",
    "@@Text@@",
    "#MESSAGE#",
    "<@Phone,{,###,#######}",
    "%%log.logdesc%%",
    "{{ alert_group.title | urlencode }}",
    "Ş",
]

unicode_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=230).filter(
    str.strip
)
senders = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=11
).filter(str.strip)
numbers = st.lists(st.from_regex(r"(5[0-9]{9}|\+49[0-9]{9})", fullmatch=True), min_size=1)
consents = st.sampled_from(Consent)


VALUES: dict[str, object] = {
    "key": KEY,
    "hash": HASH,
    "text": "disk full",
    "recipients": NUMBERS,
    "sender": "APITEST",
    "consent": Consent.TRANSACTIONAL,
}


def url(**changes: object) -> str:
    """Build a URL of VALUES with `changes`."""
    return build_url(**{**VALUES, **changes})  # type: ignore[arg-type]  # wrong types are tested


def warnings(**changes: object) -> str:
    """Return the warnings for VALUES with `changes`, one a line."""
    template = build_template(**{**VALUES, **changes})  # type: ignore[arg-type]  # names vary
    return "\n".join(template.warnings)


def test_the_sample_request_of_the_document_is_built_as_it_stands_there() -> None:
    """The provider's own example comes out character by character."""
    built = url(
        key="API_KEY",
        hash="API_HASH",
        text="Lorem ipsum dolor sit amet",
        recipients=("5301234569", "5301234570"),
        consent=Consent.BIREYSEL,
    )

    assert built == (
        "https://api.iletimerkezi.com/v1/send-sms/get/?key=API_KEY&hash=API_HASH"
        "&text=Lorem%20ipsum%20dolor%20sit%20amet&receipents=5301234569,5301234570"
        "&sender=APITEST&iys=1&iysList=BIREYSEL"
    )


@given(unicode_texts, numbers, senders, consents)
def test_parsing_the_url_gives_back_the_input(
    text: str, recipients: list[str], sender: str, consent: Consent
) -> None:
    """A form parser reads exactly what was put in, in the order of the document."""
    built = url(text=text, recipients=recipients, sender=sender, consent=consent)

    query = parse_qsl(urlsplit(built).query, keep_blank_values=True, strict_parsing=True)
    expected = [
        ("key", KEY),
        ("hash", HASH),
        ("text", text),
        ("receipents", ",".join(recipients)),
        ("sender", sender),
        ("iys", "1" if consent.commercial else "0"),
    ]
    assert query == expected + ([("iysList", consent.value)] if consent.commercial else [])


@given(unicode_texts, senders)
def test_a_reader_that_takes_plus_literally_sees_the_same(text: str, sender: str) -> None:
    """Spaces are %20: the URL is ASCII without + or blanks and RFC 3986 decoding restores it."""
    built = url(text=text, sender=sender)

    pairs = dict(pair.split("=", 1) for pair in built.partition("?")[2].split("&"))
    assert built.isascii()
    assert not {"+", "#", " ", "\n"} & set(built)
    assert (unquote(pairs["text"]), unquote(pairs["sender"])) == (text, sender)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a b", "a%20b"),
        (
            "çğıöşüÇĞİÖŞÜ",
            "%C3%A7%C4%9F%C4%B1%C3%B6%C5%9F%C3%BC%C3%87%C4%9E%C4%B0%C3%96%C5%9E%C3%9C",
        ),
        ("&#+%=?", "%26%23%2B%25%3D%3F"),
        ("a\nb\r\n", "a%0Ab%0D%0A"),
        ("🔥", "%F0%9F%94%A5"),
        ("-._~", "-._~"),
    ],
)
def test_text_is_percent_encoded_as_utf_8(text: str, encoded: str) -> None:
    """What would break the URL, and what is not ASCII, is escaped."""
    built = url(text=text)

    assert f"&text={encoded}&receipents=" in built


@pytest.mark.parametrize(
    ("consent", "ending"),
    [
        (Consent.TRANSACTIONAL, "&iys=0"),
        (Consent.BIREYSEL, "&iys=1&iysList=BIREYSEL"),
        (Consent.TACIR, "&iys=1&iysList=TACIR"),
    ],
)
def test_the_list_is_given_exactly_when_it_is_asked(consent: Consent, ending: str) -> None:
    """`iysList` is left out with iys=0 and there with iys=1."""
    built = url(consent=consent)

    assert built.endswith("&sender=APITEST" + ending)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"key": ""}, 401),
        ({"hash": ""}, 401),
        ({"recipients": ()}, 452),
        ({"recipients": ("",)}, 452),
        ({"recipients": ("5301234567,5301234570",)}, 452),
        ({"recipients": "5301234567"}, 452),
        ({"text": "ş" * 1100}, 453),
        ({"text": ""}, 454),
        ({"text": " \n"}, 454),
        ({"sender": ""}, 459),
        ({"sender": "TWELVE CHARS"}, 460),
        ({"sender": "ŞİRKET"}, 460),
        ({"text": "\udcff"}, None),
    ],
)
def test_what_the_provider_would_refuse_is_refused(
    values: dict[str, object], code: int | None
) -> None:
    """Wrong input raises with the provider's number and without showing a secret."""
    with pytest.raises(InvalidMessageError) as caught:
        url(**values)

    assert caught.value.code == code
    assert KEY not in str(caught.value)
    assert HASH not in str(caught.value)


def test_another_address_is_used_as_given() -> None:
    """A relay or sandbox stands in for the provider with the same path."""
    built = url(base_url="http://127.0.0.1:8080/v1/")

    assert built.startswith("http://127.0.0.1:8080/v1/send-sms/get/?key=")


@pytest.mark.parametrize("raw", TOKENS)
@pytest.mark.parametrize("name", ["text", "receipents", "sender"])
def test_placeholders_stay_raw(name: str, raw: str) -> None:
    """Whatever characters a token has, it stands in the URL as the device wants it."""
    values: dict[str, object] = {"text": "ş", "sender": "A B"}
    values["recipients" if name == "receipents" else name] = Token(raw)

    built = url(**values)

    assert f"&{name}={raw}&" in built


def test_fixed_values_beside_a_placeholder_are_encoded() -> None:
    """Only the token is raw."""
    built = url(text=Token("{{:message}}"), sender="A & B")

    assert "&text={{:message}}&receipents=5301234567,5301234570&sender=A%20%26%20B&" in built


@given(unicode_texts, senders)
def test_masking_hides_the_credentials_and_changes_nothing_else(text: str, sender: str) -> None:
    """The masked URL is the one that is built with three stars for key and hash."""
    built = url(text=text, sender=sender)

    masked = mask(built)

    start = f"{BASE_URL}send-sms/get/?key="
    assert built == masked.replace("key=***&hash=***", f"key={KEY}&hash={HASH}", 1)
    assert masked.startswith(f"{start}***&hash=***&text=")


@pytest.mark.parametrize(
    ("query", "masked"),
    [
        ("?hash=secret#x&key=secret", "?hash=***&key=***"),
        ("?KEY=secret&text=key=1", "?KEY=***&text=key=1"),
        ("?a=1&amp;hash=secret", "?a=1&amp;hash=***"),
    ],
)
def test_masking_hides_credentials_wherever_they_stand(query: str, masked: str) -> None:
    """Order, case and damage of a URL do not bring a secret out."""
    assert mask(query) == masked


def test_percent_tokens_beside_percent_escapes_are_warned_of() -> None:
    """The warning names the fixed values that hold escapes."""
    warned = warnings(text=Token("%SMSTEXT"), sender="A B")

    assert "the encoding of sender" in warned


@pytest.mark.parametrize(("token", "sender"), [("%SMSTEXT", "ACME"), ("{message}", "A B")])
def test_percent_is_no_worry_without_a_collision(token: str, sender: str) -> None:
    """Either no escapes or no % in the token: nothing is said."""
    assert warnings(text=Token(token), sender=sender) == ""


def test_a_fixed_text_in_a_template_is_warned_of() -> None:
    """The same text is refused for ten minutes, so a token is proposed."""
    warned = warnings(recipients=Token("{to}"))

    assert "451" in warned
    assert "--text-token" in warned


def test_a_number_placeholder_comes_with_the_form_of_numbers() -> None:
    """The device has to give 5xxxxxxxxx."""
    warned = warnings(text=Token("{text}"), recipients=Token("{to}"))

    assert warned.startswith("the device must put numbers in as 5xxxxxxxxx")


def test_foreign_numbers_are_warned_of() -> None:
    """GET documents only Turkish mobile numbers."""
    assert "5xxxxxxxxx" in warnings(recipients=("+4915123456789",))


def test_a_placeholder_with_a_space_is_warned_of() -> None:
    """A device that replaces only a part of it leaves a broken URL."""
    warned = warnings(text=Token("$NAME is $STATUS"))

    assert "the placeholder of text has a space" in warned


def test_a_plain_url_has_no_warning() -> None:
    """Nothing is said where nothing is to be said."""
    assert warnings() == ""


def test_building_takes_at_most_three_times_the_standard_encoder() -> None:
    """Checks and encoding together stay near `urlencode` of the same pairs."""
    text = "Sunucu db1: disk dolu, %93 & şişiyor"
    values = (KEY, HASH, text, ",".join(NUMBERS), "APITEST", "1", "BIREYSEL")
    pairs = list(zip(PARAMETERS, values, strict=True))

    standard = min(timeit.repeat(lambda: urlencode(pairs), number=300, repeat=9))
    ours = min(
        timeit.repeat(lambda: url(text=text, consent=Consent.BIREYSEL), number=300, repeat=9)
    )

    assert ours <= 3 * standard


def test_the_plugin_imports_nothing_heavy() -> None:
    """Building and checking load neither an HTTP client nor the table of numbers."""
    heavy = {"requests", "apprise", "phonenumbers", "rich", "urllib3", "http.client", "defusedxml"}
    code = (
        "import sys; from im_notify_plugins.geturl import im_notify_commands as c, build, check;"
        "c(); check.check_url('https://x/?text=a&sender=b&receipents=5301234567');"
        "print(*sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    )

    assert heavy.isdisjoint(done.stdout.split())


def environment() -> dict[str, str]:
    """Let the child import what this process can."""
    return {"PYTHONPATH": ":".join(sys.path)}
