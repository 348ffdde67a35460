"""Asks a person, again when an answer cannot be used, and never what is known already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.setup import answers as reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from im_notify.app import App
    from im_notify.setup.answers import Answers, Fallback, Person

T = TypeVar("T")
_COLUMNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was said before anything is asked; None is not said."""

    sender: str | None = None
    iys: str | None = None
    contact: str | None = None
    fallback: str | None = None
    sources: str | None = None
    devices: str | None = None
    listen: str | None = None
    system: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Where answers come from: a person, or nobody, who leaves everything as it is.

    `objection` says why a URL could not be told anything, None when it could.
    """

    app: App
    person: bool
    root: bool
    sources: Sequence[str]
    objection: Callable[[str], str | None]

    def answers(self, known: Known, *, language: str) -> Answers:
        """Return all answers. Raises InvalidMessageError for one that is wrong or missing."""
        return reading.Answers(
            sender=self._sender(known.sender),
            iys=self._iys(known.iys),
            contact=self._contact(known.contact),
            fallback=self._fallback(known.fallback),
            sources=self._sources(known.sources),
            devices=self._devices(known.devices),
            listen=self._listen(known.listen),
            system=self._service(known.system),
            language=language,
        )

    def agreed(self, question: str) -> bool:
        """Ask for a yes; nobody says yes."""
        if not self.person:
            return True
        yes_or_no = _("Y/n")  # outside of the f-string, where extraction does not look
        said = self._line(f"{question} [{yes_or_no}] ").strip().casefold()
        return not said or said[0] in {"y", "e", _("y")}

    def _sender(self, said: str | None) -> str:
        question = _("1/6  Sender, exactly as it is approved: case and spaces count")
        return self._answer(said, question, reading.read_sender, flag="--sender")

    def _iys(self, said: str | None) -> str:
        question = _("2/6  What is sent? 0: alarms and codes; BIREYSEL or TACIR: commercial texts")
        return self._answer(said, question, reading.read_iys, flag="--iys")

    def _contact(self, said: str | None) -> Person:
        question = _("3/6  Who is told first? A name and a number, such as oncall=5301234567")
        return self._answer(said, question, reading.read_contact, flag="--contact")

    def _fallback(self, said: str | None) -> Fallback | None:
        question = _(
            "4/6  Who is told when that was not delivered after 90s? An Apprise URL such as\n"
            "     mailto://…, or a number; Enter for nobody"
        )
        return self._answer(
            said,
            question,
            _optional(lambda typed: reading.read_fallback(typed, self.objection)),
            usual="",
        )

    def _sources(self, said: str | None) -> tuple[str, ...]:
        listed = "\n".join(_table(self.sources))
        question = _(
            "5/6  Which of these post alerts? Numbers or names, Enter for none. What runs a\n"
            "     command instead needs nothing here: im-notify alert\n{listed}"
        )
        shown = question.format(listed=listed)
        return self._answer(
            said, shown, lambda typed: reading.read_sources(typed, self.sources), usual=""
        )

    def _devices(self, said: str | None) -> tuple[str, ...]:
        question = _(
            "     Which devices call an address to send? Names of your choice, such as lobby;\n"
            "     Enter for none"
        )
        return self._answer(said, question, reading.read_devices, usual="")

    def _listen(self, said: str | None) -> str:
        question = _("6/6  Where does it listen? Enter for {usual}").format(usual=reading.LISTEN)
        return self._answer(said, question, reading.read_listen, usual=reading.LISTEN)

    def _service(self, said: bool | None) -> bool:  # noqa: FBT001  a flag of the command line
        if said is not None:
            return said
        usual = "system" if self.root else "user"
        question = _(
            "     For this machine (system) or just for you (user)? Enter for {usual}"
        ).format(usual=usual)
        return self._answer(None, question, reading.read_service, usual=usual)

    def _answer(
        self,
        said: str | None,
        question: str,
        read: Callable[[str], T],
        *,
        flag: str = "",
        usual: str | None = None,
    ) -> T:
        """Return what was said, asked for, or is `usual`; what must be said has a `flag`."""
        if said is not None:
            return read(said)
        if not self.person:
            if usual is None:
                text = _("{flag} is missing, and nobody is here to be asked")
                raise InvalidMessageError(text.format(flag=flag))
            return read(usual)
        return self._asked(question, read, usual=usual)

    def _asked(self, question: str, read: Callable[[str], T], *, usual: str | None) -> T:
        self.app.say(question)
        while True:
            typed = self._line("     > ").strip()
            try:
                return read(typed or usual or "")
            except InvalidMessageError as error:
                self.app.say(f"     {error}")

    def _line(self, prompt: str) -> str:
        self.app.stderr.write(prompt)
        self.app.stderr.flush()
        line = self.app.stdin.readline()
        if not line:
            raise InvalidMessageError(_("the answers ended too early: nothing was written"))
        return line


def _optional(read: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda typed: read(typed) if typed else None


def _table(names: Sequence[str]) -> list[str]:
    """Number the names from 1, a few on a line."""
    cells = [f"{number:>2} {name:<16}" for number, name in enumerate(names, 1)]
    rows = range(0, len(cells), _COLUMNS)
    return ["     " + " ".join(cells[row : row + _COLUMNS]).rstrip() for row in rows]
