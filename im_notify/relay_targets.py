"""Reads whom the relay tells when a text did not arrive, or when something is wrong with itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from im_notify.address_book import stranger
from im_notify.config_layers import read_table
from im_notify.i18n import _
from im_notify.relay_config import Rung
from im_notify.relay_reading import layer_of
from im_notify.relay_settings import RUNG, to_rungs
from im_notify.secret import Secret
from im_notify.settings import FALLBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from im_notify.config_layers import Layer
    from im_notify.relay_reading import Reading
    from im_notify.settings import Place

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def check_name(reading: Reading, name: str, *, where: str, keys: Place) -> bool:
    """Say whether it is a contact or a group; what else stands there is a problem."""
    known = (*reading.table("contacts"), *reading.table("groups"))
    if name in known:
        return True
    if {":", "@"} & set(name):  # an address that went wrong can hold a password
        text = _("{where}: what stands there is neither a contact nor a group")
        reading.blame(text.format(where=where), *keys)
    else:
        reading.blame(stranger(where, name, known=known), *keys)
    return False


def alarm_of(reading: Reading, relay: Layer) -> tuple[Secret | str, ...]:
    """Return whom the relay tells of its own troubles."""
    path = ("relay", "alarm")
    texts = relay.values.get(path, ())
    found = (_target(reading, text, where="[relay] alarm", keys=path) for text in texts)
    return tuple(one for one in found if one is not None)


def ladders_of(reading: Reading) -> Iterator[tuple[str, tuple[Rung, ...]]]:
    """Yield the fallback ladder of each contact that has one, in the order of time."""
    for name, contact in reading.table("contacts").items():
        if isinstance(contact, dict) and FALLBACK in contact:
            path, said = ("contacts", name), {FALLBACK: contact[FALLBACK]}
            layer = layer_of(reading, path, known={FALLBACK: to_rungs}, table=said)
            tables = layer.values.get((*path, FALLBACK), ())
            rungs = (_rung(reading, (*path, FALLBACK), one) for one in enumerate(tables, 1))
            yield name, tuple(sorted(filter(None, rungs), key=lambda rung: rung.after))


def _rung(reading: Reading, path: Place, numbered: tuple[int, Mapping[str, object]]) -> Rung | None:
    number, table = numbered
    values: dict[Place, Any] = {}
    title = f"{'.'.join(path)} {number}"
    reading.problems.extend(read_table(values, path, table, known=RUNG, title=title))
    for key in RUNG:
        if key not in table and table.keys() <= RUNG.keys():  # a misspelt one is named already
            text = _("[{section}] has no {key}: say after how long, and to whom")
            reading.blame(text.format(section=title, key=key), *path)
    after, to = (values.get((*path, key)) for key in RUNG)
    where, keys = f"[{title}] to", (*path, "to")
    target = None if to is None else _target(reading, to.strip(), where=where, keys=keys)
    return None if after is None or target is None else Rung(after=after, to=target)


def _target(reading: Reading, text: str, *, where: str, keys: Place) -> Secret | str | None:
    if _URL.fullmatch(text):
        return Secret(text)
    return text if check_name(reading, text, where=where, keys=keys) else None
