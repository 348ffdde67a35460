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
    what kept the relay from taking it.
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
    """The relay does not answer and the spool takes nothing: the alerts are nowhere."""


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
    return Handed(spooled=_spooled(batch, relay, clock=clock, unclear=unclear), why=why)


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
    return reason


def _dated(batch: Batch, clock: Clock) -> Batch:
    """Note since when a problem is there: it may wait for hours."""
    alerts = (
        replace(one, started_at=clock.now())
        if one.state is AlertState.FIRING and one.started_at is None
        else one
        for one in batch.alerts
    )
    return replace(batch, alerts=tuple(alerts))


def _spooled(batch: Batch, relay: RelayConfig, *, clock: Clock, unclear: bool) -> str:
    from im_notify.handing.spool import leave

    folder = spool_of(relay)
    try:
        return leave(folder, written(_dated(batch, clock)), key=batch.key, clock=clock)
    except OSError as error:
        reason = error.strerror or str(error)
    if unclear:
        text = _("the relay did not answer in time and may have it; {folder}: {reason}")
        raise UnknownOutcomeError(text.format(folder=folder, reason=reason), backend="relay")
    text = _("no relay answers at {socket}, and its spool {folder} cannot be written: {reason}")
    raise LostError(text.format(socket=socket_of(relay), folder=folder, reason=reason))
