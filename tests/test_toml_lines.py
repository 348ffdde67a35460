from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from im_notify.toml_lines import line_of, lines_of

TEXT = '''\
# a comment with [brackets] and key = 1
top = 1
[provider]  # another
  key = "a # no comment"
rate=90
"quoted name" = 'x'
 'single' = "]"
dotted . "in.ner" = 2

[ "odd.section" . sub ]
list = [
  "[not.a.header]",  # comment ]
  { a = "}" },
]
after = 1
text = """
key = "no key"
[no_section]
\\"""  still ""inside"""""
literal = \'\'\'
x = 1 \\\'\'\'
last.of.all = 1979-05-27T07:32:00Z
inline = { a = 1, b = { c = 2 } }
[[tables]]
name = ""
[[tables]]
name = ""
end = 1'''


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("top",), 2),
        (("provider",), 3),
        (("provider", "key"), 4),
        (("provider", "rate"), 5),
        (("provider", "quoted name"), 6),
        (("provider", "single"), 7),
        (("provider", "dotted"), 8),
        (("provider", "dotted", "in.ner"), 8),
        (("odd.section",), 10),
        (("odd.section", "sub", "list"), 11),
        (("odd.section", "sub", "after"), 15),
        (("odd.section", "sub", "text"), 16),
        (("odd.section", "sub", "literal"), 20),
        (("odd.section", "sub", "last", "of", "all"), 22),
        (("odd.section", "sub", "inline", "b", "c"), 23),
        (("tables",), 24),
        (("tables", "name"), 25),
        (("tables", "end"), 28),
        (("nowhere",), 1),
    ],
)
def test_every_key_has_its_line(keys: tuple[str, ...], line: int) -> None:
    """Headers, dotted and quoted keys are found, arrays and multi-line strings are skipped."""
    assert line_of(lines_of(TEXT), keys) == line


@pytest.mark.parametrize("inside", ["key", "[no_section]", "no_section", "not", "x", "a"])
def test_what_only_looks_like_a_key_is_none(inside: str) -> None:
    """Nothing within strings, arrays and comments is taken for a key."""
    lines = lines_of(TEXT)

    assert (inside,) not in lines
    assert ("odd.section", "sub", inside) not in lines


def test_the_sample_is_toml() -> None:
    """The text that the other tests read is one that `tomllib` takes."""
    assert tomllib.loads(TEXT)["odd.section"]["sub"]["text"].endswith('still ""inside""')


def test_windows_line_ends_count_once() -> None:
    """A file from Windows has the same lines."""
    assert lines_of("[a]\r\nb = 1\r\n\r\nc = 2\r\n")["a", "c"] == 4


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    """Whatever `tomllib` takes has a line for every key of the top level."""
    try:
        tables = tomllib.loads(text)
    except ValueError:
        return

    assert {(name,) for name in tables} <= lines_of(text).keys()


_NAMES = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1), unique=True, max_size=5
)


@given(_NAMES, st.sampled_from(['""', "'#'", '"""\n"""', "[\n]", "{ }", "1 # = 2"]))
def test_lines_of_quoted_keys(names: list[str], value: str) -> None:
    """Keys of any letters, each after a value that may span lines, stand where they were put."""
    quoted = [name.replace("\\", "\\\\").replace('"', '\\"') for name in names]
    text = "".join(f'"{name}" = {value}\n' for name in quoted)
    height = value.count("\n") + 1

    lines = lines_of(text)

    assert lines == {(name,): 1 + index * height for index, name in enumerate(names)}
