"""From names to telephone numbers; bare numbers where a door allows them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.config import numbers_of
from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.recipients import parse
from im_notify.relay.ladders import rungs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from im_notify.config import Config
    from im_notify.outbox.entries import Rung
    from im_notify.relay_config import RelayConfig

_log = logging.getLogger(__name__)
_CODE = 452  # provider document: recipients missing or wrong


class RecipientError(InvalidMessageError):
    """A recipient cannot be texted; the text says which by its place and does not repeat it."""

    def __init__(self, text: str) -> None:
        """Carry the provider's code for recipients."""
        super().__init__(text, code=_CODE)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Unique numbers; the names they stand for, parted by commas; what those fall back to."""

    numbers: tuple[str, ...]
    contact: str | None
    ladder: tuple[Rung, ...]


class People:
    """The contacts and groups of one configuration; each is looked up once."""

    def __init__(self, config: Config, relay: RelayConfig) -> None:
        """Look nothing up yet."""
        self._config = config
        self._relay = relay
        self._numbers: dict[str, tuple[str, ...]] = {}
        self._known: frozenset[str] | None = None

    def choose(self, typed: Sequence[str], *, raw: bool, contacts_too: bool = False) -> Chosen:
        """Resolve names and, if `raw`, numbers as people type them.

        `contacts_too` lets a number pass that belongs to a contact. Raises RecipientError.
        """
        names = [one for one in typed if self.knows(one)]
        allowed = None if raw else (self._of_contacts() if contacts_too else frozenset())
        found = [
            number
            for place, one in enumerate(typed, start=1)
            for number in (self._named(one) if one in names else self._bare(one, place, allowed))
        ]
        if not found:
            raise RecipientError(_("there is no recipient"))
        return Chosen(tuple(dict.fromkeys(found)), ",".join(names) or None, self._ladder(names))

    def knows(self, name: str) -> bool:
        """Say whether it is the name of a contact or a group."""
        return name in self._config.contacts or name in self._config.groups

    def _named(self, name: str) -> tuple[str, ...]:
        """Return the numbers of a name; one that is wrong does not keep the others silent."""
        if name not in self._numbers:
            found = self._parse(numbers_of(self._config, name) or ())
            self._numbers[name] = found[0]
            for reason in found[1]:
                _log.warning(_("a number of %s is left out: %s"), name, reason)
        return self._numbers[name]

    def _bare(self, typed: str, place: int, allowed: frozenset[str] | None) -> Iterator[str]:
        numbers, reasons = self._parse([typed])
        is_name = not any(map(str.isdigit, typed))
        if is_name or allowed == frozenset() or not (numbers or reasons):
            text = _("recipient {place} is neither a contact nor a group")
            raise RecipientError(text.format(place=place))
        if allowed is not None and not allowed.issuperset(numbers):
            text = _("recipient {place} is no contact: bare numbers are not allowed here")
            raise RecipientError(text.format(place=place))
        if reasons:
            text = _("recipient {place}: {reason}")
            raise RecipientError(text.format(place=place, reason=reasons[0]))
        yield from numbers

    def _parse(self, typed: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
        config = self._config
        found = parse(typed, foreign=config.allow_foreign, landline=config.allow_landline)
        return found.numbers, [one.reason for one in found.refused]

    def _of_contacts(self) -> frozenset[str]:
        if self._known is None:
            names = self._config.contacts
            self._known = frozenset(number for name in names for number in self._named(name))
        return self._known

    def _ladder(self, names: Iterable[str]) -> tuple[Rung, ...]:
        """Put the ladders of all contacts behind the names together."""
        return rungs_of(self._relay, ",".join(self._contacts(names)))

    def _contacts(self, names: Iterable[str]) -> list[str]:
        """List the names with all that their groups lead to, each once."""
        found: dict[str, None] = {}
        to_do = list(names)
        while to_do:
            name = to_do.pop(0)
            if name not in found:
                found[name] = None
                to_do += self._config.groups.get(name, ())
        return list(found)
