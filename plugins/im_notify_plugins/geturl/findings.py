"""What the check of a URL says, one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line for people; `text` never holds a credential, a number or the message."""

    level: Level
    text: str


def ok(text: str) -> Finding:
    """Return what is right, or cannot be judged."""
    return Finding("ok", text)


def warning(text: str) -> Finding:
    """Return what may go wrong."""
    return Finding("warning", text)


def error(text: str) -> Finding:
    """Return what will be refused, or send something else than was meant."""
    return Finding("error", text)
