from __future__ import annotations

import subprocess
import sys
import timeit

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import InvalidMessageError
from im_notify.recipients import (
    Recipients,
    Refused,
    international,
    national,
    parse,
    require,
    split,
)

SPELLINGS = [
    "{0}{1}{2}{3}",
    "0{0}{1}{2}{3}",
    "90{0}{1}{2}{3}",
    "+90{0}{1}{2}{3}",
    "0090{0}{1}{2}{3}",
    "0 ({0}) {1} {2} {3}",
    "0({0}) {1} {2} {3}",
    "(0{0}) {1} {2} {3}",
    "0 {0} {1} {2} {3}",
    "0{0} {1} {2}{3}",
    "{0} {1} {2} {3}",
    "{0}-{1}-{2}-{3}",
    "{0}.{1}.{2}.{3}",
    "{0}/{1}{2}{3}",
    "+90 {0} {1} {2} {3}",
    "+90 ({0}) {1}-{2}-{3}",
    "+90 (0){0} {1} {2} {3}",
    "+90 0{0} {1} {2} {3}",
    "00 90 {0} {1} {2} {3}",
    "90 {0} {1} {2} {3}",
    "+ 90 {0} {1} {2} {3}",
    "tel:+90-{0}-{1}-{2}-{3}",
    "TEL: 0{0} {1} {2} {3}",
    "\u202a+90\u00a0{0}\u00a0{1}\u00a0{2}\u00a0{3}\u202c",
    "\ufeff{0}\u200b{1}\u2011{2}\u2013{3}",
    "\uff0b90\uff08{0}\uff09{1}{2}{3}",
    "  {0}\t{1}\t{2}\t{3} ",
]
SEPARATORS = [",", ", ", ";", " ; ", "\n", "\r\n", ",\n", "\u2028", "\uff0c", "\u060c", ",,; \n"]

# Blocks that phonenumbers 8.13 and 9.0 both know as mobile from end to end.
mobiles = st.builds(
    "{}{:07d}".format,
    st.sampled_from(["501", "505", "530", "533", "539", "540", "549", "551", "555", "559"]),
    st.integers(0, 9_999_999),
)


def spelled(number: str, spelling: str) -> str:
    """Write ten digits the way of `spelling`."""
    return spelling.format(number[:3], number[3:6], number[6:8], number[8:])


def is_mobile(ten_digits: str) -> bool:
    """Ask the library about a national number, without its reading of what people type."""
    number = phonenumbers.PhoneNumber(country_code=90, national_number=int(ten_digits))
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


def in_script(text: str, zero: str) -> str:
    """Replace ASCII digits by those of the script whose zero is given."""
    return "".join(chr(ord(zero) + int(char)) if char in "0123456789" else char for char in text)


@given(mobiles, st.sampled_from(SPELLINGS))
def test_a_mobile_number_is_found_in_every_spelling(number: str, spelling: str) -> None:
    """One number in, the same ten digits out."""
    assert parse(spelled(number, spelling)) == Recipients((number,), ())


@given(mobiles, st.sampled_from(SPELLINGS), st.sampled_from("\u0660\u06f0\u0966\uff10"))
def test_digits_of_other_scripts_are_read(number: str, spelling: str, zero: str) -> None:
    """Arabic-Indic, Persian, Devanagari and full-width digits are digits."""
    assert parse(in_script(spelled(number, spelling), zero)).numbers == (number,)


@given(
    st.lists(st.tuples(mobiles, st.sampled_from(SPELLINGS)), max_size=6),
    st.sampled_from(SEPARATORS),
)
def test_a_list_keeps_its_order_and_loses_repetitions(
    typed: list[tuple[str, str]], separator: str
) -> None:
    """Comma, semicolon and line end part numbers whatever spaces they hold."""
    text = separator.join(spelled(number, spelling) for number, spelling in typed)

    found = parse(text)

    assert found == Recipients(tuple(dict.fromkeys(number for number, _ in typed)), ())


