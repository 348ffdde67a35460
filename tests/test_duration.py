from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.duration import parse_duration
from im_notify.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("3m", 180),
        ("48h", 172_800),
        ("30d", 2_592_000),
        ("1h30m", 5_400),
        ("1d2h3m4s", 93_784),
        ("45", 45),
        ("2.5", 2.5),
        ("1.5h", 5_400),
        ("0", 0),
        ("0s", 0),
        (" 3m\n", 180),
    ],
)
def test_spans_as_people_write_them(text: str, seconds: float) -> None:
    """Units add up to seconds and a bare number is seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-3m", "+3m", "3 m", "3w", "3M", "m", "3mm", "1h30", "30m1h", "3m3m", "1,5h"),
        *("nan", "inf", "1e3", "٣m", "²s", "9" * 400, "3m\x00", "h1", ".5s", "5.s", "gün"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """What is not a span is refused with examples of what is."""
    with pytest.raises(ConfigError, match="use 90s, 3m, 48h or 30d") as caught:
        parse_duration(text)

    assert "\n" not in str(caught.value)


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Any text is a span of no negative length or a ConfigError."""
    try:
        seconds = parse_duration(text)
    except ConfigError:
        return

    assert seconds >= 0


@given(*[st.integers(0, 1_000)] * 4)
def test_units_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    """All four units together are the sum of each."""
    text = f"{days}d{hours}h{minutes}m{seconds}s"

    assert parse_duration(text) == days * 86_400 + hours * 3_600 + minutes * 60 + seconds
