"""`im-notify init`: a first configuration and a unit for systemd, out of six questions."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _, wanted
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App
    from im_notify.plugins import Plugins
    from im_notify.setup.answers import Answers
    from im_notify.setup.asking import Known
    from im_notify.setup.places import Places

HOMES = ("/home/", "/root/")
EXAMPLES = _("""examples:
  im-notify init                      (asks; nothing is written before you agree)
  im-notify init --yes --sender APITEST --iys 0 --contact oncall=5301234567
  im-notify init --yes --system --sender APITEST --iys 0 --contact oncall=5301234567 \\
    --fallback 90s=mailto://user:password@example.org --source generic --device lobby

Key and hash are never asked for: they go into files that only you can read.

exit codes: 0 written, 1 a file cannot be written, 2 an answer is wrong or missing, or a file is
there already""")


def _configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--sender", help=_("approved sender, as in the panel"))
    add("--iys", metavar="0|BIREYSEL|TACIR", help=_("0 for alarms and codes, else the İYS list"))
    add("--contact", metavar="NAME=NUMBER", help=_("who is told first"))
    add("--fallback", metavar="TIME=TO", help=_("who is told when it is not delivered by then"))
    add("--source", action="append", metavar="NAME", help=_("what sends alerts; again for more"))
    add(
        "--device", action="append", metavar="NAME", help=_("what calls an address; again for more")
    )
    add("--listen", metavar="HOST:PORT", help=_("where it listens (default 127.0.0.1:8025)"))
    add("--language", choices=("tr", "en"), help=_("of the texts (default: that of the locale)"))
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--system", action="store_true", help=_("as a service of this machine"))
    whose.add_argument("--user", action="store_true", help=_("just for you"))
    add("--output", metavar="DIR", help=_("write all files there"))
    add("--yes", action="store_true", help=_("ask nothing"))
    add("--force", action="store_true", help=_("write over what is there"))


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify.setup.configuration import configuration, for_callers
    from im_notify.setup.unit import unit
    from im_notify.setup.writing import refuse_to_overwrite, write_all

    places, answers = _answers(args, app)
    if not args.force:
        refuse_to_overwrite(filter(None, (places.config, places.callers, places.unit)))
    if answers is None:
        app.say(_("nothing was written"))
        return Exit.OK
    write_all(
        places,
        configuration=configuration(answers, places),
        callers=for_callers(places),
        unit=unit(answers, places, _program()),
    )
    _print(args, app, answers=answers, places=places)
    return Exit.OK


def _answers(args: argparse.Namespace, app: App) -> tuple[Places, Answers | None]:
    """Return where to write and what was answered, None for that when it is not to be written."""
    from im_notify.setup.asking import Asking
    from im_notify.setup.places import places

    plugins = _plugins()
    asking = Asking(
        app=app,
        person=not args.yes and app.stdin.isatty(),
        root=os.geteuid() == 0,
        sources=_known_sources(plugins),
        objection=lambda url: plugins.fall_back(url, None),
    )
    answers = asking.answers(_said(args), language=args.language or _language())
    at = places(app.environ, system=answers.system, config=args.config, output=args.output)
    question = _("Write {config} and {unit}?").format(config=at.config, unit=at.unit)
    return at, answers if asking.agreed(question) else None


def _said(args: argparse.Namespace) -> Known:
    from im_notify.setup.asking import Known

    return Known(
        sender=args.sender,
        iys=args.iys,
        contact=args.contact,
        fallback=args.fallback,
        sources=None if args.source is None else ",".join(args.source),
        devices=None if args.device is None else ",".join(args.device),
        listen=args.listen,
        system=args.system if args.system or args.user else None,
    )


def _plugins() -> Plugins:
    """Return all that are installed; a configuration that is there already plays no part."""
    from im_notify.discovery import find
    from im_notify.hookspecs import NAME
    from im_notify.plugins import Plugins

    return Plugins.load(find(NAME, sys.path))


def _known_sources(plugins: Plugins) -> list[str]:
    """List what can send alerts here."""
    from im_notify.config import Config

    sources = plugins.sources(Config())
    return sorted(name for name, one in sources.items() if not getattr(one, "pushes", False))


def _language() -> str:
    return "tr" if wanted(os.environ).startswith("tr") else "en"


def _program() -> list[str]:
    """Return how this program is started, so that a service without a PATH finds it."""
    from pathlib import Path

    script = Path(sys.argv[0])
    if script.name == "im-notify" and script.is_file():
        return [str(script.absolute())]
    beside = Path(sys.executable).with_name("im-notify")
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "im_notify"]


def _print(args: argparse.Namespace, app: App, *, answers: Answers, places: Places) -> None:
    written = (places.config, places.callers, places.unit, places.key, places.hash)
    files = [str(one) for one in written if one]
    steps = _next(answers, places)
    if args.json:
        app.print_json({"files": files, "next": [command for command, _why in steps]})
        return
    for name in files:
        app.print(_("written  {path}").format(path=name))
    if answers.system and _program()[0].startswith(HOMES):
        text = _(
            "{program} is in a home folder, where the service may not go: install it elsewhere"
        )
        app.say(text.format(program=_program()[0]))
    app.print("")
    for number, (command, why) in enumerate(steps, 1):
        app.print(f"{number}. {why}\n   {command}")


def _next(answers: Answers, places: Places) -> list[tuple[str, str]]:
    """Return the commands that are left to a person, each with what it is for."""
    key, hash_, config, unit = map(
        shlex.quote, map(str, (places.key, places.hash, places.config, places.unit))
    )
    editor = "sudoedit" if answers.system else "${EDITOR:-vi}"
    as_root, manager = ("sudo ", "") if answers.system else ("", "--user ")
    start = f"systemctl {manager}enable --now"
    name = unit if places.is_elsewhere(system=answers.system) else "im-notify"
    check = f"{as_root}im-notify check --config {config}"
    return [
        *_account(answers, config),
        (
            f"{editor} {key} {hash_}",
            _("Put the provider's API key and hash in, one line in each file:"),
        ),
        (check, _("Check them, and the sender; nothing is sent:")),
        *_hearing(answers, f"{editor} {config}"),
        (f"{as_root}{start} {name}", _("Start it, now and with every boot:")),
        *_programs(places),
    ]


def _hearing(answers: Answers, edit: str) -> list[tuple[str, str]]:
    if not answers.only_sms:
        return []
    text = _("Put an Apprise URL into alarm and fallback, else nobody hears when no SMS can go:")
    return [(edit, text)]


def _account(answers: Answers, config: str) -> list[tuple[str, str]]:
    from im_notify.setup.places import USER
    from im_notify.setup.writing import service_user

    if not answers.system or service_user() is not None:
        return []
    create = f"sudo useradd --system --user-group --shell /usr/sbin/nologin {USER}"
    hand = f"sudo chown {USER} {config}"
    return [(f"{create} && {hand}", _("Make the account that it runs as:"))]


def _programs(places: Places) -> list[tuple[str, str]]:
    from im_notify.setup.places import USER

    if places.callers is None:
        return []
    text = _("Let a program's user hand alerts over, by im-notify alert --config {path}:")
    return [(f"sudo usermod -aG {USER} PROGRAM", text.format(path=places.callers))]


COMMAND = Command(
    name="init",
    help=_("write a first configuration and a unit for systemd"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
