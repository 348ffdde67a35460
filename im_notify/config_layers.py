"""Reads the settings of the file and of the environment and collects all that is wrong in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.nearest import nearest
from im_notify.settings import (
    CONFIG_VARIABLE,
    NAMED,
    PREFIX,
    RELAY_SECTIONS,
    SECTIONS,
    VARIABLES,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from im_notify.config_file import Document
    from im_notify.settings import Converter, Place

_VERY_NEAR = 0.8  # plugins have variables of their own: refuse only what is surely a slip


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `keys` lead to it in the file, none for the environment."""

    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Converted settings of one origin; `folder` is where its relative paths start."""

    values: Mapping[Place, Any]
    problems: tuple[Problem, ...]
    variables: Mapping[Place, str] = field(default_factory=dict)
    folder: Path | None = None

    def name(self, place: Place) -> str:
        """Return the name that people know the setting by: its variable, or section and key."""
        return self.variables.get(place) or f"[{'.'.join(place[:-1])}] {place[-1]}"

    def keys(self, place: Place) -> tuple[str, ...]:
        """Return what finds the line of the setting in the file."""
        return () if self.variables else place


def from_environ(environ: Mapping[str, str]) -> Layer:
    """Read the variables that are settings; an empty one is unset, unless it is a list."""
    values: dict[Place, Any] = {}
    problems = [_unknown_variable(name) for name in environ if name.startswith(PREFIX)]
    for name, place in VARIABLES.items():
        raw = environ.get(name)
        if raw or (raw is not None and place[0] == "plugins"):
            section, key = place
            text = _take(values, place, raw, convert=SECTIONS[section][key], name=name)
            problems.append(Problem(text) if text else None)
    return Layer(
        values=values,
        problems=tuple(problem for problem in problems if problem),
        variables={place: name for name, place in VARIABLES.items()},
    )


def _unknown_variable(name: str) -> Problem | None:
    known = {one.removeprefix(PREFIX): one for one in (*VARIABLES, CONFIG_VARIABLE)}
    rest = name.removeprefix(PREFIX)
    if rest in known or not (meant := nearest(rest, known, cutoff=_VERY_NEAR)):
        return None
    text = _("{name} is not known; did you mean {meant}?")
    return Problem(text.format(name=name, meant=known[meant]))


def from_document(document: Document) -> Layer:
    """Read every section but those of contacts, groups and the relay."""
    values: dict[Place, Any] = {}
    problems: list[Problem] = []
    for section, table in document.tables.items():
        if section not in {*SECTIONS, *NAMED, *RELAY_SECTIONS}:
            problems.append(_unknown_section(section, table))
        elif not isinstance(table, dict):
            text = _("{name} is a section: write [{name}] on a line of its own")
            problems.append(Problem(text.format(name=section), (section,)))
        elif section in SECTIONS:
            problems += read_table(values, (section,), table, known=SECTIONS[section])
    return Layer(values=values, problems=tuple(problems), folder=folder_of(document))


def folder_of(document: Document) -> Path | None:
    """Return where relative paths in the file start, None without a file."""
    return document.path.parent if document.path else None


def read_table(
    values: dict[Place, Any],
    path: Place,
    table: Mapping[str, object],
    *,
    known: Mapping[str, Converter],
    title: str = "",
) -> Iterator[Problem]:
    """Put the converted settings of the table at `path` into `values`; yield what is wrong.

    `title` is what people know the table by when it has no section of its own.
    """
    title = title or ".".join(path)
    for key, raw in table.items():
        place = (*path, key)
        if key in known:
            name = f"[{title}] {key}"
            text = _take(values, place, raw, convert=known[key], name=name)
        else:
            unknown = _("[{section}] {key} is not known; {hint}")
            text = unknown.format(section=title, key=key, hint=_hint(key, known=known))
        if text:
            yield Problem(text, place)


def _hint(key: str, *, known: Iterable[str]) -> str:
    if meant := nearest(key, known):
        return _("did you mean {meant}?").format(meant=meant)
    if homes := [f"[{home}] {key}" for home, keys in _sections().items() if key in keys]:
        return _("did you mean {meant}?").format(meant=homes[0])
    return _("known are {names}").format(names=", ".join(known))


def _sections() -> dict[str, Mapping[str, Converter]]:
    """Return all tables, those of the relay last, which only an error needs here."""
    from im_notify.relay_settings import TABLES

    return {**SECTIONS, **TABLES}


def _unknown_section(name: str, table: object) -> Problem:
    if not isinstance(table, dict):
        return _outside(name)
    known = (*SECTIONS, *NAMED, *RELAY_SECTIONS)
    meant = nearest(name, known)
    hint = _("did you mean [{meant}]?") if meant else _("known are {names}")
    shown_hint = hint.format(meant=meant, names=", ".join(known))
    text = _("section [{name}] is not known; {hint}")
    return Problem(text.format(name=name, hint=shown_hint), (name,))


def _outside(key: str) -> Problem:
    sections = _sections()
    homes = {name: home for home in reversed(sections) for name in sections[home]}
    meant = nearest(key, homes)
    hint = _("did you mean [{home}] {meant}?") if meant else _("write it under its section")
    shown_hint = hint.format(home=homes.get(meant or ""), meant=meant)
    text = _("{name} stands outside of a section; {hint}")
    return Problem(text.format(name=key, hint=shown_hint), (key,))


def _take(
    values: dict[Place, Any], place: Place, raw: object, *, convert: Converter, name: str
) -> str:
    """Return what is wrong with the setting, nothing when it was taken."""
    try:
        values[place] = convert(raw)
    except ConfigError as error:
        return wrong_value(name, shown(raw, key=place[-1]), allowed=str(error))
    return ""


def wrong_value(name: str, value: str, *, allowed: str) -> str:
    """Say what is wrong with a setting; an empty `value` is one that must not be shown."""
    text = _("{name} is {value}: {allowed}") if value else _("{name}: {allowed}")
    return text.format(name=name, value=value, allowed=allowed)


def explain(problems: Iterable[Problem], document: Document) -> str:
    """Return one line a problem: those of the environment, then those of the file by line."""
    from im_notify.toml_lines import line_of, lines_of

    lines = lines_of(document.text)
    placed = [(line_of(lines, one.keys) if one.keys else 0, one.text) for one in problems]
    placed.sort(key=lambda one: one[0])
    return "\n".join(f"{document.path}:{line}: {text}" if line else text for line, text in placed)
