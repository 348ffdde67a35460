"""Texts for people in the language of the locale: English in the source, Turkish in `locale/`."""

from __future__ import annotations

import functools
import os

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def _(message: str) -> str:
    """Translate `message` for the locale of the process (LANGUAGE, LC_ALL, LC_MESSAGES, LANG)."""
    wanted = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    return message if wanted[:2] in {"", "C", "C.", "en", "PO"} else _catalogue(wanted)(message)


@functools.cache
def _catalogue(wanted: str) -> functools.partial[str] | type[str]:
    import gettext
    from pathlib import Path

    languages = [language.partition(".")[0] for language in wanted.split(":")]
    folder = Path(__file__).with_name("locale")
    found = gettext.translation("im_notify", folder, languages, fallback=True)
    return functools.partial(found.gettext)
