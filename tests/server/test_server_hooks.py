from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from im_notify.outbox.entries import Rung

if TYPE_CHECKING:
    from collections.abc import Callable

FIRING = {"alerts": [{"id": "1", "state": "firing", "text": "disk full"}]}
RESOLVED = {"alerts": [{"id": "1", "state": "resolved", "text": "disk well"}]}


def test_an_alert_goes_to_whom_the_hook_names(relay: Any, bearer: dict[str, str]) -> None:
    """With the ladder of the contact."""
    answer = relay.post("/hook/plain", json=FIRING, headers=bearer)

    assert (answer.status_code, answer.json()) == (200, {"ids": ["m00000000001"], "duplicates": 0})
    (route,) = relay.store.routes
    assert (route.contact, route.recipients) == ("oncall", ("5301234567",))
    assert (route.sender, route.lifetime) == ("APITEST", 3600.0)
    assert route.ladder == (Rung(90.0, "oncall/1"),)


@pytest.mark.parametrize(
    ("contact", "numbers"),
    [("second", ("5301234568",)), ("night", ("5301234567", "5301234568"))],
)
def test_the_address_can_choose_a_contact_or_group(
    relay: Any, bearer: dict[str, str], contact: str, numbers: tuple[str, ...]
) -> None:
    """In place of the hook's own."""
    relay.post(f"/hook/plain/{contact}", json=FIRING, headers=bearer)

    assert relay.store.routes[0].recipients == numbers


def test_a_repetition_is_a_duplicate(relay: Any, bearer: dict[str, str]) -> None:
    """The store finds what changed."""
    relay.post("/hook/plain", json=FIRING, headers=bearer)

    again = relay.post("/hook/plain", json=FIRING, headers=bearer).json()
    over = relay.post("/hook/plain", json=RESOLVED, headers=bearer).json()

    assert again == {"ids": ["m00000000001"], "duplicates": 1}
    assert over == {"ids": ["m00000000002"], "duplicates": 0}


def test_a_hook_can_be_called_with_get(relay: Any) -> None:
    """Some senders know nothing else; what they cannot put into a header is in the query."""
    query = {"id": "1", "text": "disk full", "token": "hook-token-3f9c"}

    answer = relay.get("/hook/plain", params=query)

    assert answer.status_code == 200
    assert relay.texts == ["disk full"]


def test_a_payload_without_alerts_is_accepted(relay: Any, bearer: dict[str, str]) -> None:
    """A test button sends such."""
    answer = relay.post("/hook/plain", json={"alerts": []}, headers=bearer)

    assert (answer.status_code, answer.json()) == (200, {"ids": [], "duplicates": 0})


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/hook/nothing", 404, "there is no such hook"),
        ("/hook/plain/nobody", 404, "there is no such contact or group"),
        ("/hook/plain/5301234567", 404, "there is no such contact or group"),
        ("/hook/absent", 404, "the source of this hook is not installed"),
        ("/hook/lost", 422, "a recipient is missing or wrong"),
        ("/hook/raw/123", 422, "a recipient is missing or wrong"),
        ("/hook", 404, "there is nothing at this address"),
        ("/hook/plain/oncall/x", 404, "there is nothing at this address"),
    ],
)
def test_what_is_not_configured_is_refused(
    start: Callable[..., Any],
    new_hook: Callable[..., Any],
    bearer: dict[str, str],
    path: str,
    status: int,
    error: str,
) -> None:
    """Nothing is stored, nothing is repeated."""
    hooks = [
        new_hook("plain"),
        new_hook("absent", source="nowhere"),
        new_hook("lost", to=()),
        new_hook("raw", raw_numbers=True),
    ]
    relay = start(hooks={one.name: one for one in hooks})

    answer = relay.post(path, json=FIRING, headers=bearer)

    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert relay.store.entries == []


def test_bare_numbers_are_for_hooks_that_may(
    start: Callable[..., Any], new_hook: Callable[..., Any], bearer: dict[str, str]
) -> None:
    """A number in the address, as people type it."""
    relay = start(hooks={"raw": new_hook("raw", raw_numbers=True)})

    answer = relay.post("/hook/raw/+90%20530%20123%2045%2069", json=FIRING, headers=bearer)

    assert answer.status_code == 200
    route = relay.store.routes[0]
    assert (route.recipients, route.contact, route.ladder) == (("5301234569",), None, ())


