from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.models import Consent
from im_notify_plugins.geturl.build import Token, build_url, mask
from im_notify_plugins.geturl.check import Finding, check_url

KEY, HASH = "0123456789abcdef" * 2, "fedcba9876543210" * 4
ADDRESS = "https://api.iletimerkezi.com/v1/send-sms/get/"
GOOD = {
    "key": KEY,
    "hash": HASH,
    "text": "disk%20full",
    "receipents": "5301234567,5301234570",
    "sender": "APITEST1",
    "iys": "0",
}


def query(**changes: str | None) -> str:
    """Return GOOD with `changes`, raw; None leaves a parameter out."""
    values = {**GOOD, **changes}
    return "&".join(f"{name}={value}" for name, value in values.items() if value is not None)


def found(**changes: str | None) -> list[tuple[str, str]]:
    """Check GOOD with `changes`."""
    return lines(f"{ADDRESS}?{query(**changes)}")


def lines(url: str) -> list[tuple[str, str]]:
    """Return level and text of each finding."""
    return [(finding.level, finding.text) for finding in check_url(url)]


def says(findings: list[tuple[str, str]], level: str, words: str) -> bool:
    """Say whether a finding of `level` has `words`."""
    return any(one == level and words in text for one, text in findings)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(
        lambda text: text.strip() and "%" not in text and "\ufffc" not in text
    ),
    st.sampled_from(Consent),
)
def test_what_we_build_is_fine(text: str, consent: Consent) -> None:
    """Our own URLs pass, and the last line says so."""
    url = build_url(
        key=KEY,
        hash=HASH,
        text=text,
        recipients=["5301234567"],
        sender="ACME A.S.",
        consent=consent,
    )

    findings = check_url(url)

    assert {finding.level for finding in findings} == {"ok"}
    assert findings[-1] == Finding("ok", "the URL is fine")


@pytest.mark.parametrize(
    ("address", "level", "words"),
    [
        ("http://api.iletimerkezi.com/v1/send-sms/get/", "error", "in clear"),
        ("http://10.0.0.5:8080/v1/send-sms/get/", "warning", "in clear"),
        ("api.iletimerkezi.com/v1/send-sms/get/", "error", "https:// is missing"),
        ("ftp://api.iletimerkezi.com/v1/send-sms/get/", "error", "must begin with https"),
        ("https://iletimerkezi.com/v1/send-sms/get/", "warning", "the host is not"),
        (
            "https://api.iletimerkezi.com.evil.example/v1/send-sms/get/",
            "warning",
            "the host is not",
        ),
        ("https://api.iletimerkezi.com/v1/send-sms/get", "warning", "slash"),
        ("https://api.iletimerkezi.com/v1/send-sms/json", "error", "for POST"),
        ("https://api.iletimerkezi.com/v1/send-sms/", "error", "for POST"),
        ("https://api.iletimerkezi.com/send-sms/get/", "error", "the path is not"),
        ("https://relay.example/", "warning", "the path is not"),
        ('"https://api.iletimerkezi.com/v1/send-sms/get/', "warning", "quotes"),
    ],
)
def test_a_wrong_address_is_named(address: str, level: str, words: str) -> None:
    """Scheme, host and path are compared with the provider's."""
    assert says(lines(f"{address}?{query()}"), level, words)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("recipients", "receipents"),
        ("receivers", "receipents"),
        ("recepients", "receipents"),
        ("to", "receipents"),
        ("numbers", "receipents"),
        ("gsm", "receipents"),
        ("Receipents", "receipents"),
        ("receipents[]", "receipents"),
        ("message", "text"),
        ("msg", "text"),
        ("apikey", "key"),
        ("username", "key"),
        ("password", "hash"),
        ("originator", "sender"),
        ("from", "sender"),
        ("iyslist", "iysList"),
        ("iys_list", "iysList"),
    ],
)
def test_a_misspelt_name_is_told_with_the_right_one(wrong: str, right: str) -> None:
    """The right name is proposed and its value is checked all the same."""
    values: dict[str, str | None] = {"iys": "1", "iysList": "TACIR"}
    values |= {wrong: {**GOOD, **values}[right], right: None}

    findings = found(**values)

    assert says(findings, "error", f"write {right}")
    assert not says(findings, "error", f"{right} is missing")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("key", "401"),
        ("hash", "401"),
        ("text", "454"),
        ("receipents", "452"),
        ("sender", "450"),
        ("iys", "468"),
    ],
)
def test_a_missing_parameter_is_told_with_its_code(name: str, code: str) -> None:
    """Each mandatory parameter that is not there is an error."""
    assert says(found(**{name: None}), "error", f"{name} is missing: the provider answers {code}")


