"""One frozen Config out of a TOML file and the environment; the environment wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.address_book import check_groups, read_names, resolve
from im_notify.config_file import SYSTEM_FILE, Document, find_file, read_document
from im_notify.config_layers import Layer, Problem, explain, from_document, from_environ
from im_notify.errors import ConfigError, InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from im_notify.settings import Place

_COMBINED = {"key", "key_file", "hash", "hash_file", "iys", "iys_list"}
_FIELDS: Mapping[Place, str] = {
    ("recipients", "allow_foreign"): "allow_foreign",
    ("recipients", "allow_landline"): "allow_landline",
    ("confirm", "end"): "confirm_end",
    ("plugins", "allow"): "plugins_allow",
    ("plugins", "block"): "plugins_block",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """How to reach the provider and what to say by default.

    `base_url` ends with `/`, None is the backend's own. Timeouts are in seconds, `rate` is in
    recipients per second, `max_recipients` counts those of one order.
    """

    base_url: str | None = None
    key: Secret | None = None
    hash: Secret | None = None
    sender: str | None = None
    consent: Consent | None = None
    backend: str = "json"
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    max_recipients: int = 1000
    rate: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that people set.

    `contacts` maps a name to numbers as typed, `groups` to names of contacts and groups, without
    cycles. `confirm_end` is in seconds. `plugins_allow` names the only plugins to load, None
    means all. `environ` is there for plugins with variables of their own.
    """

    provider: ProviderConfig = field(default_factory=ProviderConfig)
    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    allow_foreign: bool = False
    allow_landline: bool = False
    confirm_end: float = 172_800.0
    plugins_allow: frozenset[str] | None = None
    plugins_block: frozenset[str] = frozenset()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    path: Path | None = None


def load(
    environ: Mapping[str, str], *, path: str | None = None, system: str = SYSTEM_FILE
) -> Config:
    """Read the file `path`, or that of IM_NOTIFY_CONFIG, the user or the `system`, if any.

    Raises ConfigError with one line for each thing that is wrong.
    """
    name = find_file(environ, path=path, system=system)
    document = read_document(name) if name else Document()
    file, env = from_document(document), from_environ(environ)
    problems = [*env.problems, *file.problems]
    contacts, groups = _names(document, problems)
    provider = _provider(env, file, problems)
    if problems:
        raise ConfigError(explain(problems, document))
    values = {**file.values, **env.values}
    return Config(
        provider=provider,
        contacts=contacts,
        groups=groups,
        environ=dict(environ),
        path=document.path,
        **{_FIELDS[place]: value for place, value in values.items() if place in _FIELDS},
    )


def numbers_of(config: Config, name: str) -> tuple[str, ...] | None:
    """Return the numbers, as typed and each once, of a contact or group; None if it is neither."""
    return resolve(name, contacts=config.contacts, groups=config.groups)


def _names(
    document: Document, problems: list[Problem]
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    contacts, wrong_contacts = read_names(document, "contacts")
    groups, wrong_groups = read_names(document, "groups")
    problems += wrong_contacts + wrong_groups
    if not problems:  # an entry that could not be read would be named as missing, too
        problems += check_groups(contacts, groups)
    return contacts, groups


def _provider(env: Layer, file: Layer, problems: list[Problem]) -> ProviderConfig:
    values = {
        key: value
        for (section, key), value in {**file.values, **env.values}.items()
        if section == "provider" and key not in _COMBINED
    }
    return ProviderConfig(
        key=_secret("key", env, file, problems=problems),
        hash=_secret("hash", env, file, problems=problems),
        consent=_consent(env, file, problems=problems),
        **values,
    )


def _secret(key: str, *layers: Layer, problems: list[Problem]) -> Secret | None:
    """Take a credential from the first layer that has it, itself or in a file."""
    inline, in_file = ("provider", key), ("provider", f"{key}_file")
    layer = next((one for one in layers if inline in one.values or in_file in one.values), None)
    if layer is None:
        return None
    if in_file not in layer.values:
        secret: Secret = layer.values[inline]
        return secret
    try:
        return _only(layer, inline, in_file)
    except ConfigError as error:
        problems.append(Problem(f"{layer.name(in_file)}: {error}", layer.keys(in_file)))
        return None


def _only(layer: Layer, inline: Place, in_file: Place) -> Secret:
    if inline in layer.values:
        text = _("{name} is set too: take one of the two out")
        raise ConfigError(text.format(name=layer.name(inline)))
    return _secret_file(layer.values[in_file], layer.folder)


def _secret_file(name: str, folder: Path | None) -> Secret:
    """Read a secret mount; who else may read it is the mount's affair, often it is everyone."""
    from pathlib import Path

    path = (folder or Path()) / name
    try:
        text = path.read_bytes().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(_("{path} is not UTF-8 text").format(path=path)) from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        wrong = _("{path} cannot be read: {reason}")
        raise ConfigError(wrong.format(path=path, reason=reason)) from error
    if not text.strip():
        raise ConfigError(_("{path} is empty").format(path=path))
    return Secret(text)


def _consent(env: Layer, file: Layer, *, problems: list[Problem]) -> Consent | None:
    """Combine `iys` and `iys_list`; a decision of the environment leaves the file's list out."""
    place, list_place = ("provider", "iys"), ("provider", "iys_list")
    layer = env if place in env.values or list_place in env.values else file
    iys, iys_list = layer.values.get(place), layer.values.get(list_place)
    if iys is None and (iys_list is None or problems):  # what was said may be wrong already
        return None
    try:
        return Consent.parse(iys, iys_list)
    except InvalidMessageError as error:
        blamed = place if iys else list_place
        problems.append(Problem(f"{layer.name(blamed)}: {error}", layer.keys(blamed)))
        return None
