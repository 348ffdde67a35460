"""The command line: finds the command, runs it, turns errors into exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from im_notify.app import App
from im_notify.errors import ImNotifyError
from im_notify.i18n import _, teach_argparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from im_notify.protocols import Command

#: the host's own commands
OWN = (
    *("send", "parts", "cancel", "check", "plugins", "sandbox"),
    *("serve", "outbox", "preview", "init"),
)
INTERRUPTED = 130  #: exit code after Ctrl-C, as shells report SIGINT


class _Parser(argparse.ArgumentParser):
    """One line for a wrong argument, without the usage around it.

    An option that takes a value takes one that begins with `-`, too, as getopt does: what a check
    says or a text is not chosen by who writes the command. One of our own options is none.
    """

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")

    def parse_known_args(  # type: ignore[override]  # namespaces of other types are not used
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        return super().parse_known_args(self._joined(args or ()), namespace)

    def _joined(self, words: Sequence[str]) -> list[str]:
        found: list[str] = []
        for word in words:
            if found and word.startswith("-") and self._takes(found[-1], word):
                found[-1] = f"{found[-1]}={word}"
            else:
                found.append(word)
        return found

    def _takes(self, option: str, word: str) -> bool:
        action = self._option_string_actions.get(option)
        return (
            option.startswith("--")
            and action is not None
            and action.nargs is None
            and word != "--"
            and word.partition("=")[0] not in self._option_string_actions
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`im_notify.exits`)."""
    teach_argparse()
    app = App()
    return run(sys.argv[1:] if argv is None else argv, app)


def run(argv: Sequence[str], app: App) -> int:
    """Run one command in `app` and return its exit code."""
    try:
        arguments, command = _understand(argv, app)
        return _guarded(command, arguments, app)
    except ImNotifyError as error:
        return _failed(error, app, as_json="--json" in argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _understand(argv: Sequence[str], app: App) -> tuple[argparse.Namespace, Command]:
    """Build the parser of the one command that is meant, or of all of them for help."""
    name = next((word for word in argv if not word.startswith("-")), "")
    app.config_path = _early_option(argv, "--config")
    commands = {name: _own(name)} if name in OWN else _all(app)
    if name not in commands:
        commands |= {one: _own(one) for one in OWN}
    parser = _parser(commands)
    arguments = parser.parse_args(argv)
    app.config_path = arguments.config
    return arguments, commands[arguments.command]


def _own(name: str) -> Command:
    command: Command = import_module(f"im_notify.commands.{name}").COMMAND
    return command


def _all(app: App) -> dict[str, Command]:
    return app.plugins.commands()


def _early_option(argv: Sequence[str], option: str) -> str | None:
    """Find an option before there is a parser: it decides which plugins there are."""
    for word, following in zip(argv, [*argv[1:], None], strict=True):
        if word == option:
            return following
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="im-notify",
        description=_("Alarms by SMS that know whether they arrived."),
        epilog=_("im-notify COMMAND --help explains a command. Try im-notify demo first."),
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help=_("print the version"))
    found = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, prog="im-notify"
    )
    for name in sorted(commands):
        command = commands[name]
        one = found.add_parser(
            name,
            help=command.help,
            description=command.help,
            epilog=command.epilog,
            formatter_class=_formatter,
        )
        one.add_argument("--config", metavar="FILE", help=_("configuration file (TOML)"))
        one.add_argument("--json", action="store_true", help=_("print one JSON object"))
        command.configure(one)
    return parser


def _formatter(prog: str) -> argparse.RawDescriptionHelpFormatter:
    """Set the width here: argparse would load `shutil` for it, 2 ms of every start."""
    try:
        width = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size().columns
    except (ValueError, OSError):
        width = 80
    return argparse.RawDescriptionHelpFormatter(prog, width=width - 2)


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> NoReturn:
        from importlib.metadata import version

        print(f"im-notify {version('im-notify')}")  # noqa: T201  argparse's own way is stdout
        parser.exit()


def _guarded(command: Command, arguments: argparse.Namespace, app: App) -> int:
    try:
        code = command.run(arguments, app)
        app.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `im-notify report … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        text = _("{command}: {reason}")
        app.say(text.format(command=f"im-notify {command.name}", reason=_reason(error)))
        return 1
    return code


def _reason(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return where + (error.strerror or str(error))


def _failed(error: ImNotifyError, app: App, *, as_json: bool) -> int:
    from im_notify.exits import exit_of_error

    if as_json:
        app.print_json({"error": {"kind": type(error).__name__, "text": str(error)}})
    app.say(f"im-notify: {error}")
    return exit_of_error(error)