def test_a_wrong_number_of_a_contact_does_not_silence_the_others(
    start: Callable[..., Any], new_hook: Callable[..., Any], bearer: dict[str, str]
) -> None:
    """Alarms go to whom they can."""
    relay = start(hooks={"plain": new_hook("plain", to=("bad", "oncall"))})

    relay.post("/hook/plain", json=FIRING, headers=bearer)

    route = relay.store.routes[0]
    assert (route.recipients, route.contact) == (("5301234567",), "bad,oncall")


def test_what_the_source_does_not_understand_is_refused_in_its_words(
    relay: Any, bearer: dict[str, str]
) -> None:
    """One line of JSON."""
    answer = relay.post("/hook/plain", data=b"no json", headers=bearer)

    assert (answer.status_code, answer.json()) == (422, {"error": "this is not a plain alert"})


def test_a_large_payload_is_parsed_as_well(
    start: Callable[..., Any], bearer: dict[str, str]
) -> None:
    """Beside the loop, with the same answer."""
    relay = start(max_body=1_000_000)
    alerts = [{"id": str(one), "text": "x" * 100} for one in range(1000)]

    answer = relay.post("/hook/plain", json={"alerts": alerts}, headers=bearer)

    assert answer.status_code == 200
    assert len(relay.texts[0]) > 100_000


def test_a_source_with_a_bug_gives_500_and_shows_nothing(
    start: Callable[..., Any],
    new_hook: Callable[..., Any],
    bearer: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log has the type and the place, not the payload."""
    relay = start(hooks={"broken": new_hook("broken", source="broken")})

    answer = relay.post("/hook/broken", data=b"the payload", headers=bearer)

    assert (answer.status_code, answer.json()) == (500, {"error": "internal error"})
    assert "a request failed: RuntimeError parse:" in caplog.text
    assert "the payload" not in caplog.text


def test_an_alert_that_cannot_be_stored_is_asked_for_again(
    relay: Any, bearer: dict[str, str]
) -> None:
    """503 with a time."""
    relay.store.broken = True

    answer = relay.post("/hook/plain", json=FIRING, headers=bearer)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 405), ("PUT", 405), ("DELETE", 405)])
def test_only_get_and_post_send(relay: Any, method: str, status: int) -> None:
    """Previews of links ask with HEAD and must not send."""
    path = "/hook/plain?id=1&token=hook-token-3f9c"

    assert relay.call(method, path).status_code == status
    assert relay.store.entries == []


def test_a_push_is_noted(relay: Any) -> None:
    """Whether the order is ours is said, and either is fine."""
    ours = relay.post("/push/push-secret-e9b7", json={"order": 77, "number": "5301234567"})
    other = relay.post("/push/push-secret-e9b7", json={"order": 78, "number": "5301234567"})

    assert (ours.status_code, ours.json()) == (200, {"reports": 1, "known": 1})
    assert (other.status_code, other.json()) == (200, {"reports": 1, "known": 0})
    assert [report.order_id for report in relay.store.reports] == ["77", "78"]


def test_a_push_that_nobody_understands_is_refused(relay: Any) -> None:
    """Alerts are no reports."""
    assert relay.post("/push/push-secret-e9b7", json=FIRING).status_code == 422
    assert relay.post("/push/push-secret-e9b7", data=b"\xff").status_code == 422


def test_a_push_needs_its_secret(relay: Any, start: Callable[..., Any]) -> None:
    """A wrong one, and any where none is configured."""
    closed = start(push_secret=None)

    assert relay.post("/push/other", json={}).status_code == 401
    assert closed.post("/push/push-secret-e9b7", json={}).status_code == 401
    assert relay.store.reports == []


def test_health_readiness_and_figures(start: Callable[..., Any], bearer: dict[str, str]) -> None:
    """Without a token; counters follow what was accepted and refused."""
    relay = start()
    relay.post("/hook/plain", json=FIRING, headers=bearer)
    relay.post("/hook/plain", json=FIRING)

    figures = relay.get("/metrics").text

    assert relay.get("/healthz").json() == {"status": "ok"}
    assert relay.get("/readyz").json() == {"store": True, "sender": True}
    assert 'im_notify_accepted_total{source="plain"} 1.0' in figures
    assert 'im_notify_refused_total{reason="token"} 1.0' in figures
    assert "im_notify_accept_seconds_count 1.0" in figures
    assert 'im_notify_messages{state="queued"} 1.0' in figures


def test_a_broken_store_is_not_ready_but_alive(relay: Any) -> None:
    """A supervisor must not restart it, a proxy must not use it."""
    relay.store.broken = True

    assert relay.get("/readyz").status_code == 503
    assert relay.get("/readyz").json() == {"store": False, "sender": True}
    assert relay.call("HEAD", "/healthz").status_code == 200
