"""Refuses contacts whose numbers cannot be texted: what runs for months must not find out late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.config_file import Document, read_document
from im_notify.config_layers import Problem, explain
from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.recipients import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from im_notify.config import Config


def refuse_wrong_numbers(config: Config) -> None:
    """Raise ConfigError with a line for each number of a contact that nothing would be sent to.

    A number is told by its place: the file has it, logs need not.
    """
    problems = list(_problems(config))
    if problems:
        document = read_document(str(config.path)) if config.path else Document()
        raise ConfigError(explain(problems, document))


def _problems(config: Config) -> Iterator[Problem]:
    for name, numbers in config.contacts.items():
        for place, typed in enumerate(numbers, start=1):
            if reason := _objection(typed, config):
                text = _("[contacts.{name}] number {place} cannot be texted: {reason}")
                keys = ("contacts", name, "numbers") if config.path else ()
                yield Problem(text.format(name=name, place=place, reason=reason), keys)


def _objection(typed: str, config: Config) -> str:
    """Return why it cannot be texted, and what would let it pass; nothing when it can."""
    found = parse(typed, foreign=config.allow_foreign, landline=config.allow_landline)
    if not found.refused:
        return "" if found.numbers else _("not a number")
    reason = found.refused[0].reason
    if parse(typed, foreign=True, landline=True).refused:
        return reason
    text = _("{reason}; allow_foreign or allow_landline in [recipients] would let it pass")
    return text.format(reason=reason)
