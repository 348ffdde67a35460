from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.outbox import reading
from im_notify.relay import forgetting
from im_notify.relay.forgetting import Forgetter

if TYPE_CHECKING:
    from tests.relay.conftest import Bench

DAY = 86_400.0


def test_what_ended_is_forgotten_when_its_time_is_over(bench: Bench) -> None:
    """A batch a pass; once there is nothing it is looked for again after an hour."""
    forgetter = Forgetter(database=bench.database, clock=bench.watched, keep=DAY)
    ended = [bench.accept(str(number), lifetime=0.0) for number in range(forgetting.TOGETHER + 1)]
    while bench.database.read(reading.depth):
        bench.engine.send_due()
        bench.engine.settle()
    bench.tell()

    young = forgetter.forget_due()
    bench.clock.advance(DAY + 1)
    passes = [forgetter.forget_due() is not None for _pass in range(3)]
    too_soon = bench.accept("late", lifetime=0.0)

    assert young is None
    assert passes == [True, True, False]
    assert bench.database.read(lambda c: reading.stored(c, ended[0].id)) is None
    assert bench.stored(too_soon).id == too_soon.id
