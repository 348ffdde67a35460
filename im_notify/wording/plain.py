"""Turn whatever a source told into one line of characters that are cheap to send."""

from __future__ import annotations

import re

from im_notify.text import estimate, transliterate

_SPELT = 3  # characters whose numbers stand for a text
_LONGEST = 2_000  # characters looked at; seven parts have 1,066
# control characters, line ends, marks that turn the direction of writing, halves of characters
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]",
)
_URL = re.compile(r"https?://(?:[^\s/?#]*@)?([^\s/?#:]*)\S*", re.IGNORECASE)
_HOST = re.compile(r"(?!www\.)([\w-]+)(?:\.[\w-]+)*\.[a-z][a-z0-9-]*\.?", re.IGNORECASE)
_PORT = re.compile(r"(?<=[\w.]):[0-9]{2,5}\Z")

# Those of two septets; the backtick is in no table. The euro sign has no shorter way to be said.
_DEAR = str.maketrans(dict(zip("[{]}\\|~`", "(())//-'", strict=True)) | {"^": ""})
_NEAREST = {
    "\u2044": "/",
    "\u00d7": "x",
    "\u00b5": "u",
    "\u2022": "-",
    "\u2192": "->",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u00b1": "+-",
    "\u0259": "e",
    "\u018f": "E",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0153": "oe",
    "\u0627": "a",  # alef; anyascii leaves out what Arabic and Hebrew read as vowels
    "\u0649": "a",
    "\u0639": "a",
    "\u05d0": "a",
    "\u05e2": "a",
}
_READ = "LMN"  # categories: letters, the marks that are vowels of many scripts, digits


def plain(told: str, *, cheap: bool, url: str = "") -> str:
    r"""Return `told` on one line, without URLs; the rest of a long text is not looked at.

    `url` is put in place of each URL: `\1` keeps its host. With `cheap` what is not in the GSM
    alphabet becomes its nearest letters, those of other scripts in Latin ones as they are read; `?`
    for a letter that has none, and nothing for a sign.
    """
    text = _UNSEEN.sub(" ", told[:_LONGEST])
    text = (_gsm(text) if cheap else text).translate(_DEAR)
    if "://" in text:
        text = _URL.sub(url, text).rstrip(" :,;-(")
    return " ".join(text.split())


def says_something(text: str) -> bool:
    """Say whether there is a letter or a digit in it."""
    return any(map(str.isalnum, text))


def spelt(told: str) -> str:
    """Return the numbers of the first letters, `U+12000`, of what `plain` finds no cheap ones for.

    So that a text in whatever script says something; nothing for all others.
    """
    if says_something(plain(told, cheap=True)):
        return ""
    read = filter(str.isalnum, plain(told, cheap=False))
    return " ".join(f"U+{ord(one):04X}" for one in list(read)[:_SPELT])


def short_name(name: str) -> str:
    """Return the host of a name without port and domain; addresses and other names stay whole."""
    without_port = _PORT.sub("", name) if name.count(":") == 1 else name
    host = _HOST.fullmatch(without_port)
    return host[1] if host else without_port


def without_name(text: str, *names: str) -> str:
    """Return `text` without the first of `names` that it begins with."""
    for name in filter(None, names):
        rest = text[len(name) :]
        if text[: len(name)].casefold() == name.casefold() and rest[:1] in {"", " ", ":", ","}:
            return rest.lstrip(" :,").removeprefix("- ")
    return text


def _gsm(told: str) -> str:
    text = transliterate(told)
    forcing = () if text.isascii() else estimate(text).forcing
    if not forcing:
        return text
    nearest = text.translate({ord(sign): _nearest(sign) for sign in forcing})
    return re.sub(r"\?{2,}", "?", nearest)


def _nearest(sign: str) -> str:
    from unicodedata import category, normalize

    if sign in _NEAREST:
        return _NEAREST[sign]
    letters = [_NEAREST.get(part, part) for part in normalize("NFKD", sign)]
    found = "".join(filter(str.isascii, letters))
    return found or (_latin(sign) if category(sign)[0] in _READ else "")


def _latin(sign: str) -> str:
    """Return how a character is read; marks and lengthened vowels may have no letter of their own.

    Only characters that are read come here: of a picture `anyascii` makes `:fire:`.
    """
    from unicodedata import category

    from anyascii import anyascii

    return anyascii(sign) or ("?" if sign.isalpha() and category(sign) != "Lm" else "")
