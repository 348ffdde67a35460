# ruff: noqa: RUF001 - letters and signs that look like others are what is tested here
from __future__ import annotations

import subprocess
import sys
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.errors import InvalidMessageError
from im_notify.text import (
    Encoding,
    capacity,
    estimate,
    fit,
    refuse_too_long,
    transliterate,
)

TURKISH_ALPHABET = "abcçdefgğhıijklmnoöprsştuüvyzABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZâîûÂÎÛ"
LOST_BESIDE_TURKISH = list(zip("èìØøÆæ¡¿", "ıĞğŞşİçç", strict=True))
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
TURKISH_FLAG = "\U0001f1f9\U0001f1f7"

# Characters for one unit of each encoding, with the table of usable units for 1 to 7 parts.
BORDERS = [
    (sample, encoding, parts, units)
    for sample, encoding, row in [
        ("a", Encoding.GSM, (155, 301, 454, 607, 760, 913, 1066)),
        ("ş", Encoding.TURKISH, (150, 293, 442, 591, 740, 889, 1038)),
        ("中", Encoding.UCS2, (65, 129, 196, 263, 330, 397, 464)),
    ]
    for parts, units in enumerate(row, start=1)
]

mixed = st.text(st.sampled_from(f"a b€^[ş ğıèÆ\n中…\u0301{FAMILY}{TURKISH_FLAG}"), max_size=900)
texts = st.one_of(st.text(), mixed, st.text(st.sampled_from("word ş"), max_size=900))
parts_wanted = st.integers(1, 4)


def septets_of(text: str) -> int | None:
    """Count septets by walking the specification's table; None when a character is not in it."""
    rows = (
        "@Δ 0¡P¿p",
        "£_!1AQaq",
        '$Φ"2BRbr',
        "¥Γ#3CScs",
        "èΛ¤4DTdt",
        "éΩ%5EUeu",
        "ùΠ&6FVfv",
        "ìΨ'7GWgw",
        "òΣ(8HXhx",
        "ÇΘ)9IYiy",
        "\nΞ*:JZjz",
        "Ø+;KÄkä",
        "øÆ,<LÖlö",
        "\ræ-=MÑmñ",
        "Åß.>NÜnü",
        "åÉ/?O§oà",
    )
    single = "".join(rows)
    costs = [1 if char in single else 2 if char in "\f^{}\\[~]|€" else None for char in text]
    return None if None in costs else sum(cost for cost in costs if cost)


@pytest.mark.parametrize(("sample", "encoding", "parts", "units"), BORDERS)
def test_a_part_ends_exactly_where_the_table_says(
    sample: str, encoding: Encoding, parts: int, units: int
) -> None:
    """The last character of a part leaves nothing, one more opens the next part."""
    full, over = estimate(sample * units), estimate(sample * (units + 1))

    assert capacity(encoding, parts) == units
    assert (full.encoding, full.parts, full.units, full.remaining) == (encoding, parts, units, 0)
    assert (over.encoding, over.parts) == (encoding, parts + 1)
    assert over.remaining == capacity(encoding, parts + 1) - units - 1


@pytest.mark.parametrize("parts", [0, -1])
def test_capacity_needs_at_least_one_part(parts: int) -> None:
    """There is no message without a part."""
    with pytest.raises(ValueError, match="at least one part"):
        capacity(Encoding.GSM, parts)


@pytest.mark.parametrize("char", "\f^{}\\[~]|€")
@pytest.mark.parametrize("beside", ["a", "ş"])
def test_extension_characters_take_two_septets(char: str, beside: str) -> None:
    """An escape goes before them, in the plain and in the Turkish table."""
    assert estimate(beside + char).units == 3
    assert estimate(beside + char).encoding is not Encoding.UCS2


