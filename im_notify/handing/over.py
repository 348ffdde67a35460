"""Hands a batch to the relay and, when none answers, does what the configuration says instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from im_notify.alerts import AlertState
from im_notify.errors import ImNotifyError, InvalidMessageError, UnknownOutcomeError
from im_notify.handing.batch import written
from im_notify.handing.calling import UnclearError, UnreachedError, call
from im_notify.i18n import _
from im_notify.relay_config import socket_of, spool_of

if TYPE_CHECKING:
    from im_notify.clock import Clock
    from im_notify.handing.batch import Batch
    from im_notify.handing.calling import Answer
    from im_notify.relay_config import RelayConfig

PATIENCE = 1.0  #: seconds in all that a program waits for the relay
_OK = 200
_OUR_FAULT = frozenset({413, 422})  # too large, or nothing that it could ever take


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Where a batch is now.

    `ids` are the messages that it became, or was already (`duplicates` of them). `spooled` is the
    path of the file in which it waits. With neither, it is for the caller to send. `why` says
    what kept the relay from taking it, in one clause.
    """

    ids: tuple[str, ...] = ()
    duplicates: int = 0
    spooled: str | None = None
    why: str | None = None

    @property
    def taken(self) -> bool:
        """Say whether it is on disk somewhere, so that nobody needs to think of it any more."""
        return self.why is None or self.spooled is not None


class LostError(ImNotifyError):
    """The relay cannot be reached and the spool takes nothing: the alerts are nowhere."""


def hand_over(batch: Batch, relay: RelayConfig, *, clock: Clock) -> Handed:
    """Give a batch to the relay, else to its spool.

    With `unreachable = "send"` it is handed back untaken, but only when the relay surely does not
    have it. Raises InvalidMessageError for what the relay refuses, such as an unknown contact,
    LostError, and UnknownOutcomeError when it may have it and the spool cannot be written.
    """
    try:
        answer = call(socket_of(relay), written(batch), clock=clock, seconds=PATIENCE)
        why = None if answer.status == _OK else _said(answer)
        unclear = False
    except (UnreachedError, UnclearError) as error:
        why, unclear = str(error), isinstance(error, UnclearError)
    if why is None:
        return _accepted(answer)
    if relay.unreachable == "send" and not unclear:
        return Handed(why=why)
    folder = spool_of(relay)
    try:
        return Handed(spooled=_spooled(batch, folder, clock=clock), why=why)
    except OSError as error:
        why = f"{why}; {_unwritten(folder, error, why)}"
    if unclear:
        raise UnknownOutcomeError(why, backend="relay")
    raise LostError(why)


def _accepted(answer: Answer) -> Handed:
    ids, duplicates = answer.said.get("ids"), answer.said.get("duplicates")
    return Handed(
        ids=tuple(map(str, ids)) if isinstance(ids, list) else (),
        duplicates=duplicates if isinstance(duplicates, int) else 0,
    )


def _said(answer: Answer) -> str:
    reason = str(answer.said.get("error") or answer.status)
    if answer.status in _OUR_FAULT:
        raise InvalidMessageError(_("the relay refuses it: {reason}").format(reason=reason))
    return _("the relay cannot take it: {reason}").format(reason=reason)


def _dated(batch: Batch, clock: Clock) -> Batch:
    """Note since when a problem is there: it may wait for hours."""
    alerts = (
        replace(one, started_at=clock.now())
        if one.state is AlertState.FIRING and one.started_at is None
        else one
        for one in batch.alerts
    )
    return replace(batch, alerts=tuple(alerts))


def _spooled(batch: Batch, folder: str, *, clock: Clock) -> str:
    from im_notify.handing.spool import leave

    return leave(folder, written(_dated(batch, clock)), key=batch.key, clock=clock)


def _unwritten(folder: str, error: OSError, why: str) -> str:
    """Say so, without what `why` told to do already."""
    if not isinstance(error, PermissionError):
        text = _("its spool {folder} cannot be written: {reason}")
        return text.format(folder=folder, reason=error.strerror or error)
    from im_notify.handing.rights import remedy

    todo = remedy(folder)
    if todo in why:
        return _("nor may its spool {folder} be written").format(folder=folder)
    text = _("its spool {folder} may not be written ({remedy})")
    return text.format(folder=folder, remedy=todo)