@given(
    st.lists(mobiles, min_size=1, max_size=5),
    st.sampled_from([spelling for spelling in SPELLINGS if spelling[:1] not in "T \ufeff"]),
)
def test_spaces_part_numbers_that_hold_spaces_themselves(numbers: list[str], spelling: str) -> None:
    """Digits are joined only to numbers that exist."""
    text = " ".join(spelled(number, spelling) for number in numbers)

    assert parse(text) == Recipients(tuple(dict.fromkeys(numbers)), ())


@pytest.mark.parametrize(
    ("typed", "pieces"),
    [
        ("", []),
        (" ,;\n ", []),
        ("5301234567", ["5301234567"]),
        ("0 (530) 123 45 67, 5311234567", ["0 (530) 123 45 67", "5311234567"]),
        ("5301234567 5311234567", ["5301234567", "5311234567"]),
        ("530 123 45 67 531 123 45 67", ["530 123 45 67", "531 123 45 67"]),
        ("0 530 123 45 67 0 531 123 45 67", ["0 530 123 45 67", "0 531 123 45 67"]),
        ("5301234567 0 (531) 123 45 67", ["5301234567", "0 (531) 123 45 67"]),
        ("+49 1512 3456789 0530 123 45 67", ["+49 1512 3456789", "0530 123 45 67"]),
        ("5 3 0 1 2 3 4 5 6 7", ["5 3 0 1 2 3 4 5 6 7"]),
        ("0212 123 45 67 0530 123 45 67", ["0212 123 45 67", "0530 123 45 67"]),
        ("530123456 5311234567", ["530123456", "5311234567"]),
        ("0530 123 45 6 0 531 123 45 67", ["0530 123 45 6", "0 531 123 45 67"]),
        ("0530 123 45 6 +90 531 123 45 6", ["0530 123 45 6", "+90 531 123 45 6"]),
        ("0530 123 45 67 8", ["0530 123 45 67 8"]),
        ("12 5301234567", ["12 5301234567"]),
        ("Ali 5301234567 Ece 5311234567", ["Ali 5301234567 Ece 5311234567"]),
        ("tel:5301234567 tel:5311234567", ["5301234567", "5311234567"]),
    ],
)
def test_a_list_is_cut_where_numbers_end(typed: str, pieces: list[str]) -> None:
    """No fragment is guessed to be part of a neighbour."""
    assert split(typed) == pieces


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("530", "too short"),
        ("530123456", "too short"),
        ("0530 123 45 6", "too short"),
        ("+90 530 123 45 6", "too short"),
        ("53012345678", "too long"),
        ("0530 123 45 67 8", "too long"),
        ("5301234567 1", "too long"),
        ("5" * 19, "too long"),
        ("1" * 5000, "too long"),
        ("5301234567/5311234567", "too long"),
        ("0212 123 45 67", "not a mobile number (landline)"),
        ("+90 392 223 45 67", "not a mobile number (landline)"),
        ("444 1 444", "not a mobile number"),
        ("0850 123 45 67", "not a mobile number"),
        ("0800 123 45 67", "not a mobile number"),
        ("5121234567", "not a mobile number"),
        ("5991234567", "no such number"),
        ("1234567890", "no such number"),
        ("+49 1512 3456789", "foreign number (+49)"),
        ("0049 30 123456", "foreign number (+49)"),
        ("+1 202 555 0123", "foreign number (+1)"),
        ("+5301234567", "foreign number (+53)"),
        ("+0 530 123 45 67", "no such country code"),
        ("+999 1234567", "no such country code"),
        ("abc", "not a number"),
        ("-", "not a number"),
        ("+", "not a number"),
        ("5301234567 ext 5", "not a number"),
        ("5301234567x5", "not a number"),
        ("5301234567 dahili 12", "not a number"),
        ("5301234567#5", "not a number"),
        ("530FLOWERS", "not a number"),
        ("0530*1234567", "not a number"),
        ("530123456\u00b2", "not a number"),
        ("\x1b[31m5301234567", "not a number"),
        ("Ali: 5301234567", "not a number"),
    ],
)
def test_what_cannot_be_sent_to_is_refused_with_a_reason(typed: str, reason: str) -> None:
    """Nothing is found in it, and it is named as typed."""
    assert parse(typed) == Recipients((), (Refused(typed, reason),))


