from __future__ import annotations

import json
import os
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from im_notify.errors import ConfigError
from im_notify.relay_config import Listen
from im_notify.server import protocol
from im_notify.server.app import build
from im_notify.server.protocol import escaped
from im_notify.server.run import open_socket, server
from im_notify.server.services import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DOORS = [
    "/hook/plain?token=hook-token-3f9c",
    "/messages?token=api-token-c04e",
    "/push/push-secret-e9b7",
    "/v1/send-sms/get/?token=device-token-8b21&n=5301234567",
]
HOOK = b"POST /hook/plain?token=hook-token-3f9c HTTP/1.1\r\nHost: relay\r\n"
FUZZ = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def status(answer: bytes) -> int:
    """The status of a raw answer, 0 when there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_is_too_large_is_refused(relay: Any, door: str) -> None:
    """By what the client says of it, and by the bytes when it says nothing."""
    said = relay.post(door, data=b"x" * 5_000_000)
    chunked = relay.post(door, data=iter([b"x" * 40_000] * 100))

    assert (said.status_code, chunked.status_code) == (413, 413)
    assert said.json() == {"error": "the body is too large"}
    assert relay.store.entries == []


def test_a_length_is_refused_before_the_body_comes(relay: Any) -> None:
    """A client that asks first is spared the sending."""
    head = HOOK + b"Content-Length: 50001\r\nExpect: 100-continue\r\n\r\n"

    answer = relay.raw(head)

    assert status(answer) == 413
    assert b"100 Continue" not in answer


def test_a_body_of_just_the_size_is_taken(relay: Any, api: dict[str, str]) -> None:
    """The limit itself is allowed."""
    body = json.dumps({"text": "x", "to": ["oncall"]}).encode().ljust(50_000)

    assert relay.post("/messages", data=body, headers=api).status_code == 200
    assert relay.post("/messages", data=body + b" ", headers=api).status_code == 413


@pytest.mark.parametrize("door", ["/hook/plain", "/messages"])
def test_a_refused_client_that_is_still_sending_gets_its_answer(relay: Any, door: str) -> None:
    """401 comes early, the connection ends when all is sent."""
    answer = relay.post(door, data=b"x" * 5_000_000)

    assert (answer.status_code, answer.headers["Connection"]) == (401, "close")


@pytest.mark.parametrize(("length", "expected"), [(16_000, 200), (16_400, 414), (60_000, 414)])
def test_an_address_has_a_limit(relay: Any, length: int, expected: int) -> None:
    """16 kB: monitors that put all they know into it need eight."""
    path = f"/hook/plain?id=1&token=hook-token-3f9c&x={'x' * length}"

    assert relay.get(path).status_code == expected


def test_huge_headers_are_refused(relay: Any) -> None:
    """Before any door sees them."""
    lines = b"".join(b"X-%d: %s\r\n" % (one, b"y" * 1000) for one in range(70))

    assert status(relay.raw(HOOK + lines)) == 400


def test_a_body_that_takes_too_long_is_given_up(relay: Any) -> None:
    """408 after the time for bodies."""
    answer = relay.raw(HOOK + b"Content-Length: 100\r\n\r\n{")

    assert status(answer) == 408
    assert relay.store.entries == []


@pytest.mark.parametrize("head", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nX: y"])
def test_a_head_that_takes_too_long_is_cut_off(
    relay: Any, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """Without an answer: there is no request yet."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)

    with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as connection:
        connection.sendall(head)
        try:
            answer = connection.recv(100)
        except ConnectionResetError:
            answer = b""

    assert answer == b""


def test_a_connection_between_two_requests_may_wait(
    relay: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is for a head that began, not for keep-alive."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    request = b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n"

    with socket.create_connection(("127.0.0.1", relay.port), timeout=5) as connection:
        connection.sendall(request)
        first = b""
        while not first.endswith(b"}"):  # head and body are two writes
            first += connection.recv(1000)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(5)
        connection.sendall(request)
        second = connection.recv(1000)

    assert (status(first), status(second)) == (200, 200)


def test_a_client_that_goes_away_disturbs_nobody(
    relay: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """In the middle of a body."""
    relay.raw(HOOK + b"Content-Length: 100\r\n\r\n{", end=True)

    assert relay.get("/healthz").status_code == 200
    assert "Exception" not in caplog.text


@FUZZ
@given(door=st.sampled_from(DOORS), body=st.binary(max_size=300))
def test_random_bodies_never_break_it(relay: Any, door: str, body: bytes) -> None:
    """Bytes that mean nothing are refused, by any door."""
    assert relay.post(door, data=body).status_code < 500


@FUZZ
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["text", "to", "key", "iys", "alerts", "sender", "id"]), inner
            )
        ),
        max_leaves=12,
    ),
    door=st.sampled_from(DOORS),
)
def test_json_of_any_shape_never_breaks_it(relay: Any, door: str, body: object) -> None:
    """Fields of the wrong kind are named, not stumbled over."""
    assert relay.post(door, data=json.dumps(body).encode()).status_code < 500


@FUZZ
@given(query=st.binary(max_size=200))
def test_random_addresses_never_break_it(relay: Any, query: bytes) -> None:
    """Whatever a device puts behind its token."""
    target = b"/s?t=device-token-8b21&n=5301234567&m=" + query.replace(b"\n", b"")

    answer = status(
        relay.raw(b"GET " + target + b" HTTP/1.1\r\nConnection: close\r\nHost: relay\r\n\r\n")
    )

    assert answer in {0, 200, 400, 452, 454, 469}


