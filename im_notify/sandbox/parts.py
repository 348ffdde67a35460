"""How many SMS a text needs when it is read as generously as the encodings allow."""

from __future__ import annotations

from math import ceil

MAX_PARTS = 7

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
_TURKISH = frozenset("ıĞğŞşİç€")


def count_parts(text: str) -> int:
    """Count the SMS of a text in the cheapest encoding that can carry it.

    The budgets already leave room for the operator code of five characters: GSM 155 then
    153n-5, Turkish tables 150 then 149n-5, UCS-2 65 then 67n-5 (3GPP TS 23.038, 23.040).
    """
    return int(min(_gsm(text), _turkish(text), _ucs2(text)))


def _gsm(text: str) -> float:
    if not _GSM.union(_ESCAPED).issuperset(text):
        return float("inf")
    return _divide(len(text) + sum(map(text.count, _ESCAPED)), single=155, several=153)


def _turkish(text: str) -> float:
    if not _GSM.union(_ESCAPED, _TURKISH).issuperset(text):
        return float("inf")
    escaped = sum(map(text.count, _ESCAPED - _TURKISH))
    return _divide(len(text) + escaped, single=150, several=149)


def _ucs2(text: str) -> int:
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return _divide(units, single=65, several=67)


def _divide(units: int, *, single: int, several: int) -> int:
    return 1 if units <= single else ceil((units + 5) / several)
