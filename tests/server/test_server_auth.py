from __future__ import annotations

import base64
import hashlib
import hmac
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.secret import Secret
from im_notify.testing import START

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = b'{"alerts": [{"id": "1", "text": "disk full"}]}'
NOW = str(int(START.timestamp()))
SIGNATURE, STAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"


def basic(password: str, user: str = "relay") -> str:
    """The header of basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def sign(body: bytes, key: str = "hmac-secret-71aa") -> str:
    """The signature of a body."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"Authorization": "Bearer hook-token-3f9c"}, "", 200),
        ({"Authorization": "bearer  hook-token-3f9c "}, "", 200),
        ({"Authorization": "Bearer hook-token-3f9"}, "", 401),
        ({"Authorization": "Bearer hook-token-3f9cc"}, "", 401),
        ({"Authorization": "Bearer api-token-c04e"}, "", 401),
        ({"Authorization": "Bearer "}, "", 401),
        ({"Authorization": "hook-token-3f9c"}, "", 401),
        ({"Authorization": "Digest hook-token-3f9c"}, "", 401),
        ({"Authorization": basic("hook-token-3f9c")}, "", 200),
        ({"Authorization": basic("hook-token-3f9c", user="")}, "", 200),
        ({"Authorization": basic("other")}, "", 401),
        ({"Authorization": basic("", user="hook-token-3f9c")}, "", 401),
        ({"Authorization": "Basic ====="}, "", 401),
        ({"Authorization": "Basic \xff\xfe".encode("latin-1")}, "", 401),
        ({}, "?token=hook-token-3f9c", 200),
        ({}, "?token=other", 401),
        ({}, "?token=", 401),
        ({}, "?token=%FF", 401),
        ({}, "?token=other&token=hook-token-3f9c", 200),
        ({"Authorization": "Bearer other"}, "?token=hook-token-3f9c", 200),
        ({SIGNATURE: "a" * 64}, "", 401),
    ],
)
def test_a_hook_with_a_token(relay: Any, headers: dict[str, Any], query: str, status: int) -> None:
    """Each way right, wrong and missing; a missing and a wrong one are answered alike."""
    answer = relay.post(f"/hook/plain{query}", data=BODY, headers=headers)

    assert answer.status_code == status
    assert len(relay.store.entries) == (status == 200)
    if status == 401:
        assert answer.json() == {"error": "the token is missing or wrong"}
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({SIGNATURE: sign(BODY)}, 200),
        ({SIGNATURE: sign(BODY).upper()}, 200),
        ({"X-Hub-Signature-256": f"sha256={sign(BODY)}"}, 200),
        ({SIGNATURE: sign(b"other")}, 401),
        ({SIGNATURE: sign(BODY, "other")}, 401),
        ({SIGNATURE: ""}, 401),
        ({SIGNATURE: "\xff".encode("latin-1")}, 401),
        ({SIGNATURE: sign(NOW.encode() + b":" + BODY), STAMP: NOW}, 200),
        ({SIGNATURE: sign(BODY), STAMP: NOW}, 401),
        ({SIGNATURE: sign(NOW.encode() + b":" + BODY)}, 401),
        ({SIGNATURE: sign(b"1:" + BODY), STAMP: "1"}, 401),
        ({SIGNATURE: sign(b"x:" + BODY), STAMP: "x"}, 401),
    ],
)
def test_a_hook_with_a_secret_for_signatures(
    start: Callable[..., Any],
    new_hook: Callable[..., Any],
    headers: dict[str, Any],
    status: int,
) -> None:
    """Of the body, or of the time and the body; an old time is a replay."""
    signed = new_hook("plain", token=None, hmac_secret=Secret("hmac-secret-71aa"))
    relay = start(hooks={"plain": signed})

    answer = relay.post("/hook/plain", data=BODY, headers=headers)

    assert answer.status_code == status
    assert len(relay.store.entries) == (status == 200)


@pytest.mark.parametrize(
    "headers", [{SIGNATURE: sign(BODY)}, {"Authorization": "Bearer hook-token-3f9c"}]
)
def test_either_of_two_ways_will_do(
    start: Callable[..., Any], new_hook: Callable[..., Any], headers: dict[str, str]
) -> None:
    """A hook may have a token and a secret for signatures."""
    relay = start(hooks={"plain": new_hook("plain", hmac_secret=Secret("hmac-secret-71aa"))})

    assert relay.post("/hook/plain", data=BODY, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("allow", "trusted", "forwarded", "status"),
    [
        (["127.0.0.0/8"], [], None, 200),
        (["10.0.0.0/8"], [], None, 403),
        (["::1/128"], [], None, 403),
        (["10.0.0.0/8"], [], "10.1.2.3", 403),
        (["127.0.0.1/32"], [], "10.1.2.3", 200),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "10.1.2.3", 200),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "10.1.2.3, 192.0.2.7", 403),
        (["10.0.0.0/8"], ["127.0.0.1/32", "192.0.2.0/24"], "10.1.2.3, 192.0.2.7", 200),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "10.1.2.3:4711", 200),
        (["2001:db8::/32"], ["127.0.0.1/32"], "[2001:db8::7]:4711", 200),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "::ffff:10.1.2.3", 200),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "unknown", 403),
        (["10.0.0.0/8"], ["127.0.0.1/32"], "", 403),
    ],
)
def test_a_hook_with_networks(
    start: Callable[..., Any],
    new_hook: Callable[..., Any],
    allow: list[str],
    trusted: list[str],
    forwarded: str | None,
    status: int,
) -> None:
    """What a proxy says counts where the proxy is trusted, from the last hop backwards."""
    open_hook = new_hook("plain", token=None, allow=tuple(map(ip_network, allow)))
    relay = start(hooks={"plain": open_hook}, trusted_proxies=tuple(map(ip_network, trusted)))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}

    answer = relay.post("/hook/plain", data=BODY, headers=headers)

    assert answer.status_code == status


def test_a_right_token_from_a_wrong_network_is_refused(
    start: Callable[..., Any], new_hook: Callable[..., Any], bearer: dict[str, str]
) -> None:
    """Both have to be right; the network is asked first."""
    relay = start(hooks={"plain": new_hook("plain", allow=(ip_network("10.0.0.0/8"),))})

    answer = relay.post("/hook/plain", data=BODY, headers=bearer)

    assert answer.status_code == 403
    assert answer.json() == {"error": "this address may not use this door"}


def test_a_hook_without_any_lock_stays_closed(
    start: Callable[..., Any], new_hook: Callable[..., Any]
) -> None:
    """The configuration refuses such; if one comes about all the same, nobody gets in."""
    relay = start(hooks={"plain": new_hook("plain", token=None)})

    assert relay.post("/hook/plain", data=BODY).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer api-token-c04e"}, 200),
        ({"Authorization": basic("api-token-c04e")}, 200),
        ({"Authorization": "Bearer hook-token-3f9c"}, 401),
    ],
)
def test_the_api_has_a_token_of_its_own(relay: Any, headers: dict[str, str], status: int) -> None:
    """For sending and for looking."""
    sent = relay.post("/messages", json={"text": "x", "to": ["oncall"]}, headers=headers)
    seen = relay.get("/v1/messages/m00000000001", headers=headers)

    assert (sent.status_code, seen.status_code) == (status, status)
