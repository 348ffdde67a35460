"""Judges the values of the provider's GET parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.models import MAX_SENDER, check_sender
from im_notify_plugins.geturl.encoding import check_encoding, decoded
from im_notify_plugins.geturl.findings import Finding, error, ok, warning
from im_notify_plugins.geturl.placeholders import MARK
from im_notify_plugins.geturl.recipients import check_recipients
from im_notify_plugins.iletimerkezi.getform import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CODE = {"key": 401, "hash": 401, "text": 454, "receipents": 452, "sender": 450, "iys": 468}
_KEY = re.compile(r"[0-9A-Fa-f]{32}")
_HASH = re.compile(r"[0-9A-Fa-f]{64}")
_SHAPES = {"key": (_KEY, 32), "hash": (_HASH, 64)}
_LISTS = ("BIREYSEL", "TACIR")
_LIST_MEANT = {
    "INDIVIDUAL": "BIREYSEL",
    "PERSONAL": "BIREYSEL",
    "CORPORATE": "TACIR",
    "COMMERCIAL": "TACIR",
    "MERCHANT": "TACIR",
    "KURUMSAL": "TACIR",
}


def check_values(values: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with the raw `values`, by parameter, placeholders marked."""
    for name in PARAMETERS:
        if name in values:
            yield from _check_value(name, values[name])
        elif name != "iysList":
            text = _("{name} is missing: the provider answers {code}")
            yield error(text.format(name=name, code=_CODE[name]))
    yield from _credentials(values)
    yield from _consent(values)


def _check_value(name: str, value: str) -> Iterator[Finding]:
    if name == "receipents" and MARK not in value:
        yield from check_recipients(value)
        return
    yield from check_encoding(name, value)
    if MARK in value:
        yield ok(_("{name} looks like a placeholder, not checked").format(name=name))
    elif name == "text":
        yield from _text(decoded(value))
    elif name == "sender":
        yield from _sender(decoded(value))
    elif name in _SHAPES:
        yield from _credential(name, decoded(value))


def _text(text: str) -> Iterator[Finding]:
    from im_notify.text import estimate, refuse_too_long

    if not text.strip():
        yield error(_("text is empty: the provider answers 454"))
        return
    try:
        refuse_too_long(text)
    except InvalidMessageError as problem:
        yield error(_("{problem}; the provider answers 453").format(problem=problem))
        return
    found = estimate(text)
    shown = _("text: {parts} SMS part(s), {encoding} (an estimate)")
    yield ok(shown.format(parts=found.parts, encoding=found.encoding.value))


def _sender(sender: str) -> Iterator[Finding]:
    try:
        check_sender(sender)
    except InvalidMessageError:
        text = _(
            "sender must have 1 to {limit} ASCII characters, no ş, ğ or ü: this one has {length}"
        )
        yield error(text.format(limit=MAX_SENDER, length=len(sender)))
    if sender != sender.strip():
        yield warning(_("sender begins or ends with a space, and spaces count (450)"))
    if sender.strip() == "APITEST":
        yield warning(_("the sender APITEST may replace your text by a fixed one"))


def _credential(name: str, value: str) -> Iterator[Finding]:
    pattern, length = _SHAPES[name]
    if not value.strip():
        yield error(_("{name} is empty: the provider answers 401").format(name=name))
    elif re.search(r"[\s\"'<>`]", value):
        yield error(_("{name} has spaces or quotes in it: it has neither").format(name=name))
    elif not pattern.fullmatch(value) and not (_KEY.fullmatch(value) or _HASH.fullmatch(value)):
        text = _("{name} is not {length} hexadecimal digits, as it usually is: is it whole?")
        yield warning(text.format(name=name, length=length))


def _credentials(values: Mapping[str, str]) -> Iterator[Finding]:
    key, hash_ = (decoded(values.get(name, "")).strip() for name in ("key", "hash"))
    if key and key == hash_:
        yield error(_("key and hash are the same: the panel shows two different values"))
    elif _HASH.fullmatch(key) and _KEY.fullmatch(hash_):
        yield error(_("key and hash are swapped: the key is the one of 32 digits"))
    elif _HASH.fullmatch(key):
        yield error(_("key has the 64 digits of a hash"))
    elif _KEY.fullmatch(hash_):
        yield error(_("hash has 32 digits, as a key has: take the hash, 64 digits, from the panel"))


def _consent(values: Mapping[str, str]) -> Iterator[Finding]:
    iys, chosen = values.get("iys"), values.get("iysList")
    if iys is None or MARK in iys:
        return
    if decoded(iys) == "1":
        yield from _list(chosen)
    elif decoded(iys) != "0":
        yield error(_("iys is neither 0 nor 1: 0 for alarms and codes, 1 for commercial texts"))
    elif chosen is not None:
        yield ok(_("iysList is not looked at with iys=0: it can be left out"))


def _list(chosen: str | None) -> Iterator[Finding]:
    if chosen is None or not chosen:
        yield error(_("iysList is missing with iys=1 (469): write iysList=BIREYSEL or TACIR"))
    elif MARK not in chosen and decoded(chosen) not in _LISTS:
        written = decoded(chosen).upper().replace("İ", "I").strip()
        right = _LIST_MEANT.get(written, written)
        wanted = right if right in _LISTS else " / ".join(_LISTS)
        yield error(_("iysList is not spelt right (469): write {name}").format(name=wanted))
