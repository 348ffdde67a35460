"""Fallback by delivery: what a rung of a ladder does when its time has come.

The outbox holds only where a rung stands (`contact/2`, and `other/1` behind a comma where several
contacts share it), never the address itself, which may hold a password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from im_notify.config import numbers_of
from im_notify.i18n import _
from im_notify.models import Status
from im_notify.outbox.entries import Rung
from im_notify.recipients import parse
from im_notify.wording.own import over_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from im_notify.outbox.rungs import RungJob
    from im_notify.relay.posting import Posting
    from im_notify.relay_config import RelayConfig
    from im_notify.secret import Secret
    from im_notify.wording import Wording


def rungs_of(relay: RelayConfig, contacts: str | None) -> tuple[Rung, ...]:
    """Return the rungs of these contacts (parted by commas) as the outbox keeps them.

    They stand in the order of time; a rung that several contacts share is climbed once.
    """
    shared: dict[tuple[float, Secret | str], list[str]] = {}
    for contact in (contacts or "").split(","):
        for position, rung in enumerate(relay.ladders.get(contact, ()), start=1):
            shared.setdefault((rung.after, rung.to), []).append(f"{contact}/{position}")
    found = [Rung(after, ",".join(places)) for (after, _to), places in shared.items()]
    return tuple(sorted(found, key=lambda rung: rung.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """Climbs rungs: a contact or group gets the text as a message, a URL is told by a plugin."""

    relay: RelayConfig
    posting: Posting
    wording: Wording
    tell_url: Callable[[str, str], str | None]

    def is_needed(self, job: RungJob, statuses: Mapping[str, Status]) -> bool:
        """Say whether the text is still missing where the rung stands in for somebody.

        One of several contacts that has it has it. The end of a problem is for who may have heard
        of it: a phone that did not get the fallback gets no end either.
        """
        if job.ends:
            by_sms = isinstance(self._to(job), str)
            return not by_sms or self.posting.store.may_be_heard(_key(job))
        owners = [self._numbers(contact) for contact, _position in _places(job)]
        missing = {number for number in statuses if statuses[number] is not Status.DELIVERED}
        concerned = {number for numbers in owners for number in numbers} & statuses.keys()
        return bool(missing & concerned if concerned else missing)

    def climb(self, job: RungJob) -> str | None:
        """Tell the rung's target; returns why that failed, None when it did not."""
        to = self._to(job)
        if to is None:
            return _("the configuration has no such step any more")
        text = over_line(job.text, self.wording) if job.ends else job.text
        if not isinstance(to, str):
            return self.tell_url(to.reveal(), text)
        key = f"{_key(job)}/end" if job.ends else _key(job)  # climbed twice, sent once
        return self.posting.post(to, text, source="fallback", key=key)

    def _to(self, job: RungJob) -> Secret | str | None:
        ladders = self.relay.ladders
        steps = (ladders.get(contact, ())[place - 1 : place] for contact, place in _places(job))
        return next((step.to for found in steps for step in found), None)

    def _numbers(self, contact: str) -> Iterable[str]:
        config = self.posting.config
        typed = numbers_of(config, contact) or ()
        return parse(typed, foreign=config.allow_foreign, landline=config.allow_landline).numbers


def _key(job: RungJob) -> str:
    return f"{job.message_id}/{job.position}"


def _places(job: RungJob) -> Iterator[tuple[str, int]]:
    for place in job.target.split(","):
        contact, _slash, position = place.rpartition("/")
        if position.isdecimal() and int(position) > 0:
            yield contact, int(position)
