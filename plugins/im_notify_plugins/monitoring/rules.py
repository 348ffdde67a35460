"""How a generic source reads a payload: which field is what, and which words mean what.

A rule is a text. In one that names fields, `a | b` takes the first that says something, `a + b`
joins both and says nothing unless both do, `check.name` follows a path, and `'critical'` is
itself. The others list words, with commas.

    object summary severity started group   what the alert has
    state                                   the word for where the problem stands
    episode                                 names the problem, alike when it fires and recovers
    check                                   where `episode` says nothing, names the problem together
                                            with `object`; a source without this rule does not try
    event                                   names an event that has no recovery
    labels                                  fields to keep, with commas
    resolved acknowledged ignored           words of `state`; all others fire, unless well known
    critical warning info                   words of `severity`, besides those well known
    once                                    words of `state` for events without recovery; `*` is
                                            all, `?` is those that tell no known state
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify_plugins.monitoring.presets import PRESETS
from im_notify_plugins.monitoring.readings import at, plain, text

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One rule for each part of an alert; empty means that the payload does not have it."""

    object: str = ""
    summary: str = ""
    severity: str = ""
    started: str = ""
    group: str = ""
    state: str = ""
    episode: str = ""
    check: str = ""
    event: str = ""
    labels: str = ""
    resolved: str = ""
    acknowledged: str = ""
    ignored: str = ""
    critical: str = ""
    warning: str = ""
    info: str = ""
    once: str = ""


def rules(preset: str, changes: Mapping[str, object] | None = None) -> Rules:
    """Return the rules of a preset, some of them replaced. Raises ConfigError."""
    known = [field.name for field in fields(Rules)]
    for name, rule in (changes or {}).items():
        if name not in known or not isinstance(rule, str):
            wrong = _("map has no text rule {name!r}: use {known}")
            raise ConfigError(wrong.format(name=name, known=", ".join(known)))
    chosen = {name: rule for name, rule in (changes or {}).items() if isinstance(rule, str)}
    return replace(Rules(**PRESETS[preset]), **chosen)


def read(rule: str, record: Mapping[str, object]) -> str:
    """Return what the fields of a rule say, an empty text for nothing."""
    return next((said for option in rule.split("|") if (said := _joined(option, record))), "")


def listed(rule: str) -> list[str]:
    """Return the words of a list."""
    return [word.strip().lower() for word in rule.split(",") if word.strip()]


def _joined(option: str, record: Mapping[str, object]) -> str:
    parts = [_one(name.strip(), record) for name in option.split("+")]
    return " ".join(parts) if all(parts) else ""


def _one(name: str, record: Mapping[str, object]) -> str:
    if name.startswith("'") and name.endswith("'"):
        return name.strip("'")
    value = at(record, name)
    if isinstance(value, list):  # such as tags
        return plain(" ".join(text(item) for item in value[:20]))
    return plain(value)