@pytest.mark.parametrize("char", "ÇÖÜöüÄäñàéùòΔß@£$\r\n")
def test_what_the_gsm_alphabet_has_costs_one_septet(char: str) -> None:
    """These look as if they needed more, but stand in the basic table."""
    found = estimate(char)

    assert (found.encoding, found.units, found.turkish) == (Encoding.GSM, 1, ())


@pytest.mark.parametrize("char", "ıĞğŞşİç")
def test_turkish_letters_name_themselves_and_cost_one_septet(char: str) -> None:
    """The locking table has each of the seven."""
    found = estimate(f"a{char}b{char}")

    assert (found.encoding, found.units, found.turkish) == (Encoding.TURKISH, 4, (char,))
    assert found.forcing == ()


@pytest.mark.parametrize(("lost", "letter"), LOST_BESIDE_TURKISH)
def test_what_the_turkish_table_gave_up_forces_ucs2_beside_turkish_letters(
    lost: str, letter: str
) -> None:
    """Alone each is cheap; together the letter that lost its place is to blame."""
    found = estimate(letter + lost)

    assert estimate(lost).encoding is Encoding.GSM
    assert estimate(letter).encoding is Encoding.TURKISH
    assert (found.encoding, found.forcing, found.turkish) == (Encoding.UCS2, (lost,), (letter,))


@pytest.mark.parametrize(
    ("text", "forcing"),
    [
        ("tab\there", ("\t",)),
        ("it’s “fine”", ("’", "“", "”")),
        ("b`a`", ("`",)),
        ("zâlim â", ("â",)),
        ("中a国中", ("中", "国")),
        ("\U0001f525!\U0001f525", ("\U0001f525",)),
        ("ş中è", ("中", "è")),
        ("è中", ("中",)),
        ("s\u0327", ("\u0327",)),
    ],
)
def test_characters_that_force_ucs2_are_named_once_in_order(
    text: str, forcing: tuple[str, ...]
) -> None:
    """Who takes them out gets the cheap encoding back."""
    found = estimate(text)
    without = estimate("".join(char for char in text if char not in forcing))

    assert (found.encoding, found.forcing) == (Encoding.UCS2, forcing)
    assert without.encoding is not Encoding.UCS2


def test_a_character_beyond_the_basic_plane_takes_two_units() -> None:
    """UCS-2 parts are counted in UTF-16 code units; surrogates typed apart count the same."""
    assert estimate("\U0001f525").units == 2
    assert estimate("\ud83d\udd25").units == 2
    assert estimate("\ud83d").units == 1


def test_an_empty_text_takes_one_part() -> None:
    """The operator code is sent even then."""
    found = estimate("")

    assert (found.encoding, found.parts, found.units, found.remaining) == (Encoding.GSM, 1, 0, 155)


@given(texts)
def test_septets_agree_with_the_table_of_the_specification(text: str) -> None:
    """A second count, by rows of clause 6.2.1, gives the same."""
    expected = septets_of(text)

    found = estimate(text)

    assert (found.encoding is Encoding.GSM) == (expected is not None)
    assert expected is None or found.units == expected


@given(texts)
def test_an_estimate_is_consistent(text: str) -> None:
    """Units are above the capacity of one part less and add up with what remains."""
    found = estimate(text)

    assert found.units + found.remaining == capacity(found.encoding, found.parts)
    assert found.remaining >= 0
    assert found.parts == 1 or found.units > capacity(found.encoding, found.parts - 1)
    assert (found.encoding is Encoding.UCS2) == bool(found.forcing)


