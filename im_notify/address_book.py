"""Contacts and groups of the configuration file: names for telephone numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.config_layers import Problem, wrong_value
from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.nearest import nearest
from im_notify.settings import ENTRY_KEYS, FALLBACK, NAMED, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from im_notify.config_file import Document

    Names = Mapping[str, tuple[str, ...]]


def read_names(document: Document, section: str) -> tuple[Names, list[Problem]]:
    """Return the entries of `contacts` or `groups`, and what is wrong in them.

    `[contacts.oncall]` with `numbers` and `oncall = […]` under `[contacts]` are the same.
    """
    table = document.tables.get(section)
    names: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for name, raw in table.items() if isinstance(table, dict) else ():
        if strange := list(_strange_keys(section, name, raw)):
            problems += strange
            continue
        value = raw.get(ENTRY_KEYS[section]) if isinstance(raw, dict) else raw
        try:
            names[name] = NAMED[section](value)
        except ConfigError as error:
            label = f"[{section}] {name}"
            text = wrong_value(label, shown(value, key=name), allowed=str(error))
            problems.append(Problem(text, (section, name)))
    return names, problems


def _strange_keys(section: str, name: str, raw: object) -> Iterator[Problem]:
    known = [ENTRY_KEYS[section], *([FALLBACK] if section == "contacts" else [])]
    for key in raw if isinstance(raw, dict) else ():
        if key not in known:
            text = _("[{section}.{name}] {key} is not known; did you mean {meant}?")
            meant = nearest(key, known) or known[0]
            shown_text = text.format(section=section, name=name, key=key, meant=meant)
            yield Problem(shown_text, (section, name, key))


def check_groups(contacts: Names, groups: Names) -> Iterator[Problem]:
    """Yield what keeps a group from leading to numbers: clashes, unknown names, cycles."""
    for group, members in groups.items():
        keys = ("groups", group)
        if group in contacts:
            text = _("[groups] {group} is the name of a contact too: rename one of them")
            yield Problem(text.format(group=group), keys)
        for member in members:
            if member not in contacts and member not in groups:
                known = (*contacts, *groups)
                yield Problem(stranger(f"[groups] {group}", member, known=known), keys)
        if _contains_itself(group, groups):
            text = _("[groups] {group} contains itself: take one of its groups out")
            yield Problem(text.format(group=group), keys)


def stranger(where: str, name: str, *, known: Iterable[str]) -> str:
    """Say that the setting `where` holds a `name` that is not `known`, and what was meant."""
    meant = nearest(name, known)
    text = _("{where}: {name} is neither a contact nor a group; {hint}")
    hint = _("did you mean {meant}?") if meant else _("add it to [contacts]")
    return text.format(where=where, name=name, hint=hint.format(meant=meant))


def _contains_itself(group: str, groups: Names) -> bool:
    seen: set[str] = set()
    to_do = list(groups[group])
    while to_do:
        name = to_do.pop()
        if name not in seen:
            seen.add(name)
            to_do.extend(groups.get(name, ()))
    return group in seen


def resolve(name: str, *, contacts: Names, groups: Names) -> tuple[str, ...] | None:
    """Return the numbers behind a contact or a group, each once and in the order of the file.

    None when there is no such name; numbers are as typed, so two ways to write one are two.
    """
    if name not in contacts and name not in groups:
        return None
    return tuple(dict.fromkeys(_numbers(name, contacts, groups=groups)))


def _numbers(name: str, contacts: Names, *, groups: Names) -> Iterator[str]:
    seen: set[str] = set()
    to_do = [name]
    while to_do:
        name = to_do.pop()
        if name not in seen:
            seen.add(name)
            yield from contacts.get(name, ())
            to_do.extend(reversed(groups.get(name, ())))
