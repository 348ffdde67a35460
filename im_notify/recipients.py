"""Numbers as people type them and as reports answer them, brought to one form.

The form is `5301234567` for Türkiye and `+4915123456789` for every other country. What numbers
exist is known to `phonenumbers`; it is loaded only for what is not plainly a Turkish mobile number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from phonenumbers import PhoneNumber

_COUNTRY_CODE = 90
_LENGTH = 10  # digits of every Turkish mobile and landline number
_FEWEST, _MOST = 7, 18  # digits, from a bare 444 number to `00` and the longest of E.164
_SHOWN = 40  # characters of a refused number that an error repeats

_ALLOWED = frozenset("0123456789 +()-./")
_PUNCTUATION = str.maketrans("", "", " ()-.")
_SPELLINGS = {10: "", 11: "0", 12: "90", 13: "+90", 14: "0090"}  # length with prefix: prefix
# Blocks that are mobile from first to last number in all metadata since phonenumbers 8.13; the
# others are looked up.
_MOBILE = frozenset({"501", "505", "506", "507", "551", "552", "553", "554", "555", "559"})
_MOBILE_TENS = frozenset({"53", "54"})
_ASCII = {
    "\uff0b": "+",
    "\ufe62": "+",
    "\u2212": "-",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0e": ".",
    "\uff0c": ",",
    "\u3001": ",",
    "\u060c": ",",
    "\uff1b": ";",
    "\u061b": ";",
    "\uff1a": ":",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A number that cannot be sent to, as it was typed, and why in a few words."""

    typed: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recipients:
    """What was found: unique numbers in the order typed, and what was refused."""

    numbers: tuple[str, ...]
    refused: tuple[Refused, ...]


def split(typed: str) -> list[str]:
    """Cut a list at commas, semicolons and line ends, and at spaces that part two numbers.

    Digits of other scripts and full-width signs come back as ASCII, invisible characters and
    `tel:` are dropped. `0 530 123 45 67 0 531 123 45 67` are two numbers; where the spaces leave
    a fragment that belongs to no number, the piece stays whole, so that nothing is guessed.
    """
    lines = _plain(typed).replace(";", ",").replace(",", "\n").splitlines()
    return [number for line in lines for number in _numbers(line.split())]


def parse(
    typed: str | Iterable[str], *, foreign: bool = False, landline: bool = False
) -> Recipients:
    """Read one list or several, each as `split` does, and leave out repetitions.

    `foreign` lets other countries' numbers pass, `landline` whatever number is not mobile; both
    must still exist.
    """
    lists = [typed] if isinstance(typed, str) else typed
    pieces = dict.fromkeys(piece for item in lists for piece in split(item))
    found = [_examine(piece, foreign=foreign, landline=landline) for piece in pieces]
    return Recipients(
        numbers=tuple(dict.fromkeys(one for one in found if isinstance(one, str))),
        refused=tuple(one for one in found if isinstance(one, Refused)),
    )


def require(found: Recipients) -> tuple[str, ...]:
    """Return the numbers, or raise InvalidMessageError (452) when one was refused or none given.

    The text names each refused number with its reason, in one line.
    """
    if found.refused:
        named = ", ".join(f"{one.typed[:_SHOWN]!r} ({one.reason})" for one in found.refused)
        text = _("cannot send to {named}: correct or remove what is named here")
        raise InvalidMessageError(text.format(named=named), code=452)
    if not found.numbers:
        raise InvalidMessageError(_("there is no recipient: give at least one number"), code=452)
    return found.numbers


def national(number: str | int) -> str:
    """Return the form in which numbers are compared, without looking anything up.

    Reports answer `+905301234567`, `905301234567`, `05301234567`, `5301234567` or the bare integer
    (provider document, get-report); all become `5301234567`. Ten digits without a plus are always
    Turkish, more of them are taken for a foreign number that lost its plus. Junk becomes its
    digits.
    """
    text = number if isinstance(number, str) else str(number)
    if len(text) == _LENGTH + 3 and text.startswith("+90"):  # what the live provider answers
        rest = text[3:]
        if rest.isdigit() and rest.isascii():
            return rest
    if len(text) == _LENGTH and text.isdigit() and text.isascii():
        return text
    if text.startswith("+") and text[1:].isdigit() and text.isascii():
        return text.removeprefix(f"+{_COUNTRY_CODE}")
    prefix = _SPELLINGS.get(len(text))
    if prefix and text.startswith(prefix) and text.isdigit() and text.isascii():
        return text[len(prefix) :]
    return _compared(text)


def international(number: str) -> str:
    """Return `number`, as `parse` gives it, with a plus and the country code."""
    return number if number.startswith("+") else f"+{_COUNTRY_CODE}{number}"


def _plain(typed: str) -> str:
    text = typed if typed.isascii() else "".join(map(_ascii, typed))
    for scheme in ("tel:", "Tel:", "TEL:"):
        text = text.replace(scheme, " ")
    return text


def _ascii(char: str) -> str:
    """Return the ASCII character that a pasted one stands for, nothing for an invisible one."""
    from unicodedata import category

    if char.isdecimal():
        return str(int(char))
    kind = category(char)
    if kind == "Zs":
        return " "
    return {"Cf": "", "Pd": "-"}.get(kind, _ASCII.get(char, char))


