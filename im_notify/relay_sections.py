"""Reads the relay's sections of the file: its settings, its doors and the ladders of contacts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from im_notify.address_book import stranger
from im_notify.config_layers import Layer, Problem, folder_of, read_table
from im_notify.credentials import consent_of, secret_of
from im_notify.i18n import _
from im_notify.relay_config import (
    HOUR,
    OTP_LIFETIME,
    DeviceConfig,
    HookConfig,
    RelayConfig,
    Rung,
    default_database,
)
from im_notify.relay_settings import ENTRIES, RELAY, RUNG, to_rungs
from im_notify.secret import Secret
from im_notify.settings import FALLBACK, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from im_notify.config_file import Document
    from im_notify.models import Consent
    from im_notify.settings import Converter, Place

    Settings = dict[str, Any]

_SECRETS = ("token", "hmac_secret", "api_token", "push_secret")
_COMBINED = {"iys", "iys_list", *_SECRETS, *(f"{key}_file" for key in _SECRETS)}
_TOKEN = {"token", "token_file"}
_HMAC = {"hmac_secret", "hmac_secret_file"}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_PATH_PART = re.compile(r"[A-Za-z0-9._~-]+")  # what an address holds as it is, RFC 3986 2.3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What every section is read with; `problems` grows."""

    document: Document
    environ: Mapping[str, str]
    sender: str | None
    consent: Consent | None
    problems: list[Problem]

    def table(self, *path: str) -> Mapping[str, object]:
        """Return the table at `path`, an empty one for anything else."""
        found: object = self.document.tables
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def blame(self, text: str, *keys: str) -> None:
        """Add a problem with what stands at `keys`."""
        self.problems.append(Problem(text, keys))


def read_relay(
    document: Document,
    *,
    sender: str | None,
    consent: Consent | None,
    environ: Mapping[str, str],
    problems: list[Problem],
) -> RelayConfig:
    """Read all that is said about the relay; `sender` and `consent` are the provider's.

    What is wrong is added to `problems`; if there is any, the result must not be used.
    """
    reading = _Reading(
        document=document, environ=environ, sender=sender, consent=consent, problems=problems
    )
    relay = _layer(reading, ("relay",), reading.table("relay"), known=RELAY)
    settings = {"database": default_database(environ), "lifetime": HOUR, **_plain(relay)}
    settings["database"] = _absolute(settings["database"], relay.folder)
    return RelayConfig(
        **settings,
        api_token=secret_of(("relay", "api_token"), relay, problems=problems),
        push_secret=secret_of(("relay", "push_secret"), relay, problems=problems),
        hooks=_hooks(reading, settings["lifetime"]),
        devices=_devices(reading, settings["lifetime"]),
        ladders=dict(_ladders(reading)),
    )


def _layer(
    reading: _Reading, path: Place, table: Mapping[str, object], *, known: Mapping[str, Converter]
) -> Layer:
    values: dict[Place, Any] = {}
    problems = tuple(read_table(values, path, table, known=known))
    reading.problems.extend(problems)
    return Layer(values=values, problems=problems, folder=folder_of(reading.document))


def _plain(layer: Layer) -> Settings:
    """Return the settings that stand for themselves, by their keys."""
    return {place[-1]: v for place, v in layer.values.items() if place[-1] not in _COMBINED}


def _absolute(url: str, folder: Path | None) -> str:
    """Write the URL of a SQLite file for SQLAlchemy, where only four slashes are absolute.

    Here three are, as in any other URL: the service's working directory is nobody's business.
    A bare name, or one that starts with a dot, is beside the configuration file.
    """
    from pathlib import Path

    scheme, _slashes, rest = url.partition(":///")
    name, mark, query = rest.partition("?")
    if not scheme.startswith("sqlite"):
        return url
    beside = name.startswith(".") or "/" not in name
    start = (folder or Path()).absolute() if beside else Path("/")
    return f"{scheme}:///{start / name}{mark}{query}"


def _hooks(reading: _Reading, lifetime: float) -> dict[str, HookConfig]:
    return {
        name: HookConfig(**{"source": name, "lifetime": lifetime, **_hook(reading, name, layer)})
        for name, layer in _entries(reading, "hooks")
    }


def _hook(reading: _Reading, name: str, layer: Layer) -> Settings:
    path = ("hooks", name)
    if not _PATH_PART.fullmatch(name):
        text = _("[hooks] {name!r} is a part of an address: use letters, digits, - and _")
        reading.blame(text.format(name=name), *path)
    said = reading.table(*path)
    if not (said.keys() & (_TOKEN | _HMAC) or said.get("allow")):
        text = _("[hooks.{name}] is open to everyone: say token, hmac_secret or allow")
        reading.blame(text.format(name=name), *path)
    return _door(reading, path, layer, secrets=("token", "hmac_secret"))


