"""The end of a problem: whether it is told, and that nobody else is woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from im_notify.alerts import Alert, AlertState
from im_notify.models import Status
from im_notify.outbox import direct, schema
from im_notify.outbox.accepting import note
from im_notify.outbox.awaiting import NOT_DELIVERED, is_open
from im_notify.outbox.hearing import heard_status
from im_notify.outbox.rungs import end_ladder, hand_on, stop_ladder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from im_notify.outbox.changes import Change
    from im_notify.outbox.entries import AlertPlan

_COLUMNS = schema.episodes.c
_STATES = select(_COLUMNS.state).where(_COLUMNS.message_id == bindparam("its_id")).distinct()
_STATUS = select(heard_status()).where(schema.messages.c.id == bindparam("its_id"))


def is_texted(connection: Connection, change: Change, plan: AlertPlan) -> bool | None:
    """Say whether there is a text about it; None as long as that cannot be known."""
    if change.firing:
        return True
    known = change.known
    if change.alert.state is AlertState.ACKNOWLEDGED or known is None:
        return False
    if known.message_id is None and known.texted_at and known.texted_at >= known.fired_at:
        return plan.recovery != "never"  # the message that told of it is so old that it was deleted
    statuses = direct.fetch(connection, _STATUS, {"its_id": known.message_id})
    ends = [is_end_told(Status(status), plan.recovery) for (status,) in statuses]
    return ends[0] if ends else False


def is_end_told(status: Status, recovery: str) -> bool | None:
    """Say whether the end of a problem is texted whose message has this status.

    None when it depends on what becomes of the message.
    """
    if recovery == "delivered" and is_open(status):
        return None
    return recovery == "always" or (recovery == "delivered" and status is Status.DELIVERED)


def note_untold(connection: Connection, untold: Sequence[Change], now: float) -> None:
    """Say in the timeline of a problem's text why there is none about its end."""
    ends = [one for one in untold if one.alert.state is AlertState.RESOLVED]
    for name in {one.known.message_id for one in ends if one.known}:
        if name and direct.fetch(connection, _STATUS, {"its_id": name}):
            note(connection, name, now, "no text", NOT_DELIVERED)


def take_care_of(
    connection: Connection, message_id: str, alert: Alert, plan: AlertPlan, *, now: float
) -> None:
    """Note what became of a problem; once none of its message's fires, the ladder ends.

    There is no message where the alert was held back.
    """
    if not direct.fetch(connection, _STATUS, {"its_id": message_id}):
        return
    note(connection, message_id, now, alert.state.value)
    states = _leave_ladder(connection, message_id)
    if states <= {AlertState.RESOLVED} and plan.recovery != "never":
        end_ladder(connection, message_id, now=now)


def tell_anew(connection: Connection, before: str, after: str) -> None:
    """A problem that one message told of is told by another: the ladder is that one's.

    Who heard of it by the ladder of the first hears of the end, if there was no other problem.
    """
    states = _leave_ladder(connection, before)
    hand_on(connection, before, after if states <= {AlertState.RESOLVED} else None)


def _leave_ladder(connection: Connection, message_id: str) -> set[AlertState]:
    """Stop the ladder of a message unless a problem of it fires; returns all their states."""
    rows = direct.fetch(connection, _STATES, {"its_id": message_id})
    states = {AlertState(state) for (state,) in rows}
    if AlertState.FIRING not in states:
        stop_ladder(connection, message_id)
    return states
