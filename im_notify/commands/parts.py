"""`im-notify parts`: how many SMS a text takes, and which characters make it more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.protocols import Command

if TYPE_CHECKING:
    import argparse

    from im_notify.app import App
    from im_notify.text import Estimate

EXAMPLES = _("""examples:
  im-notify parts 'Disk /var %95 dolu'
  journalctl -n 3 | im-notify parts -""")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", help=_("the text; - reads standard input"))


def _run(args: argparse.Namespace, app: App) -> int:
    from im_notify.text import estimate, transliterate

    text = app.text(args.text)
    found, plain = estimate(text), estimate(transliterate(text))
    if args.json:
        app.print_json(_object(found))
    else:
        _print(found, plain, app)
    return Exit.OK


def _object(found: Estimate) -> dict[str, object]:
    return {
        "encoding": found.encoding,
        "parts": found.parts,
        "units": found.units,
        "remaining": found.remaining,
        "forcing": list(found.forcing),
        "turkish": list(found.turkish),
        "estimate": True,
    }


def _print(found: Estimate, plain: Estimate, app: App) -> None:
    app.print(_("encoding   {encoding}").format(encoding=found.encoding))
    app.print(_("parts      {parts} (estimate)").format(parts=found.parts))
    app.print(_("remaining  {count} in the last part").format(count=found.remaining))
    if found.turkish:
        app.print(_("Turkish    {chars}").format(chars=" ".join(found.turkish)))
    if found.forcing:
        shown = " ".join(f"{char} (U+{ord(char):04X})" for char in found.forcing)
        app.print(_("forcing    {chars}").format(chars=shown))
    if plain.parts < found.parts:
        app.say(_("with --transliterate it takes {parts}").format(parts=plain.parts))


COMMAND = Command(
    name="parts",
    help=_("count the SMS that a text takes"),
    configure=_configure,
    run=_run,
    epilog=EXAMPLES,
)
