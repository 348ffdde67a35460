"""What a command works with: the process around it, the configuration, the plugins."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from im_notify.clock import SystemClock
from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from im_notify.clock import Clock
    from im_notify.config import Config
    from im_notify.plugins import Plugins
    from im_notify.protocols import Backend


@dataclass(kw_only=True)
class App:
    """One run of `im-notify`; configuration and plugins are loaded when a command asks.

    Programs may use it as well: `App().backend("json")` is ready to send.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: Clock = field(default_factory=SystemClock)
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    config_path: str | None = None

    @cached_property
    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        from im_notify.config import load

        return load(self.environ, path=self.config_path)

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins that are installed and allowed. Raises ConfigError."""
        from im_notify.discovery import find
        from im_notify.hookspecs import NAME
        from im_notify.plugins import Plugins

        allow, block = self.config.plugins_allow, self.config.plugins_block
        return Plugins.load(find(NAME, sys.path), allow=allow, block=block)

    @cached_property
    def backends(self) -> Mapping[str, Backend]:
        """The ways to send, by name: each keeps its connections and its rate for all its users."""
        return self.plugins.backends(self.config, self.clock)

    def backend(self, name: str | None = None) -> Backend:
        """Return a way to send, the configured one by default. Raises ConfigError."""
        wanted = name or self.config.provider.backend
        if wanted not in self.backends:
            text = _("there is no backend {name}; there are: {names}")
            names = ", ".join(sorted(self.backends)) or "-"
            raise ConfigError(text.format(name=wanted, names=names))
        return self.backends[wanted]

    def recipients(self, to: Sequence[str], *, skip_invalid: bool = False) -> tuple[str, ...]:
        """Resolve contacts, groups and numbers as people type them.

        Raises InvalidMessageError that names every refused number, unless they are to be
        skipped; then they are named on stderr.
        """
        from im_notify.config import numbers_of
        from im_notify.recipients import parse, require

        typed: list[str] = []
        for entry in to:
            for part in entry.split(","):
                named = numbers_of(self.config, part.strip())
                typed += [part] if named is None else named
        found = parse(typed, foreign=self.config.allow_foreign, landline=self.config.allow_landline)
        if not skip_invalid or not found.numbers:
            return require(found)
        for refused in found.refused:
            text = _("skipped {typed}: {reason}")
            self.say(text.format(typed=refused.typed, reason=refused.reason))
        return found.numbers

    def text(self, typed: str) -> str:
        """Return the text of a message: what was typed, or standard input for `-`."""
        if typed != "-":
            return typed
        text = self.stdin.read().rstrip("\n")
        if not text.strip():
            raise InvalidMessageError(_("the text on standard input is empty"), code=454)
        return text

    def say(self, text: str) -> None:
        """Write a line of talk to stderr."""
        print(text, file=self.stderr)

    def print(self, text: str) -> None:
        """Write a line of the result to stdout."""
        print(text, file=self.stdout)

    def print_json(self, value: object) -> None:
        """Write the result as one JSON object on one line."""
        from json import dumps

        self.print(dumps(value, ensure_ascii=False))

    @property
    def terminal(self) -> bool:
        """Say whether a person reads stdout, who gets colours and progress."""
        return self.stdout.isatty()
