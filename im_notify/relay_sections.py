"""Reads the relay's sections of the file: its settings, its doors and the ladders of contacts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from im_notify.credentials import consent_of, secret_of, text_of
from im_notify.i18n import _
from im_notify.relay_config import (
    HOUR,
    OTP_LIFETIME,
    TIMED_REPEAT,
    DeviceConfig,
    HeartbeatConfig,
    HookConfig,
    RelayConfig,
    StormConfig,
    WriteBackConfig,
    default_database,
)
from im_notify.relay_reading import Reading, entries_of, layer_of, plain
from im_notify.relay_settings import HEARTBEAT, RELAY, STORM
from im_notify.relay_targets import alarm_of, check_name, ladders_of
from im_notify.settings import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from im_notify.config_file import Document
    from im_notify.config_layers import Layer, Problem
    from im_notify.models import Consent
    from im_notify.relay_reading import Settings
    from im_notify.secret import Secret
    from im_notify.settings import Place

_TOKEN = {"token", "token_file"}
_HMAC = {"hmac_secret", "hmac_secret_file"}
_PATH_PART = re.compile(r"[A-Za-z0-9._~-]+")  # what an address holds as it is, RFC 3986 2.3


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
    reading = Reading(
        document=document, environ=environ, sender=sender, consent=consent, problems=problems
    )
    relay = layer_of(reading, ("relay",), known=RELAY)
    settings = {"database": default_database(environ), "lifetime": HOUR, **plain(relay)}
    settings["database"] = _absolute(settings["database"], relay.folder)
    for name in settings.get("to", ()):
        check_name(reading, name, where="[relay] to", keys=("relay", "to"))
    return RelayConfig(
        **settings,
        api_token=secret_of(("relay", "api_token"), relay, problems=problems),
        push_secret=secret_of(("relay", "push_secret"), relay, problems=problems),
        hooks=_hooks(reading, settings["lifetime"]),
        devices=_devices(reading, settings["lifetime"]),
        ladders=dict(ladders_of(reading)),
        template=text_of(("relay", "template"), relay, problems=problems),
        alarm=alarm_of(reading, relay),
        storm=StormConfig(**plain(layer_of(reading, ("storm",), known=STORM))),
        heartbeat=_heartbeat(reading),
        write_back=_write_back(reading),
    )


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


def _hooks(reading: Reading, lifetime: float) -> dict[str, HookConfig]:
    return {
        name: HookConfig(**{"source": name, "lifetime": lifetime, **_hook(reading, name, layer)})
        for name, layer in entries_of(reading, "hooks")
    }


def _hook(reading: Reading, name: str, layer: Layer) -> Settings:
    path = ("hooks", name)
    if not _PATH_PART.fullmatch(name):
        text = _("[hooks] {name!r} is a part of an address: use letters, digits, - and _")
        reading.blame(text.format(name=name), *path)
    said = reading.table(*path)
    if not (said.keys() & (_TOKEN | _HMAC) or said.get("allow")):
        text = _("[hooks.{name}] is open to everyone: say token, hmac_secret or allow")
        reading.blame(text.format(name=name), *path)
    for target in layer.values.get((*path, "write_back"), ()):
        if target not in reading.table("write_back"):
            text = _("[hooks.{name}] write_back: there is no [write_back.{target}]")
            reading.blame(text.format(name=name, target=target), *path, "write_back")
    template = text_of((*path, "template"), layer, problems=reading.problems)
    return _door(reading, path, layer, secrets=("token", "hmac_secret")) | {"template": template}


def _devices(reading: Reading, lifetime: float) -> dict[str, DeviceConfig]:
    devices = {name: _device(reading, name, one) for name, one in entries_of(reading, "devices")}
    _refuse_shared_tokens(reading, devices)
    return {
        name: DeviceConfig(**{"lifetime": lifetime, **_spans(one), **one})
        for name, one in devices.items()
    }


def _spans(device: Settings) -> Settings:
    """Return the times that depend on what else is set."""
    spans: Settings = {"lifetime": OTP_LIFETIME} if device.get("mode") == "otp" else {}
    return spans | ({"repeat": TIMED_REPEAT} if device.get("add_time") else {})


def _device(reading: Reading, name: str, layer: Layer) -> Settings:
    path = ("devices", name)
    if not reading.table(*path).keys() & _TOKEN:
        text = _("[devices.{name}] has no token, and nothing else tells who asks: say token")
        reading.blame(text.format(name=name), *path)
    return _door(reading, path, layer, secrets=("token",))


def _refuse_shared_tokens(reading: Reading, devices: Mapping[str, Settings]) -> None:
    owners: dict[Secret, str] = {}
    for name, device in devices.items():
        owner = owners.setdefault(device["token"], name) if device["token"] else name
        if owner != name:
            text = _("[devices.{name}] has the token of [devices.{owner}]: give each its own")
            key = "token" if "token" in reading.table("devices", name) else "token_file"
            reading.blame(text.format(name=name, owner=owner), "devices", name, key)


def _door(reading: Reading, path: Place, layer: Layer, *, secrets: tuple[str, ...]) -> Settings:
    """Return the settings of a hook or device, with what the provider's section gives."""
    settings = {"sender": reading.sender, **plain(layer), "name": path[-1]}
    settings["consent"] = consent_of(path, layer, problems=reading.problems) or reading.consent
    for key in secrets:
        settings[key] = secret_of((*path, key), layer, problems=reading.problems)
    for name in settings.get("to", ()):
        check_name(reading, name, where=f"[{'.'.join(path)}] to", keys=(*path, "to"))
    title = ".".join(path)
    if settings["sender"] is None and not _is_said(reading, path, "sender"):
        text = _("[{section}] has no sender: say sender here or in [provider]")
        reading.blame(text.format(section=title), *path)
    if settings["consent"] is None and not _is_said(reading, path, "iys", "iys_list"):
        text = _("[{section}] has no iys: say iys = 0, BIREYSEL or TACIR here or in [provider]")
        reading.blame(text.format(section=title), *path)
    return settings


def _is_said(reading: Reading, path: Place, *keys: str) -> bool:
    """Say whether one of `keys` stands anywhere, be it wrong: then that is told already."""
    said = reading.table(*path).keys() | reading.table("provider").keys()
    return any(key in said or reading.environ.get(f"{PREFIX}{key.upper()}") for key in keys)


def _heartbeat(reading: Reading) -> HeartbeatConfig | None:
    path = ("heartbeat",)
    said = reading.table(*path)
    if not said:
        return None
    settings = plain(layer_of(reading, path, known=HEARTBEAT))
    for name in settings.get("to", ()):
        check_name(reading, name, where="[heartbeat] to", keys=(*path, "to"))
    for key in HEARTBEAT:
        if key not in said:
            text = _("[heartbeat] has no {key}: say at which time, and to whom")
            reading.blame(text.format(key=key), *path)
    return HeartbeatConfig(**settings) if settings.keys() == HEARTBEAT.keys() else None


def _write_back(reading: Reading) -> dict[str, WriteBackConfig]:
    found = {}
    for name, layer in entries_of(reading, "write_back"):
        path = ("write_back", name)
        settings = {"kind": name, **plain(layer), "name": name}
        settings["token"] = secret_of((*path, "token"), layer, problems=reading.problems)
        found[name] = WriteBackConfig(**settings)
    return found