def _numbers(chunks: list[str]) -> list[str]:
    whole = " ".join(chunks)
    if len(chunks) <= 1 or set(whole) - _ALLOWED or _exists(whole):
        return [whole] if chunks else []
    groups = [group for run in _runs(chunks) for group in _groups(run)]
    return groups if all(_digits(group) >= _FEWEST for group in groups) else [whole]


def _runs(chunks: list[str]) -> Iterator[list[str]]:
    """Part chunks before a plus and before a lone zero: there a number surely begins."""
    run: list[str] = []
    for chunk in chunks:
        if run and (chunk == "0" or chunk.startswith("+")):
            yield run
            run = []
        run.append(chunk)
    yield run


def _groups(chunks: list[str]) -> Iterator[str]:
    """Join the chunks of each number, the longest that exists first; leftovers stay together."""
    rest: list[str] = []
    at = 0
    while at < len(chunks):
        end = _longest(chunks, at)
        if end is None:
            rest.append(chunks[at])
        else:
            yield from [" ".join(rest)] if rest else []
            yield " ".join(chunks[at:end])
            rest = []
        at = end or at + 1
    yield from [" ".join(rest)] if rest else []


def _longest(chunks: list[str], start: int) -> int | None:
    ends = range(start + 1, min(start + _MOST, len(chunks)) + 1)
    for end in ends:
        if _plain_mobile(" ".join(chunks[start:end])):
            return end  # with more digits it would be no number
    return next((end for end in reversed(ends) if _exists(" ".join(chunks[start:end]))), None)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _exists(text: str) -> bool:
    """Say whether `text` as a whole is a number of any kind in any country."""
    if not _FEWEST <= _digits(text) <= _MOST:
        return False
    return isinstance(_examine(text, foreign=True, landline=True), str)


def _examine(typed: str, *, foreign: bool, landline: bool) -> str | Refused:
    if mobile := _plain_mobile(typed):
        return mobile
    digits = _digits(typed)
    if not digits or set(typed) - _ALLOWED:
        return Refused(typed, _("not a number"))
    if digits < _FEWEST:
        return Refused(typed, _("too short"))
    if digits > _MOST:
        return Refused(typed, _("too long"))
    return _look_up(typed, foreign=foreign, landline=landline)


def _plain_mobile(typed: str) -> str | None:
    """Return the number if it is surely a Turkish mobile one, None if it must be looked up."""
    text = typed.translate(_PUNCTUATION)
    prefix = _SPELLINGS.get(len(text))
    if prefix is None or not text.startswith(prefix) or not text.isascii():
        return None
    bare = text[len(prefix) :]
    surely = bare[:2] in _MOBILE_TENS or bare[:3] in _MOBILE
    return bare if surely and bare.isdigit() else None


def _look_up(typed: str, *, foreign: bool, landline: bool) -> str | Refused:
    import phonenumbers

    try:
        number = phonenumbers.parse(typed, "TR")
    except phonenumbers.NumberParseException as error:
        return Refused(typed, _unreadable(error.error_type))
    reason = _objection(number, foreign=foreign, landline=landline)
    if reason:
        return Refused(typed, reason)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written.removeprefix(f"+{_COUNTRY_CODE}")


def _unreadable(kind: int) -> str:
    from phonenumbers import NumberParseException as Kind

    reasons = {
        Kind.INVALID_COUNTRY_CODE: _("no such country code"),
        Kind.TOO_SHORT_AFTER_IDD: _("too short"),
        Kind.TOO_SHORT_NSN: _("too short"),
        Kind.TOO_LONG: _("too long"),
    }
    return reasons.get(kind, _("not a number"))


def _objection(number: PhoneNumber, *, foreign: bool, landline: bool) -> str | None:
    from phonenumbers import PhoneNumberType as Kind
    from phonenumbers import number_type

    if number.country_code != _COUNTRY_CODE and not foreign:
        return _("foreign number (+{code})").format(code=number.country_code)
    kind = number_type(number)
    if kind == Kind.UNKNOWN:
        return _not_in_use(number)
    if landline or kind in {Kind.MOBILE, Kind.FIXED_LINE_OR_MOBILE}:
        return None
    if kind == Kind.FIXED_LINE:
        return _("not a mobile number (landline)")
    return _("not a mobile number")


def _not_in_use(number: PhoneNumber) -> str:
    from phonenumbers import ValidationResult as Result
    from phonenumbers import is_possible_number_with_reason

    surplus = len(str(number.national_number)) - _LENGTH
    if number.country_code != _COUNTRY_CODE:
        signs = {Result.TOO_SHORT: -1, Result.IS_POSSIBLE_LOCAL_ONLY: -1, Result.TOO_LONG: 1}
        surplus = signs.get(is_possible_number_with_reason(number), 0)
    if surplus:
        return _("too short") if surplus < 0 else _("too long")
    return _("no such number")


def _compared(text: str) -> str:
    digits = "".join(str(int(char)) for char in text if char.isdecimal())
    if not text.lstrip().startswith("+") and not digits.startswith("00"):
        prefix = _SPELLINGS.get(len(digits))
        if prefix is not None and digits.startswith(prefix):
            return digits[len(prefix) :]
        return f"+{digits}" if len(digits) > _LENGTH and digits[0] != "0" else digits
    digits = digits.removeprefix("00")
    code = str(_COUNTRY_CODE)
    if digits.startswith(code):
        return digits.removeprefix(code)
    return f"+{digits}" if digits else ""
