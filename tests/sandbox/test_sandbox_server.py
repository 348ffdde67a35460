from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY, Sandbox, Settings


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "send-sms/json", "json"),
        ("POST", "send-sms/get/", "xml"),
        ("GET", "send-sms/get", "xml"),
        ("POST", "send-sms", "xml"),
        ("POST", "send-sms/json/", "xml"),
        ("POST", "get-inbox/json", "json"),
        ("PUT", "send-sms/json", "json"),
        ("DELETE", "get-balance/json", "json"),
        ("GET", "", "xml"),
        ("POST", "../v2/send-sms/json", "json"),
    ],
)
def test_an_unknown_address_or_method_is_404(
    start: Any, code: Any, method: str, path: str, kind: str
) -> None:
    """The body says so in the form of the address."""
    caller = start()

    response = caller.session.request(method, caller.url(path), data=b"{}", timeout=5)

    assert (code(response), response.status_code) == (404, 404)
    assert kind in response.headers["Content-Type"]


@pytest.mark.parametrize(("http_status", "expected"), [("mirrored", 454), ("plain", 200)])
def test_the_http_status_repeats_the_code_or_is_always_200(
    start: Any, code: Any, http_status: str, expected: int
) -> None:
    """A client that trusts the HTTP status is fooled by the plain variant."""
    caller = start(http_status=http_status)

    response = caller.send(text="")

    assert (response.status_code, code(response)) == (expected, 454)


def test_requests_are_kept_as_they_came(start: Any) -> None:
    """Method, path without query, body, headers and time of each whole request are kept."""
    caller = start()
    caller.session.headers["X-Probe"] = "1"

    caller.get()
    caller.sandbox.advance(5)
    caller.send(text="")

    first, second = caller.sandbox.requests
    assert (first.method, first.path, first.body) == ("GET", "/v1/send-sms/get/", b"")
    assert (second.path, second.headers["X-Probe"]) == ("/v1/send-sms/json", "1")
    assert b"receipents" in second.body
    assert second.at - first.at == 5


def test_half_a_request_does_nothing(start: Any) -> None:
    """A client that leaves before its body is whole places no order and is not kept."""
    caller = start()
    address = ("127.0.0.1", int(caller.sandbox.base_url.split(":")[2].split("/")[0]))

    with socket.create_connection(address, timeout=5) as client:
        client.sendall(b"POST /v1/send-sms/json HTTP/1.1\r\nContent-Length: 99\r\n\r\n{")
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(1)

    assert (answer, caller.sandbox.requests, caller.sandbox.ledger) == (b"", [], [])


@pytest.mark.parametrize("head", ["Transfer-Encoding: chunked", "Content-Length: many"])
def test_a_body_of_unknown_length_is_400_and_ends_the_connection(start: Any, head: str) -> None:
    """What follows is not mistaken for another request."""
    caller = start()
    address = ("127.0.0.1", int(caller.sandbox.base_url.split(":")[2].split("/")[0]))

    with socket.create_connection(address, timeout=5) as client:
        client.sendall(f"POST /v1/send-sms/json HTTP/1.1\r\n{head}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_body_may_wait_for_permission(start: Any) -> None:
    """A client that asks first (Expect: 100-continue) is told to go on at once."""
    caller = start()
    address = ("127.0.0.1", int(caller.sandbox.base_url.split(":")[2].split("/")[0]))

    with socket.create_connection(address, timeout=5) as client:
        client.sendall(
            b"POST /v1/send-sms/json HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        permission = client.recv(65536)
        client.sendall(b"{}")
        answer = client.recv(65536)

    assert permission.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_connection_lives_on_without_stalls(start: Any) -> None:
    """Fifty calls on one connection take far less than fifty delayed acknowledgements."""
    caller = start()
    address = caller.sandbox.base_url.removeprefix("http://").removesuffix("/v1/")
    connection = http.client.HTTPConnection(address, timeout=5)
    connection.connect()
    client = connection.sock

    begun = time.perf_counter()
    for _ in range(50):
        connection.request("POST", "/v1/get-sender/json", b"{}")
        connection.getresponse().read()
    taken = time.perf_counter() - begun

    assert connection.sock is client
    assert taken < 50 * 0.04 / 2
    connection.close()


def test_many_clients_at_once_lose_nothing(start: Any) -> None:
    """Orders from eight threads get a number each, and one text is placed once."""
    caller = start()

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda index: caller.place(text=f"alarm {index}"), range(80)))
        again = list(pool.map(lambda _: caller.send(text="same").status_code, range(8)))

    assert len(set(sent)) == 80
    assert sorted(again) == [200, *[451] * 7]
    assert len(caller.sandbox.ledger) == 81


