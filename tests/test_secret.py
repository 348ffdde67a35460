from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.secret import Secret

TEXT = "s3cr3t-credential"


@pytest.mark.parametrize(
    "printed",
    [
        repr(Secret(TEXT)),
        str(Secret(TEXT)),
        f"{Secret(TEXT)}",
        f"{Secret(TEXT):>40}",
        f"{Secret(TEXT)!r}",
        "%s %r" % (Secret(TEXT), Secret(TEXT)),  # noqa: UP031 - logging formats this way
        repr([Secret(TEXT)]),
        repr({"key": Secret(TEXT)}),
    ],
)
def test_printing_never_shows_the_text(printed: str) -> None:
    """Every way of printing gives three stars and nothing of the text."""
    assert "***" in printed
    assert TEXT not in printed


def test_reveal_gives_the_text() -> None:
    """The one way to the text is `reveal`."""
    assert Secret(TEXT).reveal() == TEXT


def test_an_empty_secret_is_false() -> None:
    """Truth tells whether there is a text."""
    assert not Secret("")
    assert Secret(" ")


@given(st.text(), st.text())
def test_equality_is_that_of_the_texts(first: str, second: str) -> None:
    """Two secrets are equal, and hash alike, exactly when their texts are equal."""
    assert (Secret(first) == Secret(second)) is (first == second)
    assert (hash(Secret(first)) == hash(Secret(second))) is (hash(first) == hash(second))


@pytest.mark.parametrize("text", ["\udcff", "şifre", "a\x00b"])
def test_any_text_of_an_environment_compares(text: str) -> None:
    """Undecodable bytes of an environment and letters beyond ASCII do not break equality."""
    assert Secret(text) == Secret(text)


def test_a_secret_is_not_its_text() -> None:
    """A plain text never equals a secret, so that neither is taken for the other."""
    assert Secret(TEXT) != TEXT
    assert len({Secret(TEXT), Secret(TEXT), TEXT}) == 2


def test_a_secret_takes_no_attributes() -> None:
    """Nothing can be put beside the text by accident."""
    with pytest.raises(AttributeError):
        Secret(TEXT).text = TEXT  # type: ignore[attr-defined]  # the point of the test
