"""One frozen Config out of a TOML file and the environment; the environment wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from im_notify.address_book import check_groups, read_names, resolve
from im_notify.config_file import SYSTEM_FILE, Document, find_file, read_document
from im_notify.config_layers import Layer, Problem, explain, from_document, from_environ
from im_notify.credentials import consent_of, secret_of
from im_notify.errors import ConfigError
from im_notify.settings import FALLBACK, RELAY_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from im_notify.models import Consent
    from im_notify.relay_config import RelayConfig
    from im_notify.secret import Secret
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
    means all. `environ` is there for plugins with variables of their own. `relay` is None when
    the file says nothing about the relay: ask `im_notify.relay_config.relay_of`, which then gives
    the defaults, so that commands without a relay load nothing of it.
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
    relay: RelayConfig | None = None


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
    relay = _relay(document, provider, environ=environ, problems=problems)
    if problems:
        raise ConfigError(explain(problems, document))
    values = {**file.values, **env.values}
    return Config(
        provider=provider,
        contacts=contacts,
        groups=groups,
        environ=dict(environ),
        path=document.path,
        relay=relay,
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
        key=secret_of(("provider", "key"), env, file, problems=problems),
        hash=secret_of(("provider", "hash"), env, file, problems=problems),
        consent=consent_of(("provider",), env, file, problems=problems),
        **values,
    )


def _relay(
    document: Document,
    provider: ProviderConfig,
    *,
    environ: Mapping[str, str],
    problems: list[Problem],
) -> RelayConfig | None:
    """Read what is said about the relay, if anything is: its tables take time to load."""
    if not _mentions_relay(document.tables):
        return None
    from im_notify.relay_sections import read_relay

    return read_relay(
        document,
        sender=provider.sender,
        consent=provider.consent,
        environ=environ,
        problems=problems,
    )


def _mentions_relay(tables: Mapping[str, object]) -> bool:
    contacts = tables.get("contacts")
    entries = contacts.values() if isinstance(contacts, dict) else ()
    return any(section in tables for section in RELAY_SECTIONS) or any(
        isinstance(entry, dict) and FALLBACK in entry for entry in entries
    )
