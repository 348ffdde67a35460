from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, get_args

import pytest

from im_notify.errors import QueryError, UnknownOutcomeError
from im_notify.sandbox import FaultKind, When
from im_notify.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.errors import ImNotifyError
    from im_notify.models import Message
    from im_notify.sandbox import Sandbox
    from im_notify.testing import FakeClock
    from im_notify_plugins.iletimerkezi.backends import ProviderBackend

    Ways = dict[str, ProviderBackend]

KINDS = get_args(FaultKind)
WORDS = {
    "reset": "broke before the answer was whole",
    "hang": "no answer within the read timeout",
    "truncated": "broke before the answer was whole",
    "500": "HTTP 500 without an answer",
    "502": "HTTP 502 without an answer",
    "503": "HTTP 503 without an answer",
    "504": "HTTP 504 without an answer",
    "empty": "not the provider's",
    "junk": "not the provider's",
    "latin": "not the provider's",
    "bomb": "not the provider's",
}
CASES = list(product(KINDS, get_args(When), ["json", "get"]))


def test_every_fault_of_the_sandbox_is_in_the_table() -> None:
    """A new fault needs its line."""
    assert set(WORDS) == set(KINDS)


@pytest.mark.parametrize(("kind", "when", "way"), CASES)
def test_a_fault_after_the_request_is_unknown(
    *,
    sandbox: Sandbox,
    account: Callable[..., Ways],
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    kind: str,
    when: str,
    way: str,
) -> None:
    """The request was read, so the order may be placed, and nothing is repeated."""
    sandbox.fault(kind, when=when)

    error = failure(account(sandbox.base_url, read_timeout=0.2)[way].send, make())

    assert type(error) is UnknownOutcomeError
    assert WORDS[kind] in str(error)
    assert len(sandbox.requests) == 1
    assert len(sandbox.ledger) == (when == "after")


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_survives_a_fault(
    sandbox: Sandbox, account: Callable[..., Ways], make: Callable[..., Message], kind: str
) -> None:
    """Three faults in a row are waited out."""
    backend = account(sandbox.base_url, read_timeout=0.2)["json"]
    receipt = backend.send(make())
    sandbox.fault(kind, path="get-report", count=3)

    report = backend.report(receipt)

    assert report.order_id == receipt.order_id
    assert len(sandbox.requests) == 1 + 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_lasting_fault_ends_a_question(
    *,
    sandbox: Sandbox,
    account: Callable[..., Ways],
    clock: FakeClock,
    make: Callable[..., Message],
    failure: Callable[..., ImNotifyError],
    kind: str,
) -> None:
    """After four tries, each later than the one before, it is QueryError."""
    backend = account(sandbox.base_url, read_timeout=0.2)["json"]
    receipt = backend.send(make())
    sandbox.fault(kind, path="get-report", count=4)

    error = failure(backend.report, receipt)

    assert type(error) is QueryError
    assert len(sandbox.requests) == 1 + 4
    bounds = zip(clock.slept, [(0.25, 0.75), (0.5, 1.5), (1.0, 3.0)], strict=True)
    assert all(low <= slept <= high for slept, (low, high) in bounds)


def test_pauses_are_spread(
    sandbox: Sandbox, ways: Ways, clock: FakeClock, failure: Callable[..., ImNotifyError]
) -> None:
    """Clients that failed together do not come back together."""
    sandbox.fault("500", path="get-balance", count=40)

    for _ in range(10):
        failure(ways["json"].check)

    assert len({round(slept, 6) for slept in clock.slept[::3]}) > 5


@pytest.mark.parametrize("code", [401, 455])
def test_a_refused_question_is_not_repeated(
    sandbox: Sandbox, account: Callable[..., Ways], failure: Callable[..., ImNotifyError], code: int
) -> None:
    """What a person must change, or what is not there, does not get better by asking."""
    wrong = {"key": Secret("wrong")} if code == 401 else {}
    backend = account(sandbox.base_url, **wrong)["json"]

    error = failure(backend.cancel, "999")

    assert getattr(error, "code", None) == code
    assert len(sandbox.requests) == 1
