from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from im_notify.models import Consent
from im_notify.outbox.entries import Rung

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = {"text": "disk full", "to": ["5301234567"]}


def test_a_message_is_stored_and_answered_with_its_id(relay: Any, api: dict[str, str]) -> None:
    """The defaults are those of the account."""
    answer = relay.post("/messages", json=GOOD, headers=api)

    assert (answer.status_code, answer.json()) == (200, {"ids": ["m00000000001"], "duplicates": 0})
    (entry,) = relay.store.entries
    assert (entry.text, entry.recipients) == ("disk full", ("5301234567",))
    assert (entry.sender, entry.consent) == ("APITEST", Consent.TRANSACTIONAL)
    assert (entry.lifetime, entry.source, entry.contact) == (3600.0, "api", None)


def test_every_field_is_used(relay: Any, api: dict[str, str]) -> None:
    """Names become numbers and bring their ladder along."""
    asked = {
        "text": "maintenance",
        "to": ["oncall", "+49 1512 3456789"],
        "sender": "OTHER",
        "iys": 1,
        "iys_list": "TACIR",
        "key": "k1",
        "lifetime": "3m",
    }

    answer = relay.post("/messages", json=asked | {"to": "night"}, headers=api)

    assert answer.status_code == 200
    (entry,) = relay.store.entries
    assert entry.recipients == ("5301234567", "5301234568")
    assert (entry.sender, entry.consent, entry.key) == ("OTHER", Consent.TACIR, "api:k1")
    assert (entry.lifetime, entry.contact) == (180.0, "night")
    assert entry.ladder == (Rung(90.0, "oncall/1"),)


@pytest.mark.parametrize("way", ["header", "field"])
def test_a_key_makes_a_repetition_a_duplicate(relay: Any, api: dict[str, str], way: str) -> None:
    """The answer names the first message again."""
    headers = api | ({"Idempotency-Key": "deploy-7"} if way == "header" else {})
    body = GOOD | ({"key": "deploy-7"} if way == "field" else {})

    first = relay.post("/messages", json=body, headers=headers).json()
    again = relay.post("/messages", json=body, headers=headers).json()

    assert again == {"ids": first["ids"], "duplicates": 1}
    assert len(relay.store.entries) == 1


def test_a_list_is_stored_in_order_with_a_key_for_each(relay: Any, api: dict[str, str]) -> None:
    """The key of the request counts through."""
    headers = api | {"Idempotency-Key": "batch"}

    answer = relay.post("/messages", json=[GOOD, GOOD | {"text": "two"}], headers=headers)

    assert answer.json() == {"ids": ["m00000000001", "m00000000002"], "duplicates": 0}
    assert [entry.key for entry in relay.store.entries] == ["api:batch#0", "api:batch#1"]


