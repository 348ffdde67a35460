from __future__ import annotations

from datetime import UTC, datetime

import pytest

from im_notify.models import Status
from im_notify.reports import Delivery
from im_notify.text import estimate
from im_notify.wording import Wording
from im_notify.wording.own import one_sms, outcome_line, trouble_line, well_line

AT = datetime(2026, 11, 21, 9, 3, 14, tzinfo=UTC)
ENGLISH, TURKISH = Wording(language="en", zone=UTC), Wording(language="tr", zone=UTC)
SAID = {"reason": "401", "left": 5, "minutes": 12, "parts": 80, "cap": 100}


def test_an_outcome_is_told_by_status_from_the_best_known() -> None:
    """Each status once, with a few numbers, of which the middle is hidden."""
    rows = [
        Delivery("5301234598", Status.UNDELIVERED),
        *(Delivery(f"530123450{at}", Status.DELIVERED) for at in range(7)),
        Delivery("+4915112345678", Status.UNDELIVERED),
    ]

    line = outcome_line(rows, ENGLISH, at=AT, name="7f3a")

    delivered = ", ".join(f"90530*****0{at}" for at in range(5))
    assert line == (
        f"SMS delivered: {delivered} +2; not delivered: 90530*****98, 49151******78"
        " 09:03:14 (#7f3a)"
    )


@pytest.mark.parametrize("number", ["+1", "+12345", "+1234567", "+12345678"])
def test_a_short_number_is_shown_in_part_or_whole(number: str) -> None:
    """Whatever its length, as many characters as it has."""
    line = outcome_line([Delivery(number, Status.DELIVERED)], ENGLISH, at=AT, name="x")

    assert len(line.split()[2]) == len(number) - 1


@pytest.mark.parametrize("wording", [ENGLISH, TURKISH], ids=["en", "tr"])
@pytest.mark.parametrize("status", Status)
def test_every_status_has_words(wording: Wording, status: Status) -> None:
    """On one line, in both languages."""
    line = outcome_line([Delivery("5301234567", status)], wording, at=AT, name="7f3a")

    assert line.startswith("SMS ")
    assert "\n" not in line


@pytest.mark.parametrize("wording", [ENGLISH, TURKISH], ids=["en", "tr"])
@pytest.mark.parametrize("name", ["provider", "credit", "reports", "queue", "loops"])
def test_every_trouble_and_its_end_fit_one_sms(wording: Wording, name: str) -> None:
    """As they are, with the usual figures."""
    lines = [trouble_line(name, wording, **SAID), well_line(name, wording)]

    assert [estimate(one_sms(line, wording)).parts for line in lines] == [1, 1]
    assert not [line for line in lines if one_sms(line, wording).endswith("...")]
