"""Sends alerts without a relay: worded as it would, at once, and to whom it would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.alerts import AlertState
from im_notify.errors import InvalidMessageError
from im_notify.i18n import _
from im_notify.models import Consent, Message
from im_notify.relay_config import zone_of
from im_notify.sending import send_all
from im_notify.wording import Wording, read_templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from im_notify.alerts import Alert
    from im_notify.app import App
    from im_notify.handing.batch import Batch
    from im_notify.relay_config import RelayConfig
    from im_notify.sending import Outcome


def send_at_once(batch: Batch, relay: RelayConfig, app: App) -> Iterator[Outcome]:
    """Send what is worth a text, each order once; nothing for what a relay would not text either.

    What was told before is not known here, so the end of a problem is told unless recoveries
    never are. Raises InvalidMessageError, ConfigError.
    """
    told = [one for one in batch.alerts if _is_told(one.state, relay)]
    if not told:
        return
    to = batch.to or relay.to
    if not to:
        raise InvalidMessageError(_("there is no recipient: use --to, or say to in [relay]"))
    message = Message(
        text=_text(told, relay, app),
        recipients=app.recipients(to),
        sender=app.config.provider.sender or "",
        consent=app.config.provider.consent or Consent.parse(None),
        key=batch.key,
    )
    yield from send_all(app.plugins, app.backend(), message)


def _is_told(state: AlertState, relay: RelayConfig) -> bool:
    if state is AlertState.RESOLVED:
        return relay.recovery != "never"
    return state is AlertState.FIRING


def _text(alerts: Sequence[Alert], relay: RelayConfig, app: App) -> str:
    wording = _wording(relay)
    templates = read_templates({}, relay.template, wording)
    return templates.word(alerts, wording, at=app.clock.now())


def _wording(relay: RelayConfig) -> Wording:
    return Wording(
        language=relay.language,
        zone=zone_of(relay),
        parts=relay.parts,
        transliterate=relay.transliterate,
    )
