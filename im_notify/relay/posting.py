"""Keeps texts of the relay's own for contacts and groups: fallbacks, tests, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.config import numbers_of
from im_notify.i18n import _
from im_notify.outbox.entries import Entry
from im_notify.recipients import parse

if TYPE_CHECKING:
    from im_notify.config import Config
    from im_notify.models import Consent
    from im_notify.outbox.entries import Rung
    from im_notify.relay.store import RelayStore
    from im_notify.relay_config import RelayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What makes messages of such texts; they are sent as `sender`, with this `consent`."""

    config: Config
    relay: RelayConfig
    store: RelayStore
    sender: str
    consent: Consent

    def post(
        self, name: str, text: str, *, source: str, key: str, ladder: tuple[Rung, ...] = ()
    ) -> str | None:
        """Keep a text for a contact or group; returns why that is not possible, if it is not.

        A text whose `key` is known is kept already. Raises OutboxError.
        """
        config = self.config
        typed = numbers_of(config, name) or ()
        foreign, landline = config.allow_foreign, config.allow_landline
        numbers = parse(typed, foreign=foreign, landline=landline).numbers
        if not numbers:
            return _("{name} has no number").format(name=name)
        entry = Entry(
            source=source,
            text=text,
            recipients=numbers,
            sender=self.sender,
            consent=self.consent,
            lifetime=self.relay.lifetime,
            key=key,
            contact=name,
            ladder=ladder,
        )
        self.store.accept([entry]).result()
        return None