def _devices(reading: _Reading, lifetime: float) -> dict[str, DeviceConfig]:
    spans = {"otp": {"lifetime": OTP_LIFETIME}}
    devices = {name: _device(reading, name, one) for name, one in _entries(reading, "devices")}
    _refuse_shared_tokens(reading, devices)
    return {
        name: DeviceConfig(**{"lifetime": lifetime, **spans.get(one.get("mode", ""), {}), **one})
        for name, one in devices.items()
    }


def _device(reading: _Reading, name: str, layer: Layer) -> Settings:
    path = ("devices", name)
    if not reading.table(*path).keys() & _TOKEN:
        text = _("[devices.{name}] has no token, and nothing else tells who asks: say token")
        reading.blame(text.format(name=name), *path)
    return _door(reading, path, layer, secrets=("token",))


def _refuse_shared_tokens(reading: _Reading, devices: Mapping[str, Settings]) -> None:
    owners: dict[Secret, str] = {}
    for name, device in devices.items():
        owner = owners.setdefault(device["token"], name) if device["token"] else name
        if owner != name:
            text = _("[devices.{name}] has the token of [devices.{owner}]: give each its own")
            key = "token" if "token" in reading.table("devices", name) else "token_file"
            reading.blame(text.format(name=name, owner=owner), "devices", name, key)


def _entries(reading: _Reading, section: str) -> Iterator[tuple[str, Layer]]:
    for name, table in reading.table(section).items():
        if isinstance(table, dict):
            yield name, _layer(reading, (section, name), table, known=ENTRIES[section])
        else:
            text = _("[{section}] {name} stands outside of an entry: write [{section}.NAME] first")
            reading.blame(text.format(section=section, name=name), section, name)


def _door(reading: _Reading, path: Place, layer: Layer, *, secrets: tuple[str, ...]) -> Settings:
    """Return the settings of a hook or device, with what the provider's section gives."""
    settings = {"sender": reading.sender, **_plain(layer), "name": path[-1]}
    settings["consent"] = consent_of(path, layer, problems=reading.problems) or reading.consent
    for key in secrets:
        settings[key] = secret_of((*path, key), layer, problems=reading.problems)
    for name in settings.get("to", ()):
        _check_name(reading, name, where=f"[{'.'.join(path)}] to", keys=(*path, "to"))
    title = ".".join(path)
    if settings["sender"] is None and not _is_said(reading, path, "sender"):
        text = _("[{section}] has no sender: say sender here or in [provider]")
        reading.blame(text.format(section=title), *path)
    if settings["consent"] is None and not _is_said(reading, path, "iys", "iys_list"):
        text = _("[{section}] has no iys: say iys = 0, BIREYSEL or TACIR here or in [provider]")
        reading.blame(text.format(section=title), *path)
    return settings


def _is_said(reading: _Reading, path: Place, *keys: str) -> bool:
    """Say whether one of `keys` stands anywhere, be it wrong: then that is told already."""
    said = reading.table(*path).keys() | reading.table("provider").keys()
    return any(key in said or reading.environ.get(f"{PREFIX}{key.upper()}") for key in keys)


def _check_name(reading: _Reading, name: str, *, where: str, keys: Place) -> bool:
    known = (*reading.table("contacts"), *reading.table("groups"))
    if name in known:
        return True
    if {":", "@"} & set(name):  # an address that went wrong can hold a password
        text = _("{where}: what stands there is neither a contact nor a group")
        reading.blame(text.format(where=where), *keys)
    else:
        reading.blame(stranger(where, name, known=known), *keys)
    return False


def _ladders(reading: _Reading) -> Iterator[tuple[str, tuple[Rung, ...]]]:
    for name, contact in reading.table("contacts").items():
        if isinstance(contact, dict) and FALLBACK in contact:
            path, said = ("contacts", name), {FALLBACK: contact[FALLBACK]}
            layer = _layer(reading, path, said, known={FALLBACK: to_rungs})
            tables = layer.values.get((*path, FALLBACK), ())
            rungs = (_rung(reading, (*path, FALLBACK), one) for one in enumerate(tables, 1))
            yield name, tuple(sorted(filter(None, rungs), key=lambda rung: rung.after))


def _rung(
    reading: _Reading, path: Place, numbered: tuple[int, Mapping[str, object]]
) -> Rung | None:
    number, table = numbered
    values: dict[Place, Any] = {}
    title = f"{'.'.join(path)} {number}"
    reading.problems.extend(read_table(values, path, table, known=RUNG, title=title))
    for key in RUNG:
        if key not in table and table.keys() <= RUNG.keys():  # a misspelt one is named already
            text = _("[{section}] has no {key}: say after how long, and to whom")
            reading.blame(text.format(section=title, key=key), *path)
    after, to = (values.get((*path, key)) for key in RUNG)
    target = None if to is None else _target(reading, to.strip(), path, title=title)
    return None if after is None or target is None else Rung(after=after, to=target)


def _target(reading: _Reading, text: str, path: Place, *, title: str) -> Secret | str | None:
    if _URL.fullmatch(text):
        return Secret(text)
    known = _check_name(reading, text, where=f"[{title}] to", keys=(*path, "to"))
    return text if known else None