def test_a_list_with_one_wrong_message_stores_none(relay: Any, api: dict[str, str]) -> None:
    """The answer names its place and what is wrong."""
    answer = relay.post("/messages", json=[GOOD, GOOD, GOOD | {"text": " "}], headers=api)

    assert answer.status_code == 422
    assert answer.json() == {"error": "message 2: the text is empty", "index": 2}
    assert relay.store.entries == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": None}, "the text is empty"),
        ({"text": 7}, "text is not text"),
        ({"text": "x" * 2000}, "the text is too long"),
        ({"text": "\ud800"}, "text is not Unicode"),
        ({"to": None}, "to is not a list of numbers, contacts or groups"),
        ({"to": []}, "there is no recipient"),
        ({"to": ["5301234567", 5]}, "to is not a list of numbers, contacts or groups"),
        ({"to": ["5301234567", "123"]}, "recipient 2: too short"),
        ({"to": ["nobody"]}, "recipient 1 is neither a contact nor a group"),
        ({"to": ["bad"]}, "there is no recipient"),
        ({"sender": "twelve chars"}, "the sender must have at most 11 characters"),
        ({"sender": " "}, "the sender is empty"),
        ({"iys": 1}, "commercial messages (iys 1) need a list"),
        ({"iys": "2"}, "commercial messages (iys 1) need a list"),
        ({"iys": []}, "iys is not set"),
        ({"key": "k" * 201}, "the key is too long"),
        ({"lifetime": "soon"}, "lifetime is not a time over 0"),
        ({"lifetime": -1}, "lifetime is not a time over 0"),
        ({"txet": "disk full"}, "it has a field that is not known"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(
    relay: Any, api: dict[str, str], change: dict[str, Any], reason: str
) -> None:
    """422 is for what must not be stored."""
    answer = relay.post("/messages", json=GOOD | change, headers=api)

    assert answer.status_code == 422
    assert answer.json()["error"].startswith(f"message 0: {reason}")
    assert relay.store.entries == []
    assert not any(str(value) in answer.text for value in change.values() if value == "nobody")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[" * 20_000, "the body is not JSON"),
        (b"9" * 10_000, "the body is not JSON"),
        (b"[]", "use a list of 1 to 1000 messages"),
        (b"[" + b"1," * 1000 + b"1]", "use a list of 1 to 1000 messages"),
        (b"null", "message 0: it is not an object"),
    ],
)
def test_a_body_that_is_no_message_is_refused(
    relay: Any, api: dict[str, str], body: bytes, error: str
) -> None:
    """Whatever comes, the answer is one line of JSON."""
    answer = relay.post("/messages", data=body, headers=api)

    assert (answer.status_code, answer.json()["error"]) == (422, error)


def test_nothing_is_answered_before_it_is_on_disk(relay: Any, api: dict[str, str]) -> None:
    """The answer waits for the future of the store."""
    relay.store.later = []
    answers: list[int] = []
    caller = Thread(
        target=lambda: answers.append(relay.post("/messages", json=GOOD, headers=api).status_code)
    )

    caller.start()
    while not relay.store.later:
        time.sleep(0.005)
    early = list(answers)
    relay.store.settle()
    caller.join(5)

    assert (early, answers) == ([], [200])


def test_what_cannot_be_stored_is_asked_for_again(relay: Any, api: dict[str, str]) -> None:
    """503 with a time; the reason is for the log."""
    relay.store.broken = True

    answer = relay.post("/messages", json=GOOD, headers=api)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {"error": "it could not be stored: try again"}


def test_a_message_can_be_looked_at(relay: Any, api: dict[str, str]) -> None:
    """State, recipients and timeline, without the text."""
    (id_,) = relay.post("/messages", json=GOOD, headers=api).json()["ids"]

    answer = relay.get(f"/v1/messages/{id_}", headers=api)

    found = answer.json()
    assert (answer.status_code, found["id"], found["state"]) == (200, id_, "waiting")
    assert found["recipients"] == [{"number": "+905301234567", "state": "waiting"}]
    assert found["timeline"] == [
        {"at": "2026-11-21T09:00:00+00:00", "what": "stored", "detail": "api"}
    ]
    assert "disk full" not in answer.text


def test_an_unknown_message_is_not_found(relay: Any, api: dict[str, str]) -> None:
    """404, and the id is not repeated."""
    answer = relay.get("/v1/messages/zzz", headers=api)

    assert (answer.status_code, answer.json()) == (404, {"error": "there is no such message"})


def test_without_a_token_in_the_configuration_the_api_is_closed(
    start: Callable[..., Any], api: dict[str, str]
) -> None:
    """There is no door without a lock."""
    relay = start(api_token=None)

    assert relay.post("/messages", json=GOOD, headers=api).status_code == 404
    assert relay.get("/v1/messages/x", headers=api).status_code == 404


def test_a_commercial_message_needs_no_default(relay: Any, api: dict[str, str]) -> None:
    """A list alone names the consent."""
    relay.post("/messages", json=GOOD | {"iys": "BIREYSEL"}, headers=api)

    assert relay.store.entries[0].consent is Consent.BIREYSEL
