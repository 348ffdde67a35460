"""Key and hash of the account, wherever the configuration keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.secret import Secret

if TYPE_CHECKING:
    from im_notify.config import Config


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the panel issues under Settings > Security > API Access.

    The hash is taken as it is: the panel has computed it (provider document, authentication).
    """

    key: Secret
    hash: Secret


def find_credentials(config: Config) -> Credentials | None:
    """Return the account's credentials, None when key or hash is not configured.

    The variables `ILETIMERKEZI_API_KEY` and `ILETIMERKEZI_API_HASH`, which the provider's own
    documents use, count when the configuration has none.
    """
    key = config.provider.key or Secret(config.environ.get("ILETIMERKEZI_API_KEY", ""))
    hash_ = config.provider.hash or Secret(config.environ.get("ILETIMERKEZI_API_HASH", ""))
    return Credentials(key, hash_) if key and hash_ else None


def credentials(config: Config) -> Credentials:
    """Return the account's credentials. Raises ConfigError that says how to set them."""
    found = find_credentials(config)
    if found is None:
        text = _("no credentials: set IM_NOTIFY_KEY and IM_NOTIFY_HASH, or key and hash in {path}")
        raise ConfigError(text.format(path=config.path or "config.toml"))
    return found
