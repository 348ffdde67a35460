from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from im_notify.models import Status
from im_notify.server.openapi import description

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

GOOD = {"text": "disk full", "to": ["oncall"]}
STATUSES = {
    ("/messages", "post"): {200, 401, 404, 408, 413, 422, 503},
    ("/v1/messages/{id}", "get"): {200, 401, 404, 503},
    ("/healthz", "get"): {200},
    ("/readyz", "get"): {200, 503},
}
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """Check against a schema that may point into the description."""
    whole = {**schema, "components": description()["components"]}
    return jsonschema.Draft202012Validator(whole)


def resolved(found: Any) -> Any:
    """Follow a reference within the description."""
    while "$ref" in found:
        path, found = found["$ref"].removeprefix("#/").split("/"), description()
        for step in path:
            found = found[step]
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation."""
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def content(operation: dict[str, Any], status: int) -> dict[str, Any]:
    """Return what is documented of an answer's body."""
    found = resolved(operation["responses"][str(status)])["content"]["application/json"]
    assert isinstance(found, dict)
    return found


def check(path: str, method: str, answer: Any) -> int:
    """Return the status of an answer whose body is as documented."""
    operation = description()["paths"][path][method]
    schema = content(operation, answer.status_code)["schema"]
    validator(schema).validate(answer.json())
    assert answer.headers["Content-Type"] == "application/json"
    return int(answer.status_code)


def test_the_description_is_served(relay: Any) -> None:
    """To anybody: it tells nothing of this relay."""
    answer = relay.get("/openapi.json")

    assert answer.json() == description()
    assert answer.json()["openapi"].startswith("3.1.")


def test_every_path_is_a_door(relay: Any) -> None:
    """With these methods and no others."""
    for path, method, _operation in operations():
        at = path.replace("{id}", "x")
        others = {"get": "PUT", "post": "GET"}
        assert relay.call(method, at).status_code != 405
        assert relay.call(others[method], at).status_code == 405


def test_the_documented_statuses_are_these() -> None:
    """Each of them occurs below."""
    documented = {
        (path, method): {int(code) for code in operation["responses"]}
        for path, method, operation in operations()
    }

    assert documented == STATUSES


def test_every_documented_answer_to_a_message_occurs(
    start: Callable[..., Any], relay: Any, api: dict[str, str]
) -> None:
    """And is as documented."""
    closed, broken = start(api_token=None), start()
    broken.store.broken = True
    answers = [
        relay.post("/messages", json=GOOD, headers=api),
        relay.post("/messages", json=[GOOD, GOOD], headers=api),
        relay.post("/messages", json=GOOD),
        closed.post("/messages", json=GOOD, headers=api),
        relay.post("/messages", data=b"x" * 60_000, headers=api),
        relay.post("/messages", json=[GOOD, {}], headers=api),
        relay.post("/messages", data=b"{", headers=api),
        broken.post("/messages", json=GOOD, headers=api),
    ]

    found = [check("/messages", "post", one) for one in answers]

    assert found == [200, 200, 401, 404, 413, 422, 422, 503]
    assert answers[-1].headers["Retry-After"] == "5"


def test_a_slow_body_is_answered_as_documented(relay: Any, api: dict[str, str]) -> None:
    """408 is an answer, too."""
    head = (
        f"POST /messages HTTP/1.1\r\nHost: x\r\nAuthorization: {api['Authorization']}\r\n"
        "Content-Length: 50\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", relay.port), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(1000), b""))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'{"error":"the body did not come in time"}' in answer