@given(texts, texts)
def test_a_longer_text_never_takes_fewer_parts(start: str, more: str) -> None:
    """Appending never helps, whatever encoding it leads to."""
    assert estimate(start + more).parts >= estimate(start).parts


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1066,
        "ş" * 1066,
        "è" * 500 + "ş" * 566,
        "“" * 1066,
        "中" * 464,
        "\U0001f525" * 232,
        "€" * 1038,
        "ş€" * 519,
        "^" * 533,
        "s\u0327" * 1066,
        "…" * 356,
    ],
)
def test_what_some_reading_fits_into_seven_parts_is_left_to_the_provider(text: str) -> None:
    """Plain GSM, letters replaced, the Turkish table with one septet a euro sign, or UCS-2."""
    refuse_too_long(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 1067, 8),
        ("ş" * 1067, 8),
        ("è" * 1066 + "ş", 8),
        ("中" * 465, 8),
        ("a" * 464 + "中", 8),
        ("\U0001f525" * 232 + "!", 8),
        ("^" * 534, 8),
        ("€" * 1039, 14),
    ],
)
def test_what_no_reading_fits_into_seven_parts_is_refused(text: str, parts: int) -> None:
    """It is told with the provider's number, the parts and not a word of the text."""
    with pytest.raises(InvalidMessageError, match=f"needs {parts} SMS parts") as caught:
        refuse_too_long(text)

    assert caught.value.code == 453
    assert text[:5] not in str(caught.value)


def test_a_smaller_limit_can_be_set() -> None:
    """Codes must stay in one part because some operators do not split them."""
    refuse_too_long("a" * 155, limit=1)

    with pytest.raises(InvalidMessageError, match="1 are allowed"):
        refuse_too_long("a" * 156, limit=1)


@given(texts, st.integers(1, 7))
def test_what_is_estimated_to_fit_is_never_refused(text: str, limit: int) -> None:
    """The refusal is never stricter than the estimate."""
    if estimate(text).parts <= limit:
        refuse_too_long(text, limit=limit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Şişli'de ığdır çağı İĞ", "Sisli'de igdir cagi IG"),
        ("ÇÖÜöü stay, Çç", "ÇÖÜöü stay, Çc"),
        ("kâğıt hâlâ rüzgâr îmâ mahkûm", "kagit hala rüzgar ima mahkum"),
        ("“a” ‘b’ «c» d’e", '"a" \'b\' "c" d\'e'),
        ("1–2 — 3‑4 −5", "1-2 - 3-4 -5"),
        ("wait…", "wait..."),
        ("50 ₺\u00a0net", "50 TL net"),
        ("`code`\tx", "'code' x"),
        ("soft\u00adhyphen\u200b\ufeff", "softhyphen"),
        ("s\u0327 g\u0306 I\u0307 o\u0308", "s g I ö"),
        ("İ".lower(), "i"),
        ("中 \U0001f525 ы", "中 \U0001f525 ы"),
    ],
)
def test_transliteration_replaces_only_what_gsm_lacks(text: str, expected: str) -> None:
    """Turkish letters and typographic signs go, all else stays."""
    assert transliterate(text) == expected


@given(st.text(st.sampled_from(TURKISH_ALPHABET + " .,!?'’“”–…₺0123456789\n")))
def test_transliterated_turkish_is_gsm(text: str) -> None:
    """Nothing a Turkish keyboard gives is left over, and once is enough."""
    plain = transliterate(text)

    assert estimate(plain).encoding is Encoding.GSM
    assert transliterate(plain) == plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("word " * 40, "word " * 29 + "word..."),
        ("ağaç " * 40, "ağaç " * 28 + "ağaç..."),
        ("中国 " * 40, "中国 " * 20 + "中国…"),
        ("a" * 200, "a" * 152 + "..."),
        ("a" * 120 + " " + "b" * 80, "a" * 120 + " " + "b" * 31 + "..."),
        ("a" * 130 + " " + "b" * 80, "a" * 130 + "..."),
        ("a" * 200 + "中", "a" * 152 + "..."),
        ("a" * 151 + "[[[[", "a" * 151 + "..."),
        ("中" * 63 + "\U0001f525\U0001f525", "中" * 63 + "…"),
        ("中" * 63 + "e\u0301e", "中" * 63 + "…"),
        ("中" * 58 + FAMILY * 3, "中" * 58 + "…"),
        ("中" * 62 + TURKISH_FLAG * 2, "中" * 62 + "…"),
        ("中" * 60 + TURKISH_FLAG * 2, "中" * 60 + TURKISH_FLAG + "…"),
        ("中" * 62 + "\U0001f44d\U0001f3fd" + "中", "中" * 62 + "…"),
        ("中" * 63 + "\ud83d\udd25" * 2, "中" * 63 + "…"),
    ],
)
def test_a_text_is_cut_at_a_good_place(text: str, expected: str) -> None:
    """After a word if one ends nearby, else at the last whole character that fits."""
    assert fit(text) == expected