def test_a_bare_address_lacks_everything() -> None:
    """Without a query there is one line instead of six."""
    assert lines(ADDRESS) == [
        ("error", "there is no ? and nothing behind it: all parameters are missing")
    ]


@pytest.mark.parametrize(
    ("changes", "level", "words"),
    [
        ({"text": "a b"}, "error", "text has bare spaces"),
        ({"text": "a\nb"}, "error", "text has bare spaces"),
        ({"text": "yangüç"}, "error", "text has letters that are not encoded"),
        ({"text": "a&b"}, "error", "a bare & in a value splits it"),
        ({"text": "kat #3"}, "error", "a bare # cuts the URL"),
        ({"text": "100% dolu"}, "error", "a % without two hexadecimal digits"),
        ({"text": "a%2520b"}, "error", "encoded twice"),
        ({"text": "%25C5%259Fehir"}, "error", "encoded twice"),
        ({"text": "50%25ba"}, "warning", "may be encoded twice"),
        ({"text": "%FEehir"}, "error", "windows-1254"),
        ({"text": "disk+full"}, "warning", "write %20"),
        ({"text": "%10indirim"}, "warning", "control characters"),
        ({"text": ""}, "error", "text is empty"),
        ({"text": "%20"}, "error", "text is empty"),
        ({"text": "x" * 1100}, "error", "453"),
        ({"text": "x" * 200}, "ok", "2 SMS part(s), gsm-7"),
        ({"sender": ""}, "error", "sender must have"),
        ({"sender": "TWELVECHARS1"}, "error", "this one has 12"),
        ({"sender": "%C5%9EIRKET"}, "error", "sender must have"),
        ({"sender": "ACME%20"}, "warning", "spaces count"),
        ({"sender": "APITEST"}, "warning", "APITEST"),
        ({"iys": "true"}, "error", "neither 0 nor 1"),
        ({"iys": ""}, "error", "neither 0 nor 1"),
        ({"iys": "1"}, "error", "469"),
        ({"iys": "1", "iysList": ""}, "error", "469"),
        ({"iys": "1", "iysList": "INDIVIDUAL"}, "error", "write BIREYSEL"),
        ({"iys": "1", "iysList": "CORPORATE"}, "error", "write TACIR"),
        ({"iys": "1", "iysList": "bireysel"}, "error", "write BIREYSEL"),
        ({"iys": "1", "iysList": "TAC%C4%B0R"}, "error", "write TACIR"),
        ({"iys": "1", "iysList": "X"}, "error", "write BIREYSEL / TACIR"),
        ({"iys": "0", "iysList": "X"}, "ok", "can be left out"),
        ({"key": ""}, "error", "key is empty"),
        ({"hash": "%20"}, "error", "hash is empty"),
        ({"key": f"%22{KEY}%22"}, "error", "spaces or quotes"),
        ({"hash": f"{HASH}%20"}, "error", "spaces or quotes"),
        ({"key": "abc"}, "warning", "is it whole"),
        ({"key": HASH, "hash": KEY}, "error", "swapped"),
        ({"hash": KEY}, "error", "key and hash are the same"),
        ({"key": HASH[::-1]}, "error", "key has the 64 digits"),
        ({"hash": KEY[::-1]}, "error", "hash has 32 digits"),
        ({"sendDateTime": "now"}, "warning", "sendDateTime is not in the provider's document"),
        ({"amp;x": "1"}, "error", "&amp;"),
        ({"Text": "again"}, "error", "text stands there more than once"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, str], level: str, words: str) -> None:
    """Every fault has its line, at its level."""
    assert says(found(**changes), level, words)


@pytest.mark.parametrize(
    ("numbers", "level", "words"),
    [
        ("+905301234567", "error", "number 1: a bare + becomes a space"),
        ("%2B905301234567", "error", "number 1: leave out the country code"),
        ("905301234567", "error", "number 1: leave out the country code"),
        ("00905301234567", "error", "number 1: leave out the country code"),
        ("5301234567,05301234570,05301234571", "error", "number 2, 3: leave out the leading 0"),
        ("530%20123%2045%2067", "error", "number 1: leave out spaces"),
        ("2121234567", "error", "not a Turkish mobile number"),
        ("5301234567,", "error", "number 2: it is empty"),
        ("", "error", "number 1: it is empty"),
        ("5301234567;5301234570", "error", "not parted by commas"),
        ("5301234567 5301234570", "error", "not parted by commas"),
        ("5301234567,5301234567", "warning", "more than once"),
    ],
)
def test_a_number_that_get_does_not_document_is_named(numbers: str, level: str, words: str) -> None:
    """Faults of numbers are told by place, never with the number."""
    findings = found(receipents=numbers)

    assert says(findings, level, words)
    assert not any("30123" in text for _level, text in findings)


@pytest.mark.parametrize("separator", [",", "%2C", "%2c"])
def test_commas_may_be_encoded(separator: str) -> None:
    """A client that encodes the comma is right, too."""
    assert found(receipents=f"5301234567{separator}5301234570")[-1] == ("ok", "the URL is fine")


@pytest.mark.parametrize(
    "raw",
    [
        "{{:message}}",
        "{{ $msg }}",
        "{{ alert_group.title | urlencode }}",
        "%SMSTEXT",
        "%SMSNUMBER",
        "%TO%",
        "%data%",
        "%b",
        "%%log.logdesc%%",
        "%{session.logon.last.username}",
        "$MESSAGE$",
        "$msg.message",
        "$user->gsm",
        "${ALERTTYPE}",
        "@@PhoneNumber@@",
        "@MESSAGE@",
        "#MOBILENUMBER#",
        "<@Message>",
        "<@Phone,{,###,#######}",
        "{message}",
        "{ALERT.SENDTO}",
        "<v>",
        "[ALERT_DESCRIPTION]",
        "EVENT_ACTION_PHONE_NUMBER",
    ],
)
def test_placeholders_of_devices_are_not_taken_for_faults(raw: str) -> None:
    """A template is fine as it is, and each placeholder is named as not checked."""
    url = build_url(
        key=KEY,
        hash=HASH,
        text=Token(raw),
        recipients=Token(raw),
        sender=Token(raw),
        consent=Consent.TRANSACTIONAL,
    )

    findings = lines(url)

    assert findings == [
        ("ok", "text looks like a placeholder, not checked"),
        ("ok", "receipents looks like a placeholder, not checked"),
        ("ok", "sender looks like a placeholder, not checked"),
        ("ok", "the URL is fine"),
    ]


def test_fixed_text_around_a_placeholder_is_still_checked() -> None:
    """A bare space beside a token is a doubt: the device may encode it."""
    findings = found(text="$NAME is $STATUS")

    assert says(findings, "warning", "bare spaces")
    assert findings[-1] == ("ok", "no errors; see the warnings")


def test_a_masked_url_can_be_checked() -> None:
    """What im-notify printed without secrets is fine apart from what cannot be seen."""
    findings = lines(mask(f"{ADDRESS}?{query()}"))

    assert findings[0] == ("ok", "key looks like a placeholder, not checked")
    assert findings[-1] == ("ok", "the URL is fine")


hexadecimal = st.text("0123456789abcdef", min_size=24, max_size=70)
damage = st.sampled_from(["", " ", '"', "%22", "+", "%", "%ZZ", "ş", "%2520", "&", "#", "="])


@given(hexadecimal, hexadecimal, damage, damage)
def test_key_and_hash_are_never_repeated(key: str, hash_: str, before: str, after: str) -> None:
    """However damaged they are, no finding shows them."""
    findings = found(key=f"{before}{key}{after}", hash=f"{before}{hash_}{after}")

    assert not any(key in text or hash_ in text for _level, text in findings)


@given(st.text(max_size=80), st.text(max_size=80))
def test_anything_can_be_checked(address: str, rest: str) -> None:
    """No text makes the check fail, and there is always something to say."""
    assert lines(f"{address}?{rest}")
    assert lines(f"{ADDRESS}?text={rest}&receipents={address}&sender={rest}&iys={address}")