def test_closing_is_quick_with_idle_clients_and_may_be_repeated() -> None:
    """A connection kept alive does not hold the sandbox up, and its port is free again."""
    sandbox = Sandbox()
    address = sandbox.base_url.removeprefix("http://").removesuffix("/v1/")
    connection = http.client.HTTPConnection(address, timeout=5)
    connection.request("POST", "/v1/get-sender/json", b"{}")
    connection.getresponse().read()

    begun = time.perf_counter()
    sandbox.close()
    sandbox.close()
    taken = time.perf_counter() - begun

    assert taken < 0.2
    connection.close()
    with Sandbox(port=int(address.split(":")[1])) as again:
        assert again.base_url == sandbox.base_url


def test_the_real_time_can_be_moved() -> None:
    """Without a clock of its own the sandbox runs with the machine, plus what was added."""
    with Sandbox(Settings()) as sandbox:
        sandbox.advance(3600)

        assert sandbox.now() - time.time() == pytest.approx(3600, abs=5)


def test_the_example_credentials_have_the_real_shape() -> None:
    """The key has 32 and the hash 64 hexadecimal characters."""
    assert (len(EXAMPLE_KEY), len(EXAMPLE_HASH)) == (32, 64)
    assert int(EXAMPLE_KEY + EXAMPLE_HASH, 16) > 0


def test_other_processes_steer_over_http(start: Any) -> None:
    """Faults, clock, ledger and phones answer below a prefix of their own, unseen and unhurt."""
    caller = start()
    control = caller.sandbox.base_url.replace("/v1/", "/_sandbox/")
    fault = {"kind": "503", "when": "after", "count": 1, "path": "send-sms"}

    asked = caller.session.post(f"{control}fault", json=fault, timeout=5)
    hurt = caller.send()
    caller.session.post(f"{control}advance", json={"seconds": 2}, timeout=5)
    ledger = caller.session.get(f"{control}ledger", timeout=5).json()
    phone = caller.session.get(f"{control}phone/+905301234567", timeout=5).json()

    assert (asked.status_code, hurt.status_code) == (200, 503)
    assert ledger[0]["numbers"] == ["5301234567"]
    assert set(ledger[0]) == {
        *("order_id", "sender", "text", "numbers", "iys", "iys_list", "channel"),
        *("placed_at", "send_at", "cancelled"),
    }
    assert phone == ["disk full"]
    assert len(caller.sandbox.requests) == 1


def test_a_reset_forgets_everything(start: Any) -> None:
    """Orders, requests, faults, repeats and the moved clock are gone."""
    caller = start()
    caller.place()
    caller.sandbox.fault("reset")
    caller.sandbox.advance(60)
    control = caller.sandbox.base_url.replace("/v1/", "/_sandbox/")

    caller.session.post(f"{control}reset", timeout=5)

    assert (caller.sandbox.ledger, caller.sandbox.requests) == ([], [])
    assert caller.place() == "312891001"
    assert caller.sandbox.requests[0].at == caller.sandbox.now()


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "fault", b'{"kind": "fire"}', 400),
        ("POST", "fault", b"[]", 400),
        ("POST", "advance", b"{}", 400),
        ("POST", "advance", b"{", 400),
        ("GET", "fault", b"", 404),
        ("POST", "nothing", b"", 404),
    ],
)
def test_a_mistake_in_control_is_explained(
    start: Any, method: str, path: str, body: bytes, expected: int
) -> None:
    """Control answers its own mistakes with a sentence."""
    caller = start()
    url = caller.sandbox.base_url.replace("/v1/", "/_sandbox/") + path

    response = caller.session.request(method, url, data=body, timeout=5)

    assert response.status_code == expected
    assert response.json()["error"]