@pytest.mark.parametrize(
    ("typed", "foreign", "landline", "expected"),
    [
        ("+49 1512 3456789", True, False, "+4915123456789"),
        ("0049 1512 3456789", True, False, "+4915123456789"),
        ("+1 202 555 0123", True, False, "+12025550123"),
        ("+39 06 1234 5678", True, True, "+390612345678"),
        ("0212 123 45 67", False, True, "2121234567"),
        ("+90 212 123 45 67", False, True, "2121234567"),
        ("444 1 444", False, True, "4441444"),
        ("0530 123 45 67", True, True, "5301234567"),
    ],
)
def test_foreign_and_landline_numbers_pass_when_allowed(
    typed: str, *, foreign: bool, landline: bool, expected: str
) -> None:
    """Foreign ones keep plus and country code, landlines are ten digits like mobiles."""
    assert parse(typed, foreign=foreign, landline=landline) == Recipients((expected,), ())


@pytest.mark.parametrize(
    ("typed", "foreign", "landline", "reason"),
    [
        ("+49 30 123456", True, False, "not a mobile number (landline)"),
        ("+49 30 123456", False, True, "foreign number (+49)"),
        ("+49 15", True, True, "too short"),
        ("+1 202 5550", True, True, "too short"),
        ("+1 202 555 01234", True, True, "too long"),
        ("+1 999 555 0123", True, True, "no such number"),
        ("212 123 45 6", False, True, "too short"),
        ("5991234567", True, True, "no such number"),
    ],
)
def test_an_allowed_kind_must_still_exist(
    typed: str, *, foreign: bool, landline: bool, reason: str
) -> None:
    """Allowing one kind allows neither the other nor nonsense."""
    found = parse(typed, foreign=foreign, landline=landline)

    assert found == Recipients((), (Refused(typed, reason),))


@pytest.mark.parametrize("hundred", range(10))
def test_mobile_blocks_are_those_of_phonenumbers(hundred: int) -> None:
    """The short way accepts nothing that the library does not, and nothing gets lost."""
    tails = ("0000000", "0110000", "1234567", "2120000", "6101234", "9999999")
    typed = [f"{hundred}{block:02d}{tail}" for block in range(100) for tail in tails]

    expected = [number for number in typed if is_mobile(number)]

    assert list(parse(typed).numbers) == expected


@given(
    st.sampled_from(["", "0", "90", "+90", "0090", "+", "00", "+1"]),
    st.one_of(mobiles, st.from_regex(r"[2-9][0-9]{8,10}", fullmatch=True)),
    st.lists(st.sampled_from(["", " ", "-", ".", "(", ")", " (", "/"]), min_size=16, max_size=16),
)
def test_what_is_found_is_what_phonenumbers_finds(
    prefix: str, digits: str, signs: list[str]
) -> None:
    """Whatever stands between the digits, a number found in one piece is the library's too."""
    typed = prefix + "".join(map("".join, zip(digits, signs, strict=False)))

    found = parse(typed).numbers if len(split(typed)) == 1 else ()

    for number in found:
        assert number == str(phonenumbers.parse(typed, "TR").national_number)
        assert is_mobile(number)


@given(st.text(max_size=60))
def test_junk_is_refused_and_never_raises(typed: str) -> None:
    """Every piece ends in exactly one of the two places."""
    found = parse(typed, foreign=True, landline=True)

    assert len(found.numbers) + len(found.refused) <= len(split(typed))
    assert bool(found.numbers or found.refused) == bool(split(typed))


def test_several_lists_are_read_as_one() -> None:
    """A repetition in another spelling is dropped across them, refusals too."""
    found = parse(["5301234567, 12", "0 (531) 123 45 67", "+905301234567; 12"])

    assert found == Recipients(("5301234567", "5311234567"), (Refused("12", "too short"),))


