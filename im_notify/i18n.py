"""Texts for people in the language of the locale: English in the source, Turkish in `locale/`."""

from __future__ import annotations

import functools
import os
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PLAIN = frozenset({"C", "POSIX"})  # the locales without a language


def _(message: str) -> str:
    """Translate `message`, never an empty one, for the locale that the environment names."""
    return _catalogue(wanted(os.environ))(message)


def wanted(environ: Mapping[str, str]) -> str:
    """Return the locales to try, parted by colons, best first, as GNU gettext finds them.

    LC_ALL, LC_MESSAGES and LANG say the locale, in this order. LANGUAGE is a list in its place,
    but not in the locale C (manual of GNU gettext, "Specifying a Priority List of Languages").
    """
    get = environ.get
    locale = get("LC_ALL") or get("LC_MESSAGES") or get("LANG") or "C"
    return locale if _language(locale) in _PLAIN else get("LANGUAGE") or locale


def teach_argparse() -> None:
    """Have argparse speak as `_` does: it asks the default domain of `gettext`.

    That is a setting of the process. For English nothing is done.
    """
    languages = _foreign(wanted(os.environ))
    if not languages:
        return
    import gettext

    if gettext.find("argparse", _folder(), languages):
        gettext.bindtextdomain("argparse", _folder())
        gettext.textdomain("argparse")


@functools.cache
def _catalogue(locales: str) -> Callable[[str], str]:
    languages = _foreign(locales)
    if not languages:
        return str
    import gettext

    return gettext.translation("im_notify", _folder(), languages, fallback=True).gettext


def _foreign(locales: str) -> list[str]:
    """Return the locales before the first English one, which needs no catalogue."""
    named = filter(None, locales.split(":"))
    return list(takewhile(lambda one: _language(one) not in _PLAIN | {"en"}, named))


def _language(locale: str) -> str:
    return locale.partition(".")[0].partition("@")[0].partition("_")[0]


def _folder() -> Path:
    from pathlib import Path

    return Path(__file__).with_name("locale")
