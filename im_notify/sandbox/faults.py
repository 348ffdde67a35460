"""Faults on demand: which request is hurt next, and what the hurt answer looks like."""

# the pages are Turkish, with its dotless i

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Literal, cast, get_args

from im_notify.sandbox.answers import Answer
from im_notify.sandbox.wire import JSON_TYPE, XML_TYPE, Reply, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.sandbox.settings import Settings

FaultKind = Literal[
    "reset", "hang", "500", "502", "503", "504", "empty", "junk", "truncated", "latin", "bomb"
]
When = Literal["before", "after"]
Ending = Literal["whole", "reset", "hang", "truncated"]

KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

_HTML = "text/html; charset=utf-8"
_DEPTH = 100_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Hurts the next `count` requests whose path contains `path`."""

    kind: FaultKind
    when: When = "before"
    count: int = 1
    path: str = "send-sms"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer and what happens to the connection while it leaves."""

    reply: Reply
    ending: Ending = "whole"


class Faults:
    """The faults still to come, first come first served."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault behind those already waiting."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Drop all that wait."""
        with self._lock:
            self._waiting.clear()

    def take(self, path: str) -> Fault | None:
        """Use up one turn of the first fault that fits the path."""
        if not self._waiting:
            return None
        with self._lock:
            fault = next((fault for fault in self._waiting if fault.path in path), None)
            if fault is not None:
                self._use(fault)
            return fault

    def _use(self, fault: Fault) -> None:
        index = self._waiting.index(fault)
        if fault.count > 1:
            self._waiting[index] = replace(fault, count=fault.count - 1)
        else:
            del self._waiting[index]


def check_fault(*, kind: str, when: str, count: int, path: str) -> Fault:
    """Build a fault from words.

    Raises:
        ValueError: Names the word that is none of the known ones.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown fault {kind!r}; known: {', '.join(KINDS)}")
    if when not in get_args(When):
        raise ValueError(f"unknown moment {when!r}; known: before, after")
    if count < 1:
        raise ValueError(f"count is {count}, it must be 1 or more")
    return Fault(kind=kind, when=cast("When", when), count=count, path=path)


def hurt(fault: Fault, *, xml: bool, settings: Settings, work: Callable[[], Reply]) -> Outcome:
    """Do the work or leave it, and spoil the answer.

    Args:
        fault: What goes wrong and whether the work is done first.
        xml: Whether this call answers in XML.
        settings: The variant, for the stand-in answer when no work is done.
        work: Does what the request asks for; called at most once.
    """
    reply = work() if fault.when == "after" else render(Answer(code=503), settings, xml=xml)
    return _spoil(fault.kind, reply, xml=xml)


def _spoil(kind: FaultKind, reply: Reply, *, xml: bool) -> Outcome:
    match kind:
        case "reset" | "hang" | "truncated":
            return Outcome(replace(reply, status=200), ending=kind)
        case "500" | "502" | "503" | "504":
            return Outcome(Reply(int(kind), _HTML, _page(f"{kind} Sunucu hatası")))
        case "empty":
            return Outcome(Reply(200, reply.content_type, b""))
        case "junk":
            return Outcome(Reply(200, _HTML, _page("Bakım çalışması")))
        case "latin":
            turkish = reply.body.decode().encode("iso-8859-9", "replace")
            return Outcome(Reply(200, reply.content_type, turkish))
        case "bomb":
            return Outcome(_bomb(xml=xml))


def _page(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def _bomb(*, xml: bool) -> Reply:
    if not xml:
        return Reply(200, JSON_TYPE, b"[" * _DEPTH + b"]" * _DEPTH)
    entities = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<!DOCTYPE response [<!ENTITY l0 "lol">{entities}]>'
        "<response><status><code>&l9;</code></status></response>"
    )
    return Reply(200, XML_TYPE, document.encode())