@FUZZ
@given(
    value=st.binary(max_size=60),
    name=st.sampled_from(["Authorization", "X-Forwarded-For", "X-A-Signature", "X-A-Timestamp"]),
)
def test_random_headers_never_break_it(relay: Any, name: str, value: bytes) -> None:
    """Those that decide who may come in."""
    line = name.encode() + b": " + value.replace(b"\r", b"").replace(b"\n", b"")

    answer = relay.raw(
        b"POST /hook/plain HTTP/1.1\r\nConnection: close\r\nHost: relay\r\n" + line + b"\r\n\r\n"
    )

    assert status(answer) in {400, 401}


@pytest.mark.parametrize("depth", [500, 24_000])
@pytest.mark.parametrize("door", DOORS)
def test_deep_json_never_breaks_it(relay: Any, door: str, depth: int) -> None:
    """Nesting costs the parser its stack, not the relay its life."""
    body = b'{"alerts":' + b"[" * depth + b"]" * depth + b"}"

    assert relay.post(door, data=body).status_code in {422, 454}


def test_no_secret_and_no_text_is_told(
    relay: Any, secrets: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in any log nor in any answer nor in the figures, whatever went wrong."""
    text, number = "the-text-of-a-message", "5301234567"
    said: list[str] = []
    for token in (*secrets.values(), "wrong-token-0000"):
        asked = {"token": token, "text": text, "n": number}
        said += _ask_all(relay, asked)
        relay.store.broken = True
        said += _ask_all(relay, asked)
        relay.store.broken = False
    said += [relay.get("/metrics").text, repr(relay.services.relay)]

    ours = [one for one in caplog.records if not one.name.startswith("urllib3")]
    told = "\n".join([*said, *(one.getMessage() for one in ours)])
    assert [
        one for one in (*secrets.values(), "wrong-token-0000", text, number) if one in told
    ] == []


def _ask_all(relay: Any, asked: dict[str, str]) -> Iterator[str]:
    text = asked["text"]
    alert = {"alerts": [{"id": text, "text": text}]}
    for path in ("/hook/plain", "/messages", "/s", f"/push/{asked['token']}", "/nothing"):
        yield relay.get(path, params=asked).text
        yield relay.post(path, params=asked, json=alert).text
        yield relay.post(path, params=asked, data=text).text
        yield relay.post(path, json=alert, auth=("u", asked["token"])).text


def test_it_listens_at_a_unix_socket(relay: Any, tmp_path: Path) -> None:
    """For its owner and group; what a killed process left behind is replaced."""
    path = str(tmp_path / "relay.sock")
    open_socket(Listen(path=path)).close()

    with open_socket(Listen(path=path)) as opened:
        serving = server(build(relay.services))
        thread = Thread(target=serving.run, args=([opened],), daemon=True)
        thread.start()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = caller.recv(1000)
        serving.should_exit = True
        thread.join(5)

    assert status(answer) == 200
    assert os.stat(path).st_mode & 0o777 == 0o660  # noqa: PTH116


def test_an_address_that_is_taken_is_named(relay: Any, tmp_path: Path) -> None:
    """With the reason of the system."""
    with pytest.raises(ConfigError, match=f"cannot listen at 127.0.0.1:{relay.port}: "):
        open_socket(Listen(port=relay.port))
    with open_socket(Listen(path=str(tmp_path / "s"))), pytest.raises(ConfigError, match="/s: "):
        open_socket(Listen(path=str(tmp_path / "s")))
    (tmp_path / "file").write_text("not a socket")
    with pytest.raises(ConfigError, match="/file: "):
        open_socket(Listen(path=str(tmp_path / "file")))


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"GET /s?m=a b HTTP/1.1\r\nHost", b"GET /s?m=a%20b HTTP/1.1\r\nHost"),
        (b"GET /s?m=\xfe\t\x7f HTTP/1.0\nHost", b"GET /s?m=%FE%09%7F HTTP/1.0\r\nHost"),
        (b"GET /s?m=a%20b HTTP/1.1\r\n", b"GET /s?m=a%20b HTTP/1.1\r\n"),
        (b"GET /s?m=a b HTTP/1.1", b"GET /s?m=a b HTTP/1.1"),
        (b"GET /s?m=a b\r\n", b"GET /s?m=a b\r\n"),
        (b"", b""),
    ],
)
def test_a_request_line_is_escaped(data: bytes, written: bytes) -> None:
    """Only the address, only what HTTP does not allow, only when the line is whole."""
    assert escaped(data) == written


def test_an_answer_does_not_wait_for_an_acknowledgement() -> None:
    """What is accepted inherits it from the socket that listens."""
    with open_socket(Listen(port=0)) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_limits_can_be_set(start: Callable[..., Any]) -> None:
    """Where a relay is started."""
    relay = start(limits=Limits(url=100))

    assert relay.get(f"/healthz?{'x' * 100}").status_code == 414


def test_many_connections_are_served(relay: Any) -> None:
    """Each with a request under way."""
    sockets = [socket.create_connection(("127.0.0.1", relay.port), 10) for _one in range(200)]
    try:
        for one in sockets:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        assert requests.get(f"{relay.url}/healthz", timeout=5).status_code == 200
        for one in sockets:
            one.sendall(b"\r\n")
        assert {status(one.recv(1000)) for one in sockets} == {200}
    finally:
        for one in sockets:
            one.close()