def test_every_documented_answer_about_a_message_occurs(
    relay: Any, api: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is as documented."""
    from im_notify.outbox.entries import OutboxError

    (name,) = relay.post("/messages", json=GOOD, headers=api).json()["ids"]
    answers = [
        relay.get(f"/v1/messages/{name}", headers=api),
        relay.get(f"/v1/messages/{name}"),
        relay.get("/v1/messages/x", headers=api),
    ]

    def fail(_id: str) -> None:
        raise OutboxError("locked")

    monkeypatch.setattr(relay.store, "message", fail)
    answers.append(relay.get(f"/v1/messages/{name}", headers=api))

    path = "/v1/messages/{id}"
    assert [check(path, "get", one) for one in answers] == [200, 401, 404, 503]


def test_every_documented_answer_about_health_occurs(start: Callable[..., Any]) -> None:
    """And is as documented."""
    relay = start()
    alive, ready = relay.get("/healthz"), relay.get("/readyz")
    relay.store.broken = True
    broken = relay.get("/readyz")

    assert check("/healthz", "get", alive) == 200
    assert [check("/readyz", "get", one) for one in (ready, broken)] == [200, 503]


def test_the_examples_are_valid() -> None:
    """Of every body, asked and answered, and of every parameter."""
    checked = 0
    for _path, _method, operation in operations():
        bodies = [resolved(one) for one in operation["responses"].values()]
        bodies += [operation["requestBody"]] if "requestBody" in operation else []
        for body in bodies:
            media = body["content"]["application/json"]
            shown = [one["value"] for one in media.get("examples", {}).values()]
            for example in [*shown, *([media["example"]] if "example" in media else [])]:
                validator(media["schema"]).validate(example)
                checked += 1
        for parameter in operation.get("parameters", []):
            validator(parameter["schema"]).validate(parameter["example"])
            checked += 1
    assert checked >= 15


def test_the_examples_are_taken(relay: Any, api: dict[str, str]) -> None:
    """By a relay that has their contacts."""
    post = description()["paths"]["/messages"]["post"]
    (idempotency,) = post["parameters"]

    for example in post["requestBody"]["content"]["application/json"]["examples"].values():
        answer = relay.post("/messages", json=example["value"], headers=api)
        assert answer.status_code == 200, answer.text
    headers = api | {idempotency["name"]: idempotency["example"]}
    first = relay.post("/messages", json=GOOD, headers=headers).json()
    again = relay.post("/messages", json=GOOD, headers=headers).json()
    assert (first["duplicates"], again) == (0, {"ids": first["ids"], "duplicates": 1})


def test_the_states_are_all_there() -> None:
    """A new one is documented by itself."""
    schema = description()["components"]["schemas"]["Stored"]["properties"]["state"]

    assert set(schema["enum"]) == set(Status)


NAMES = st.sampled_from(["oncall", "night", "5301234567", "+905301234567", "nobody", ""])
FIELDS = st.fixed_dictionaries(
    {"text": st.text(max_size=40), "to": NAMES | st.lists(NAMES, max_size=3)},
    optional={
        "sender": st.text(max_size=14),
        "iys": st.sampled_from([0, 1, "0", "1", "BIREYSEL", "TACIR", 2, True, None]),
        "iys_list": st.sampled_from(["BIREYSEL", "TACIR", "x", None]),
        "key": st.text(max_size=210),
        "lifetime": st.floats() | st.text(max_size=5) | st.sampled_from(["90s", "1h"]),
    },
)


@FUZZ
@given(body=FIELDS | st.lists(FIELDS, max_size=3))
def test_what_is_taken_is_as_described(relay: Any, api: dict[str, str], body: Any) -> None:
    """What is answered 200 fits the description; nothing is answered 5xx or undocumented."""
    post = description()["paths"]["/messages"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]

    status = check("/messages", "post", relay.post("/messages", json=_finite(body), headers=api))

    assert status in {200, 422}
    if status == 200 and "iys" not in str(body):
        validator(schema).validate(_finite(body))


def _finite(body: Any) -> Any:
    """JSON has no other numbers."""
    if isinstance(body, list):
        return [_finite(one) for one in body]
    infinite = body.get("lifetime") in {float("inf"), float("-inf")}
    nan = body.get("lifetime") != body.get("lifetime")
    return body | ({"lifetime": "1h"} if infinite or nan else {})
