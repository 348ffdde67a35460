"""What `im-notify init` wants to know, and what an answer may be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.nearest import nearest
from im_notify.recipients import parse, require
from im_notify.relay_values import to_listen
from im_notify.settings import to_iys, to_seconds, to_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    T = TypeVar("T")

LISTEN = "127.0.0.1:8025"
AFTER = "90s"
CONTACT, SECOND = "oncall", "second"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_SPAN_LIKE = re.compile(r"[0-9][0-9A-Za-z.]*")  # a mistyped one is no name either


@dataclass(frozen=True, slots=True)
class Person:
    """A contact: a name for the configuration, and a number in one form."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who is told `after` a time such as `90s` without delivery: an Apprise URL or a person."""

    after: str
    to: str | Person = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything that a first configuration is made of."""

    sender: str
    iys: str
    contact: Person
    fallback: Fallback | None = None
    sources: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    listen: str = LISTEN
    system: bool = False
    language: str = "en"

    @property
    def only_sms(self) -> bool:
        """Say whether nobody is told but by SMS: then a relay that cannot send tells nobody."""
        return self.fallback is None or isinstance(self.fallback.to, Person)


def read_sender(typed: str) -> str:
    """Take a sender. Raises InvalidMessageError, as all of these do."""
    if not typed.strip():
        raise InvalidMessageError(_("an SMS needs a sender: take one that the panel lists"))
    return _converted(to_sender, typed)


def read_iys(typed: str) -> str:
    """Take `0` or a list of the registry; there is no default, for it is a decision."""
    found = _converted(to_iys, typed)
    if found == "1":
        raise InvalidMessageError(_("use 0, BIREYSEL or TACIR"))
    return found


def read_contact(typed: str, *, name: str = CONTACT) -> Person:
    """Take `oncall=5301234567`, or a number alone for the contact `name`."""
    before, sign, after = typed.partition("=")
    found = require(parse(after if sign else before))
    if len(found) > 1:
        raise InvalidMessageError(_("use one number; the others go into the file"))
    return Person(_name(before) if sign else name, found[0])


def read_fallback(typed: str, objection: Callable[[str], str | None]) -> Fallback:
    """Take `90s=mailto://…`, `3m=second=5301234570`, or a URL or number without the time.

    `objection` says why a URL cannot be used.
    """
    before, sign, after = typed.strip().partition("=")
    timed = bool(sign and _SPAN_LIKE.fullmatch(before.strip()))
    to = after.strip() if timed else typed.strip()
    span = before.strip() if timed else AFTER
    _converted(to_seconds, span)
    if not _URL.fullmatch(to):
        return Fallback(span, read_contact(to, name=SECOND))
    if reason := objection(to):
        raise InvalidMessageError(reason)
    return Fallback(span, to)


def read_sources(typed: str, known: Sequence[str]) -> tuple[str, ...]:
    """Take names of `known`, or their numbers in the list from 1, parted by commas or spaces."""
    found = (_source(one, known) for one in re.split(r"[\s,]+", typed.strip()) if one)
    return tuple(dict.fromkeys(found))


def _source(typed: str, known: Sequence[str]) -> str:
    if typed.isdecimal() and 0 < int(typed) <= len(known):
        return known[int(typed) - 1]
    if typed in known:
        return typed
    if meant := nearest(typed, known):
        text = _("{name} is not known; did you mean {meant}?")
        raise InvalidMessageError(text.format(name=typed, meant=meant))
    text = _("source {source} is not known; there are: {known}")
    raise InvalidMessageError(text.format(source=typed, known=", ".join(known)))


def read_devices(typed: str) -> tuple[str, ...]:
    """Take names, parted by commas or spaces."""
    found = (_name(one) for one in re.split(r"[\s,]+", typed.strip()) if one)
    return tuple(dict.fromkeys(found))


def read_listen(typed: str) -> str:
    """Take `host:port` or `unix:/path`."""
    _converted(to_listen, typed)
    return typed.strip()


def read_service(typed: str) -> bool:
    """Take `system` or `user`, or the beginning of either; true for the system."""
    for word in ("system", "user"):
        if typed.strip() and word.startswith(typed.strip().casefold()):
            return word == "system"
    raise InvalidMessageError(_("say system or user"))


def _name(typed: str) -> str:
    name = typed.strip()
    if not _NAME.fullmatch(name):
        text = _("{name!r} is no name for a section: use letters, digits, - and _")
        raise InvalidMessageError(text.format(name=name))
    return name


def _converted(converter: Callable[[object], object], typed: str) -> str:
    """Refuse what the file would be refused for."""
    try:
        found = converter(typed.strip())
    except ConfigError as error:
        raise InvalidMessageError(str(error)) from error
    return found if isinstance(found, str) else typed.strip()
