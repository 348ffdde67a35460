"""Finds the line of every key in a TOML text, which `tomllib` does not tell."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LEXEME = r"""(?xs)
      \"{3} (?: \\. | [^\\] )*? \"{3,5}      # multi-line strings may end in two more quotes
    | '{3} .*? '{3,5}
    | "(?: \\. | [^"\\] )*"
    | '[^']*'
    | \#[^\n]*
    | [A-Za-z0-9_-]+
    | [^\S\n]+
    | .
"""


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Return where each key and section first stands, by its full path; the first line is 1.

    `text` is TOML that `tomllib` has accepted. Keys within inline tables are left out: they stand
    on the line of the table (TOML 1.0), so ask `line_of`.
    """
    lines: dict[tuple[str, ...], int] = {}
    section: tuple[str, ...] = ()
    for line, lexemes in _statements(text):
        if lexemes[0] == "[":
            path = section = _path(lexemes)
        else:
            path = section + _path(takewhile(lambda lexeme: lexeme != "=", lexemes))
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], line)
    return lines


def line_of(lines: Mapping[tuple[str, ...], int], keys: tuple[str, ...]) -> int:
    """Return the line of `keys`, or of the nearest table around them."""
    prefixes = (keys[:length] for length in range(len(keys), 0, -1))
    return next((lines[prefix] for prefix in prefixes if prefix in lines), 1)


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the lexemes of each header and each `key = value`."""
    line, start, depth = 1, 1, 0
    lexemes: list[str] = []
    for match in re.finditer(_LEXEME, text):
        lexeme = match[0]
        if lexeme == "\n" and depth == 0 and lexemes:
            yield start, lexemes
            lexemes = []
        elif not lexeme.isspace() and lexeme[0] != "#":
            start = start if lexemes else line
            depth += (lexeme in {"[", "{"}) - (lexeme in {"]", "}"})
            lexemes.append(lexeme)
        line += lexeme.count("\n")
    if lexemes:
        yield start, lexemes


def _path(lexemes: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(_name(lexeme) for lexeme in lexemes if lexeme not in {"[", "]", "."})


def _name(lexeme: str) -> str:
    if lexeme[0] not in "\"'":
        return lexeme
    import tomllib

    return str(tomllib.loads(f"name = {lexeme}")["name"])
