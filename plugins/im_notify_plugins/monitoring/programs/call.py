"""How a program called us."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from im_notify_plugins.monitoring.readings import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from im_notify.alerts import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One run of the command: what stands behind its options, and what is around it.

    `flags` holds the options that were given, `words` what stands outside of options. `stdin` is
    read when it is called. `key` is a name that nobody else has, for an event without one.
    """

    key: str
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    flags: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    words: Sequence[str] = field(default=(), repr=False)
    stdin: Callable[[], str] = field(default=lambda: "", repr=False)

    def flag(self, name: str) -> str:
        """Return an option as one clean line, empty when it was not given or is a macro."""
        return text(self.flags.get(name, ""))

    def prefixed(self, prefix: str) -> dict[str, str]:
        """Return the variables of the environment that begin so, without that beginning."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.environ.items()
            if name.startswith(prefix)
        }


class Program(Protocol):
    """A program that runs us."""

    @property
    def name(self) -> str:
        """Return what `--source` calls it, which is the source of its alerts."""

    def meant(self, call: Call) -> bool:
        """Say whether this program made the call, when nobody says which did."""

    def read(self, call: Call) -> list[Alert]:
        """Return what it tells, nothing for what nobody needs to be texted.

        Raises AlertError for a call that is none of this program.
        """
