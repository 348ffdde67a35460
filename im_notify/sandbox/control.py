"""Control over HTTP for other processes, below `/_sandbox/`: faults, clock, ledger, phones."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Protocol

from im_notify.sandbox.wire import JSON_TYPE, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.sandbox.orders import Placed
    from im_notify.sandbox.rules import Json
    from im_notify.sandbox.server import Arrived

CONTROL = "/_sandbox/"


class Controlled(Protocol):
    """What can be steered from outside."""

    @property
    def ledger(self) -> list[Placed]:
        """All that was placed."""

    def phone(self, number: str) -> list[str]:
        """Texts that arrived at a phone."""

    def advance(self, seconds: float) -> None:
        """Move the clock."""

    def reset(self) -> None:
        """Start anew."""

    def fault(self, kind: str, *, when: str, count: int, path: str) -> None:
        """Hurt requests to come."""


def control(sandbox: Controlled, arrived: Arrived) -> Reply:
    """Carry out one control request; what is wrong with it comes back as 400 with a sentence."""
    name = arrived.target.partition("?")[0].removeprefix(CONTROL)
    action = _actions(sandbox, name).get((arrived.method, name.partition("/")[0]))
    if action is None:
        return _reply(404, {"error": f"no control {arrived.method} {name}"})
    try:
        fields = json.loads(arrived.body or b"{}")
        return _reply(200, action(fields))
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        return _reply(400, {"error": str(error)})


def _actions(
    sandbox: Controlled, name: str
) -> dict[tuple[str, str], Callable[[dict[str, str]], Json]]:
    return {
        ("POST", "fault"): lambda fields: _fault(sandbox, fields),
        ("POST", "advance"): lambda fields: _advance(sandbox, fields),
        ("POST", "reset"): lambda _: _reset(sandbox),
        ("GET", "ledger"): lambda _: [_entry(placed) for placed in sandbox.ledger],
        ("GET", "phone"): lambda _: list(sandbox.phone(name.partition("/")[2])),
    }


def _fault(sandbox: Controlled, fields: dict[str, str]) -> Json:
    sandbox.fault(
        str(fields.get("kind", "")),
        when=str(fields.get("when", "before")),
        count=int(fields.get("count", 1)),
        path=str(fields.get("path", "send-sms")),
    )
    return {}


def _advance(sandbox: Controlled, fields: dict[str, str]) -> Json:
    sandbox.advance(float(fields["seconds"]))
    return {}


def _reset(sandbox: Controlled) -> Json:
    sandbox.reset()
    return {}


def _entry(placed: Placed) -> Json:
    return {**asdict(placed), "numbers": list(placed.numbers)}


def _reply(status: int, body: Json) -> Reply:
    return Reply(status, JSON_TYPE, json.dumps(body, ensure_ascii=False).encode())
