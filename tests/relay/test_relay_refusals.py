from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.errors import InvalidMessageError, RejectedError
from im_notify.hookspecs import hookimpl
from im_notify.models import Consent, Message, Status

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from im_notify.models import Receipt
    from tests.relay.conftest import Bench

PAGE = b"<html><title>Sign in to the network</title></html>"


class Refusing:
    """A plugin around the send that raises an error as long as there is one."""

    def __init__(self, error: Exception) -> None:
        """Refuse from the start."""
        self.error: Exception | None = error

    @hookimpl(wrapper=True)
    def im_notify_send(self) -> Generator[None, Receipt, Receipt]:
        """Refuse before the order is placed."""
        if self.error:
            raise self.error
        receipt = yield
        return receipt


def refusal(code: int | None) -> RejectedError:
    """Return what is raised where the provider refuses with a code."""
    return RejectedError("refused", backend="test", code=code)


def refuse(bench: Bench, error: Exception) -> Refusing:
    """Refuse all orders from now on."""
    refusing = Refusing(error)
    bench.plugins.add(refusing, "refusing")
    return refusing


def doubtful(bench: Bench, when: Any) -> Any:
    """Return a message whose order got no answer; it was placed if that happened after."""
    accepted = bench.accept()
    bench.sandbox.fault("reset", when=when)
    bench.engine.send_due()
    bench.engine.settle()
    return accepted


def send_as_another(bench: Bench, text: str) -> None:
    """Place an order as another program of the same account would."""
    message = Message(
        text=text,
        recipients=("5301234567",),
        sender="APITEST",
        consent=Consent.TRANSACTIONAL,
    )
    bench.engine.backend.send(message)


@contextmanager
def something_between(bench: Bench, status: int) -> Iterator[None]:
    """Have every request answered by a page of its own, as a proxy or a captive portal does."""

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # head and body in one segment

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_arguments: object) -> None:
            pass

    client = bench.engine.backend.client()  # type: ignore[attr-defined]  # the provider's own
    real = client.base_url
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        object.__setattr__(client, "base_url", f"http://127.0.0.1:{server.server_port}/v1/")
        yield
        object.__setattr__(client, "base_url", real)
        server.shutdown()


@pytest.mark.parametrize("status", [302, 400, 403, 404, 451])
def test_a_page_of_something_in_between_refuses_nothing(bench: Bench, status: int) -> None:
    """It is not the provider's word: all messages leave when the provider is there again."""
    accepted = [bench.accept(f"text {n}", f"53012345{n:02}") for n in range(5)]
    with something_between(bench, status):
        bench.run(100)
    meanwhile = {bench.stored(one).status for one in accepted}

    bench.run(120)

    assert meanwhile == {Status.WAITING}
    assert {bench.stored(one).status for one in accepted} == {Status.DELIVERED}
    assert len(bench.sandbox.ledger) == 5


@pytest.mark.parametrize("status", [401, 402])
def test_such_a_page_may_stop_the_account(bench: Bench, status: int) -> None:
    """As the same code of the provider does, until the provider itself says that it is well."""
    accepted = bench.accept()
    with something_between(bench, status):
        bench.run(100)
        meanwhile = bench.engine.sender.pause.trouble

    bench.run(120)

    assert meanwhile
    assert bench.engine.sender.pause.trouble is None
    assert bench.stored(accepted).status is Status.DELIVERED


def test_a_message_that_meets_only_such_pages_expires_and_that_is_told(bench: Bench) -> None:
    """Like one that could not be sent for want of a network."""
    accepted = bench.accept(lifetime=100.0)

    with something_between(bench, 403):
        bench.run(200)

    assert bench.stored(accepted).status is Status.EXPIRED
    assert bench.listener.told == [(accepted.id, "5301234567", "expired")]


def test_a_backend_that_knows_no_codes_may_refuse(bench: Bench) -> None:
    """Without an HTTP status nothing in between can have said it."""
    accepted = bench.accept()
    refuse(bench, refusal(None))

    bench.run(10)

    assert bench.stored(accepted).status is Status.REFUSED


@pytest.mark.parametrize("kind", [RejectedError, InvalidMessageError])
@pytest.mark.parametrize("code", [400, 452, 453, 467, None])
def test_a_refused_repeat_does_not_undo_the_first_try(
    bench: Bench, code: int | None, kind: Any
) -> None:
    """The order was placed: it is found, and the message is delivered."""
    accepted = doubtful(bench, "after")
    refuse(bench, refusal(code) if kind is RejectedError else kind("too long", code=code))

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert bench.stored(accepted).orders[0].code is None
    assert len(bench.sandbox.ledger) == 1


@pytest.mark.parametrize("code", [400, 452, 453, 467])
def test_a_refused_repeat_of_what_was_not_placed_is_a_refusal(bench: Bench, code: int) -> None:
    """Once it is sure not to be there; it is not tried again meanwhile."""
    accepted = doubtful(bench, "before")
    refusing = refuse(bench, refusal(code))
    bench.run(5)
    refusing.error = None

    bench.run(600)

    assert bench.stored(accepted).status is Status.REFUSED
    assert bench.stored(accepted).orders[0].code == code
    assert bench.sandbox.ledger == []


def test_a_refused_repeat_is_no_refusal_while_the_list_cannot_be_read(bench: Bench) -> None:
    """Nobody knows then whether the first try was placed."""
    accepted = doubtful(bench, "after")
    refuse(bench, refusal(467))
    bench.sandbox.fault("503", count=10_000, path="get-reports")

    bench.run(7200)

    assert bench.stored(accepted).status is Status.UNKNOWN


def test_a_refused_repeat_is_no_refusal_while_something_may_be_its_order(bench: Bench) -> None:
    """Two orders of somebody else to the same phone, at the same time, and no text on the list."""
    accepted = doubtful(bench, "before")
    send_as_another(bench, "one")
    send_as_another(bench, "two")
    refuse(bench, refusal(467))

    bench.run(600)

    assert bench.stored(accepted).status is Status.UNKNOWN
    assert bench.stored(accepted).orders[0].code is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_page_that_meets_a_repeat_says_nothing(bench: Bench, when: str) -> None:
    """It is repeated once more, and the provider's own answer counts."""
    accepted = doubtful(bench, when)
    with something_between(bench, 403):
        bench.run(30)

    bench.run(60)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("code", [401, 402, 450])
def test_a_refused_account_leaves_an_unclear_order_to_be_cleared_up(
    bench: Bench, code: int, when: str
) -> None:
    """It is found, or sent once the account is accepted again: one order in any case."""
    accepted = doubtful(bench, when)
    refusing = refuse(bench, refusal(code))
    bench.run(30)
    refusing.error = None

    bench.run(400)

    assert bench.stored(accepted).status is Status.DELIVERED
    assert len(bench.sandbox.ledger) == 1


def test_a_bad_number_that_meets_a_repeat_costs_the_others_nothing(bench: Bench) -> None:
    """Once the order is surely not there, it is divided as at its first try."""
    accepted = bench.accept("x", "5301234567", "5301234568", "5301234569")
    bench.sandbox.fault("reset", when="before")
    bench.engine.send_due()
    bench.engine.settle()
    refused = refuse(bench, refusal(452))
    bench.run(5)
    refused.error = None

    bench.run(900)

    assert bench.stored(accepted).status is Status.DELIVERED
