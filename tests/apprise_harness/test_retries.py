"""Apprise's own proof that a retry repeats nothing that was delivered, with a row of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import test_delivery_tracking_fleet as fleet

ROW = (
    "iletimerkezi",
    "iletimerkezi://" + "5" * 32 + ":" + "c3" * 32 + "@SENDER/5301110001/5301119999",
    "5301110001",
    "5301119999",
    {"response": {"status": {"code": 200}, "order": {"id": "312891245"}}},
)
REFUSED = b'{"response":{"status":{"code":452}}}'


@dataclass
class Answer:
    """What their handler fills in; our provider says in the body too that it refused."""

    status_code: int = 200
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    placed: bytes = b""

    @property
    def content(self) -> bytes:
        """The body that goes with the HTTP status."""
        return REFUSED if self.status_code == fleet.requests.codes.bad_request else self.placed

    @content.setter
    def content(self, body: str) -> None:
        self.placed = body.encode()


@pytest.fixture(autouse=True)
def _answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.Request", Answer)


def test_our_row_is_usable() -> None:
    """Two recipients make two requests."""
    fleet.test_fleet_entry_is_usable(*ROW)


def test_a_retry_skips_who_has_it() -> None:
    """The one that failed is tried again, the other is not."""
    fleet.test_fleet_retry_skips_delivered_targets(*ROW)
