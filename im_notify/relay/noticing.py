"""Hears of what was sent and how it ended, as any plugin does; counts and logs it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from im_notify.errors import ImNotifyError
from im_notify.hookspecs import hookimpl
from im_notify.models import Status
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.figures import outline
from im_notify.text import estimate

if TYPE_CHECKING:
    from collections.abc import Generator

    from im_notify.clock import Clock
    from im_notify.models import Message, Receipt
    from im_notify.outbox.database import Database
    from im_notify.outbox.figures import Outline
    from im_notify.protocols import Backend
    from im_notify.relay.metering import Meter
    from im_notify.reports import Report

SELDOM = 60.0  #: seconds between two lines that say why something was not sent
_log = logging.getLogger(__name__)


class Noticing:
    """A plugin of the relay itself; it changes nothing, whatever goes wrong in it."""

    def __init__(self, database: Database, clock: Clock, meter: Meter) -> None:
        """Look messages up in `database`."""
        self._database = database
        self._clock = clock
        self._meter = meter
        self._failed: dict[str, float] = {}

    @hookimpl(wrapper=True)
    def im_notify_send(
        self, backend: Backend, message: Message
    ) -> Generator[None, Receipt, Receipt]:
        """Count what was placed; what is asked of the outbox is asked before."""
        known = self._known(message)
        try:
            receipt = yield
        except ImNotifyError as error:
            self._not_sent(backend, message, error)
            raise
        if known is not None:
            self._placed(message, receipt, known)
        return receipt

    def _placed(self, message: Message, receipt: Receipt, known: Outline) -> None:
        waited = self._waited(known)
        parts = estimate(message.text).parts * len(message.recipients)
        self._meter.placed(known.source, parts, waited=waited)
        about = {"message_id": message.key, "order_id": receipt.order_id, "source": known.source}
        _log.info("sent", extra=about | {"seconds": round(waited, 3)})

    def _not_sent(self, backend: Backend, message: Message, error: ImNotifyError) -> None:
        """Say it once in a while: when the provider is down, every message comes here."""
        now, why = self._clock.monotonic(), str(error)
        said = self._failed.get(why)
        level = logging.DEBUG if said is not None and now - said < SELDOM else logging.WARNING
        if level == logging.WARNING:
            self._failed = {one: at for one, at in self._failed.items() if now - at < SELDOM}
            self._failed[why] = now
        _log.log(level, "not sent by %s: %s", backend.name, why, extra={"message_id": message.key})

    @hookimpl
    def im_notify_report(self, report: Report, message: Message | None) -> None:
        """Count a message that ended, once, and log how; a correction of that is only logged."""
        known = self._known(message) if message else None
        if message is None or known is None or not known.ended:
            return
        name = str(message.key)
        before = self._meter.before(name, known.status)
        if before is known.status:
            return
        waited = self._waited(known)
        if before is None:
            self._meter.ended(known.source, known.status, waited=waited)
        about = {"message_id": name, "order_id": report.order_id, "source": known.source}
        level = logging.INFO if known.status is Status.DELIVERED else logging.WARNING
        _log.log(level, known.status.value, extra=about | {"seconds": round(waited, 3)})

    def _known(self, message: Message) -> Outline | None:
        try:
            return self._database.read(lambda c: outline(c, str(message.key)))
        except OutboxError:
            return None

    def _waited(self, known: Outline) -> float:
        return self._clock.now().timestamp() - known.since
