from __future__ import annotations

import pytest

from im_notify.errors import (
    NotDueError,
    NotFoundError,
    NotSentError,
    QueryError,
    RejectedError,
    SendError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify_plugins.iletimerkezi import codes

NAMES = {
    400: "could not be read",
    401: "fixed IP",
    402: "top up",
    403: "subscription",
    404: "base URL",
    422: "not accepted",
    450: "spaces count",
    451: "10 minutes",
    452: "block list",
    453: "seven SMS",
    454: "empty",
    455: "not known",
    456: "not due",
    457: "send time",
    458: "ten days",
    459: "sender is empty",
    460: "11 characters",
    461: "group",
    462: "group",
    463: "group",
    464: "from 1",
    465: "person",
    466: "number",
    467: "documents",
    468: "set iys",
    469: "BIREYSEL (consumers) or TACIR",
    470: "İYS code",
    471: "three characters",
    472: "contact",
    473: "contact",
    474: "block",
    503: "out of service",
}


def wanted(number: int) -> type[SendError]:
    """Say what a number means for a send: refused, surely not sent, or unknown."""
    if number in {407, 429}:
        return ThrottledError if number == 429 else NotSentError
    if number == 408 or number < 300 or number >= 500:
        return UnknownOutcomeError
    return RejectedError


def test_every_documented_code_is_known() -> None:
    """The table is the one of the provider's documents."""
    assert set(codes.ADVICE) == set(NAMES)


@pytest.mark.parametrize(("code", "advice"), NAMES.items())
def test_a_code_says_what_to_do(code: int, advice: str) -> None:
    """One line names the number and the advice, whatever the HTTP status."""
    text = codes.explain(code, 200)

    assert text.startswith(f"code {code}: ")
    assert advice in text
    assert "\n" not in text


@pytest.mark.parametrize("word", ["key or hash", "'Allow API access'", "fixed IP"])
def test_401_names_all_three_causes(word: str) -> None:
    """They look the same on the wire, so the text names each."""
    assert word in codes.explain(401, 401)


@pytest.mark.parametrize("code", NAMES)
@pytest.mark.parametrize("http_status", [200, 503])
def test_a_send_is_sorted_by_its_code(code: int, http_status: int) -> None:
    """The body's code counts before the HTTP status."""
    error = codes.send_error(backend="json", code=code, http_status=http_status)

    assert type(error) is (UnknownOutcomeError if code == 503 else RejectedError)
    assert (error.code, error.http_status, error.backend) == (code, http_status, "json")


@pytest.mark.parametrize("code", NAMES)
def test_a_question_is_sorted_by_its_code(code: int) -> None:
    """455 and 456 have classes of their own."""
    error = codes.query_error(backend="json", code=code, http_status=200)

    assert type(error) is {455: NotFoundError, 456: NotDueError}.get(code, QueryError)
    assert (error.code, error.http_status) == (code, 200)


@pytest.mark.parametrize("number", range(100, 600))
def test_every_http_status_is_sorted(number: int) -> None:
    """Without a body the status decides, with one its code does, by the same rule."""
    bare = codes.send_error(backend="json", code=None, http_status=number)
    coded = codes.send_error(backend="json", code=number, http_status=200)

    assert type(bare) is type(coded) is wanted(number)
    assert str(number) in str(bare)
    assert str(number) in str(coded)


@pytest.mark.parametrize("code", [0, 201, 419, 426, 475, 499, 500, 504, 999, 10**9])
def test_an_unknown_code_is_said_to_be_one(code: int) -> None:
    """No document explains it, so its number is what helps."""
    assert codes.explain(code, 200) == f"code {code}: a code that no document explains"


@pytest.mark.parametrize(("said", "pause"), [(7.0, 7.0), (None, codes.DEFAULT_PAUSE), (0.0, 0.0)])
def test_a_429_says_how_long_to_wait(said: float | None, pause: float) -> None:
    """The header counts, a minute where there is none."""
    error = codes.send_error(backend="json", code=None, http_status=429, retry_after=said)

    assert isinstance(error, ThrottledError)
    assert error.retry_after == pause
