"""Fallback by delivery: what a rung of a ladder does when its time has come.

The outbox holds only where a rung stands (`contact/2`), never the address itself, which may hold
a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.outbox.entries import Rung

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.outbox.rungs import RungJob
    from im_notify.relay.posting import Posting
    from im_notify.relay_config import RelayConfig
    from im_notify.secret import Secret


def rungs_of(relay: RelayConfig, contacts: str | None) -> tuple[Rung, ...]:
    """Return the rungs of these contacts (parted by commas) as the outbox keeps them.

    They stand in the order of time; a rung that several contacts share is climbed once.
    """
    found: dict[tuple[float, Secret | str], Rung] = {}
    for contact in (contacts or "").split(","):
        for position, rung in enumerate(relay.ladders.get(contact, ()), start=1):
            found.setdefault((rung.after, rung.to), Rung(rung.after, f"{contact}/{position}"))
    return tuple(sorted(found.values(), key=lambda rung: rung.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """Climbs rungs: a contact or group gets the text as a message, a URL is told by a plugin."""

    relay: RelayConfig
    posting: Posting
    tell_url: Callable[[str, str], str | None]

    def climb(self, job: RungJob) -> str | None:
        """Tell the rung's target; returns why that failed, None when it did not."""
        contact, _slash, position = job.target.rpartition("/")
        ladder = self.relay.ladders.get(contact, ())
        if not (position.isdecimal() and 0 < int(position) <= len(ladder)):
            return _("the configuration has no such step any more")
        to = ladder[int(position) - 1].to
        return self._tell(job, to) if isinstance(to, str) else self.tell_url(to.reveal(), job.text)

    def _tell(self, job: RungJob, name: str) -> str | None:
        key = f"{job.message_id}/{job.position}"  # climbed twice after a death, sent once
        return self.posting.post(name, job.text, source="fallback", key=key)
