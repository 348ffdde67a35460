from __future__ import annotations

from datetime import UTC, datetime

import pytest

from im_notify.outbox import awaiting, gathering, holding
from im_notify.outbox.details import shown, shown_reason
from im_notify.outbox.entries import Event

AT = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = {
    "order 312891245": "sipariş 312891245",
    "into 7k2m9xw4p0dq": "7k2m9xw4p0dq içinde",
    "step 2": "2. adım",
    "2 recipients": "alıcı: 2",
    "1 of 3 recipients": "alıcı: 1/3",
    "by hand": "elle",
    "the same text is on its way": "aynı metin yolda",
}
REASONS = (
    *(holding.GATHERING, holding.LIMIT, holding.DAILY_CAP),
    *(awaiting.UNCONFIRMED, awaiting.NOT_DELIVERED, awaiting.AGAIN),
    *(gathering.OVER, gathering.ACKNOWLEDGED, gathering.UNTOLD),
    "its time was over before it could be sent",
    "its outcome could not be stored",
    "the process ended while it was sent",
    "not among the provider's orders",
    "there was no report to the end",
)


@pytest.fixture
def turkish(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read Turkish."""
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("LANGUAGE", "tr")


@pytest.mark.usefixtures("turkish")
@pytest.mark.parametrize(("stored", "told"), TEXTS.items(), ids=TEXTS)
def test_a_text_with_values_is_translated(stored: str, told: str) -> None:
    """The values are put in where they belong in that language."""
    assert shown(Event(at=AT, what="x", detail=stored)) == told


@pytest.mark.usefixtures("turkish")
@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_translated(reason: str) -> None:
    """Each that the relay gives by itself."""
    assert shown_reason(reason) != reason


@pytest.mark.usefixtures("turkish")
@pytest.mark.parametrize("text", ["", "401: yetkisiz", "step 2 of it", "a{b}", "order"])
def test_what_others_said_stays(text: str) -> None:
    """A provider's words, and whatever only looks alike."""
    assert shown_reason(text) == text


@pytest.mark.usefixtures("turkish")
def test_the_name_of_a_source_is_no_text() -> None:
    """It may be called like a reason."""
    assert shown(Event(at=AT, what="stored", detail="limit")) == "limit"
