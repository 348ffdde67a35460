"""SMS text: how many parts it takes, which characters make it dear, and how to make it fit.

All figures are estimates: the provider chooses the encoding and documents only the first part
(155, 150 and 65 characters); the rest follows from the header sizes of 3GPP TS 23.040 clause
9.2.3.24. What was really used stands in the price of the report.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _

SUFFIX = 5  #: units of the operator code such as ` B186` that is appended to every message
MAX_PARTS = 7  #: provider document, error code 453

_REACH = 30  # characters given up for a cut at the end of a word or of a joined sequence

# 3GPP TS 23.038 clause 6.2.1, row by row, without the escape at 1B.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")  # clause 6.2.1.1: an escape and a second septet
_GSM = _BASIC | _EXTENSION
# Annex A.3.1: eight places of the basic table are taken, one of them by the euro sign.
_TURKISH_LETTERS = frozenset("ıĞğŞşİç")
_TURKISH_LOST = frozenset("èìØøÆæ¡¿")
_TURKISH = (_GSM | _TURKISH_LETTERS) - _TURKISH_LOST
_KNOWN = _GSM | _TURKISH_LETTERS

_PLAIN = str.maketrans(
    dict(zip("çğĞıİşŞâîûÂÎÛ", "cgGiIsSaiuAIU", strict=True))
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\t\u00a0\u2002\u2003\u2007\u2009\u200a\u202f", " ")
    | dict.fromkeys("\u00ad\u200b\ufeff", "")
    | {"\u2026": "...", "\u20ba": "TL"}
)


class Encoding(StrEnum):
    """How characters go over the air; Turkish is GSM with the locking table of annex A.3.1."""

    GSM = "gsm-7"
    TURKISH = "gsm-7-turkish"
    UCS2 = "ucs-2"


_ONE_PART = {Encoding.GSM: 160 - SUFFIX, Encoding.TURKISH: 155 - SUFFIX, Encoding.UCS2: 70 - SUFFIX}
_EACH_PART = {Encoding.GSM: 153, Encoding.TURKISH: 149, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a text will probably take, the appended operator code included.

    `units` are septets, or UTF-16 code units under UCS-2, of the caller's text alone; `remaining`
    is what is left of them in the last part. `forcing` names each character that must go for the
    text to leave UCS-2, `turkish` each that needs the Turkish table, both in order of appearance.
    """

    encoding: Encoding
    parts: int
    units: int
    remaining: int
    forcing: tuple[str, ...]
    turkish: tuple[str, ...]


def capacity(encoding: Encoding, parts: int) -> int:
    """Return the units that the caller's text may have in `parts` parts.

    Raises ValueError for less than one part.
    """
    if parts < 1:
        raise ValueError(f"a message has at least one part, not {parts}")
    return _ONE_PART[encoding] if parts == 1 else _EACH_PART[encoding] * parts - SUFFIX


def estimate(text: str) -> Estimate:
    """Return encoding and parts of `text`; an empty one takes a part for the operator code.

    Extension characters count twice in both 7-bit encodings, the euro sign too. That a part may
    end a septet early so as not to split an escape pair is left out, as the table does.
    """
    distinct = set(text)
    if distinct <= _GSM:
        return _estimate(Encoding.GSM, _septets(text, distinct))
    turkish = _in_order(text, distinct & _TURKISH_LETTERS)
    if distinct <= _TURKISH:
        return _estimate(Encoding.TURKISH, _septets(text, distinct), turkish=turkish)
    bad = distinct - (_TURKISH if turkish else _KNOWN)
    forcing = _in_order(text, bad)
    return _estimate(Encoding.UCS2, _code_units(text), turkish=turkish, forcing=forcing)


def refuse_too_long(text: str, *, limit: int = MAX_PARTS) -> None:
    """Raise InvalidMessageError (453) for what exceeds `limit` parts however it is read.

    The provider may encode the text as it stands, replace what is not in the GSM alphabet the way
    `transliterate` does (1,066 septets in seven parts, also for Turkish), or use the Turkish table,
    where the euro sign is one septet. If any of these readings fits, the provider shall decide.
    A character that none of the tables knows and nothing replaces leaves UCS-2 alone (464).
    """
    if len(text) <= capacity(Encoding.UCS2, limit) // 2:
        return  # fits even if every character were a surrogate pair
    fewest = min(estimate(text), estimate(transliterate(text)), key=lambda found: found.parts)
    if fewest.parts > limit and not _fits_turkish(text, limit):
        what = _("the text needs {parts} SMS parts ({encoding}), {limit} are allowed: shorten it")
        shown = what.format(parts=fewest.parts, encoding=fewest.encoding, limit=limit)
        raise InvalidMessageError(shown, code=453)