def test_found_numbers_are_returned() -> None:
    """Nothing refused means nothing raised."""
    assert require(parse("5301234567 5311234567")) == ("5301234567", "5311234567")


def test_every_refused_number_is_named_in_one_line() -> None:
    """A person must be able to mend all of them at once."""
    found = parse("5301234567\n0212 123 45 67, 530\nnobody\x1b" + "y" * 200)

    with pytest.raises(InvalidMessageError) as caught:
        require(found)

    assert caught.value.code == 452
    assert str(caught.value) == (
        "cannot send to '0212 123 45 67' (not a mobile number (landline)), '530' (too short), "
        f"'nobody\\x1b{'y' * 33}' (not a number): correct or remove what is named here"
    )


@pytest.mark.parametrize("typed", ["", " , ;\n", []])
def test_no_number_at_all_is_an_error(typed: str | list[str]) -> None:
    """An empty list is a mistake in a configuration, not a message to nobody."""
    with pytest.raises(InvalidMessageError, match="there is no recipient") as caught:
        require(parse(typed))

    assert caught.value.code == 452


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ("+905301234567", "5301234567"),
        (5301234567, "5301234567"),
        ("5301234567", "5301234567"),
        ("905301234567", "5301234567"),
        (905301234567, "5301234567"),
        ("05301234567", "5301234567"),
        ("00905301234567", "5301234567"),
        ("+90 530 123 45 67", "5301234567"),
        ("0 (530) 123 45 67", "5301234567"),
        ("\u0665\u0663\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "5301234567"),
        ("+902121234567", "2121234567"),
        ("+904441444", "4441444"),
        ("+4915123456789", "+4915123456789"),
        (4915123456789, "+4915123456789"),
        ("0049 1512 3456789", "+4915123456789"),
        ("+49 (1512) 3456789", "+4915123456789"),
        ("", ""),
        ("+", ""),
        ("unknown", ""),
        ("12a3", "123"),
        (0, "0"),
    ],
)
def test_whatever_a_report_answers_is_compared_as_one_form(
    answered: str | int, expected: str
) -> None:
    """Prefixes and types differ between the provider's own documents."""
    assert national(answered) == expected


@given(mobiles, st.sampled_from(SPELLINGS))
def test_the_compared_form_is_the_sent_form(number: str, spelling: str) -> None:
    """A report's number meets the recipient it was sent to."""
    if "0{0}" not in spelling.partition("+90")[2] and "(0)" not in spelling:
        assert national(spelled(number, spelling)) == number
    assert national(international(number)) == number


@given(st.one_of(st.text(), st.integers()))
def test_comparing_never_raises_and_changes_nothing_twice(answered: str | int) -> None:
    """Reports may hold anything."""
    once = national(answered)

    assert once.removeprefix("+").isdigit() or not once


@pytest.mark.parametrize(
    ("number", "expected"),
    [("5301234567", "+905301234567"), ("+4915123456789", "+4915123456789")],
)
def test_the_international_form_has_a_country_code(number: str, expected: str) -> None:
    """Turkish numbers gain it, foreign ones have it."""
    assert international(number) == expected


def test_plain_mobile_numbers_do_not_load_phonenumbers() -> None:
    """Its import would take a good part of a cold start."""
    code = (
        "import sys; from im_notify.recipients import national, parse, require;"
        "typed = '5301234567, +905321234567 0 (533) 123 45 67; 05051234567';"
        "print(len(require(parse(typed))), national('+905301234567'));"
        "print('phonenumbers' in sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["4", "5301234567", "False"]


def test_comparing_a_long_report_takes_no_time() -> None:
    """Fifty thousand rows are compared while a page is read: far below 10 µs each."""
    seconds = min(timeit.repeat(lambda: national("+905301234567"), number=1000, repeat=5)) / 1000

    assert seconds < 10e-6
