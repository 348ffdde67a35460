from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

from im_notify.alerts import Alert, AlertState
from im_notify.models import Consent
from im_notify.outbox import listing
from im_notify.outbox.database import Database
from im_notify.outbox.entries import Route
from im_notify.relay.store import RelayStore
from im_notify.relay_config import RelayConfig
from im_notify.testing import FakeClock
from im_notify.wording import Wording, read_templates

if TYPE_CHECKING:
    from pathlib import Path

ROUTE = Route(
    contact="oncall",
    recipients=("5301234567",),
    sender="APITEST",
    consent=Consent.TRANSACTIONAL,
    lifetime=600,
)


def test_a_hook_s_template_words_what_is_stored(tmp_path: Path) -> None:
    """Alerts of the hook by its template, those of another by our own words, frozen on disk."""
    url, wording = f"sqlite:///{tmp_path}/outbox.db", Wording(zone=UTC)
    database = Database(url)
    store = RelayStore(
        database=database,
        clock=FakeClock(),
        relay=RelayConfig(database=url),
        wording=wording,
        templates=read_templates({"pair": "{{ word }} = {{ first.object }}"}, None, wording),
        woken=lambda: None,
    )

    texts = []
    for source in ("pair", "other"):
        alert = Alert(source=source, episode="e", state=AlertState.FIRING, object="db1")
        route = replace(ROUTE, contact=source)
        (accepted,) = store.accept_alerts([alert], route).result()
        texts.append(database.read(partial(listing.text_of, message_id=accepted.id)) or "")
    database.close()

    assert texts[0].startswith("UYR = db1 #")
    assert texts[1].startswith("UYR db1 other ")