def transliterate(text: str) -> str:
    """Return `text` with Turkish letters and typographic signs replaced by what GSM 7-bit has.

    Ç, Ö, Ü, ö and ü stay, the alphabet has them. Letters that come as base and combining mark are
    put together first; letters of other languages are left as they are.
    """
    if text.isascii() and "`" not in text and "\t" not in text:
        return text
    from unicodedata import normalize

    composed = normalize("NFC", text).replace("i\u0307", "i")  # what lower() makes of a dotted I
    return composed.translate(_PLAIN)


def fit(text: str, parts: int = 1, *, ellipsis: str | None = None) -> str:
    """Return `text`, or as much of its start as fits into `parts` parts, and an ellipsis.

    The cut is at the end of a word where one ends within 30 characters, and never inside a
    surrogate pair or a character of two septets; combining marks and joined emoji stay whole
    where that costs no more. Left to itself the ellipsis is `…` in a text that needs UCS-2 and
    three dots elsewhere; one that does not fit is left out.
    """
    most = capacity(Encoding.GSM, parts)
    if estimate(text).parts <= parts:
        return text
    if ellipsis and estimate(ellipsis).parts > parts:
        ellipsis = ""
    lowest, highest = 0, min(len(text), most)
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        fits = estimate(_ended(text[:middle], ellipsis)).parts <= parts
        lowest, highest = (middle, highest) if fits else (lowest, middle - 1)
    return _ended(text[: _good_cut(text, lowest)].rstrip(), ellipsis)


def _estimate(
    encoding: Encoding,
    units: int,
    *,
    turkish: tuple[str, ...] = (),
    forcing: tuple[str, ...] = (),
) -> Estimate:
    each = _EACH_PART[encoding]
    parts = 1 if units <= _ONE_PART[encoding] else (units + SUFFIX + each - 1) // each
    remaining = capacity(encoding, parts) - units
    return Estimate(encoding, parts, units, remaining, forcing, turkish)


def _septets(text: str, distinct: set[str]) -> int:
    return len(text) + sum(map(text.count, distinct & _EXTENSION))


def _code_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _in_order(text: str, wanted: set[str]) -> tuple[str, ...]:
    return tuple(sorted(wanted, key=text.index))


def _fits_turkish(text: str, limit: int) -> bool:
    distinct = set(text)
    septets = _septets(text, distinct) - text.count("€")
    return distinct <= _TURKISH and septets <= capacity(Encoding.TURKISH, limit)


def _ended(start: str, ellipsis: str | None) -> str:
    if ellipsis is not None:
        return start + ellipsis
    return start + ("…" if estimate(start).encoding is Encoding.UCS2 else "...")


def _good_cut(text: str, cut: int) -> int:
    nearest = range(cut, max(cut - _REACH, 0), -1)
    word_end = next((at for at in nearest if text[at].isspace()), None)
    if word_end is not None:
        return word_end
    whole = next((at for at in nearest if not _joined(text, at)), cut)
    return whole - 1 if _inside_pair(text, whole) else whole


def _inside_pair(text: str, at: int) -> bool:
    return "\ud800" <= text[at - 1 : at] <= "\udbff" and "\udc00" <= text[at] <= "\udfff"


def _joined(text: str, at: int) -> bool:
    """Say whether what stands before `at` and what follows are seen as one character."""
    from unicodedata import category

    before, after = text[at - 1], text[at]
    if before == "\u200d" or after == "\u200d" or _inside_pair(text, at):
        return True
    if category(after) in {"Mn", "Me", "Mc"} or "\U000e0020" <= after <= "\U000e007f":
        return True
    return "\U0001f3fb" <= after <= "\U0001f3ff" or _inside_flag(text, at)


def _inside_flag(text: str, at: int) -> bool:
    start = at
    while start and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
        start -= 1
    return "\U0001f1e6" <= text[at] <= "\U0001f1ff" and (at - start) % 2 == 1
