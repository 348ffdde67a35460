from __future__ import annotations

import pytest

from im_notify.sandbox.parts import count_parts

BUDGETS = {
    "a": (155, 301, 454, 607, 760, 913, 1066),
    "ş": (150, 293, 442, 591, 740, 889, 1038),
    "ж": (65, 129, 196, 263, 330, 397, 464),
}
EDGES = [
    (letter, parts, size)
    for letter, sizes in BUDGETS.items()
    for parts, size in enumerate(sizes, start=1)
]


@pytest.mark.parametrize(("letter", "parts", "size"), EDGES)
def test_a_text_that_fills_its_parts_needs_one_more_for_one_more_letter(
    letter: str, parts: int, size: int
) -> None:
    """Each documented budget is the last size with that many parts."""
    counted = [count_parts(letter * size), count_parts(letter * (size + 1))]

    assert counted == [parts, parts + 1]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[" * 77, 1),
        ("[" * 78, 2),
        ("€" * 150, 1),
        ("ş" + "[" * 74, 1),
        ("ş" + "[" * 75, 2),
        ("😀" * 32, 1),
        ("😀" * 33, 2),
        ("", 1),
    ],
)
def test_an_escaped_character_costs_two_and_the_cheapest_table_wins(text: str, parts: int) -> None:
    """Characters of two units count twice, but for € in the Turkish table."""
    assert count_parts(text) == parts