@pytest.mark.parametrize(
    ("ellipsis", "expected"),
    [("", "a" * 155), ("[+]", "a" * 150 + "[+]"), ("…", "a" * 64 + "…"), ("+" * 200, "a" * 155)],
)
def test_the_ellipsis_can_be_chosen(ellipsis: str, expected: str) -> None:
    """Its price is counted; one that would not fit is left out."""
    assert fit("a" * 200, ellipsis=ellipsis) == expected


@given(texts, parts_wanted, st.sampled_from([None, "", "...", "…", "ş", "x" * 160]))
def test_what_was_fitted_fits(text: str, parts: int, ellipsis: str | None) -> None:
    """The result keeps to the parts, is left alone the second time and starts like the text."""
    fitted = fit(text, parts, ellipsis=ellipsis)

    assert estimate(fitted).parts <= parts
    assert fit(fitted, parts, ellipsis=ellipsis) == fitted
    ending = ("...", "…") if ellipsis is None else (ellipsis, "")
    assert any(text.startswith(fitted.removesuffix(end)) for end in ending)


@given(texts, parts_wanted)
def test_what_fits_is_unchanged(text: str, parts: int) -> None:
    """No blank is stripped and no letter replaced without need."""
    if estimate(text).parts <= parts:
        assert fit(text, parts) == text


@given(
    st.text(st.sampled_from("a中\ud83d\udd25\U0001f525€"), min_size=60, max_size=400), parts_wanted
)
def test_a_surrogate_pair_is_never_cut(text: str, parts: int) -> None:
    """Surrogates that stand side by side in the text stay or go together."""
    kept = fit(text, parts, ellipsis="")

    follows = text[len(kept) : len(kept) + 1]
    assert not (kept[-1:] == "\ud83d" and follows == "\udd25")


@given(
    st.lists(st.sampled_from(["a", FAMILY, TURKISH_FLAG, "e\u0301", "1\ufe0f\u20e3"]), min_size=40),
    parts_wanted,
)
def test_what_is_seen_as_one_character_stays_whole(clusters: list[str], parts: int) -> None:
    """Families, flags, accents and key caps are kept or dropped whole."""
    text = "".join(clusters)
    ends = {len("".join(clusters[:count])) for count in range(len(clusters) + 1)}

    assert len(fit(text, parts, ellipsis="")) in ends


@given(st.text(st.sampled_from("abcş€ "), min_size=160, max_size=900), parts_wanted)
def test_no_more_is_given_up_than_the_search_for_a_word_end(text: str, parts: int) -> None:
    """The next 31 characters would not fit unless they are blanks."""
    kept = fit(text, parts, ellipsis="")

    blank = len(text[len(kept) :]) - len(text[len(kept) :].lstrip())
    assert kept == text or estimate(text[: len(kept) + blank + 32]).parts > parts


def test_an_estimate_takes_microseconds() -> None:
    """A relay estimates every message it stores; 160 characters stay far below 100 µs."""
    text = ("Sunucu web-01 yanıt vermiyor: bağlantı {zaman} aşımı. " * 3)[:160]

    seconds = min(timeit.repeat(lambda: estimate(text), number=200, repeat=5)) / 200

    assert seconds < 100e-6


def test_importing_it_loads_no_tables_of_unicode() -> None:
    """A command that never sends does not pay for transliteration."""
    code = "import sys, im_notify.text; print('unicodedata' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "False"
