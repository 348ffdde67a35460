"""What a sandbox can be told before it starts, and the fate that a number's ending decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EXAMPLE_KEY = "5" * 32
"""An API key of the real shape (32 hexadecimal characters) that opens nothing."""

EXAMPLE_HASH = "c3" * 32
"""A hash of the real shape (64 hexadecimal characters) that opens nothing."""

Fate = Literal["delivered", "undelivered", "waiting", "blacklisted", "missing"]
"""How a message to one number ends; `waiting` never ends, `missing` never shows in a report."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The account and the variant of the provider that is imitated.

    Attributes:
        key: The account's API key.
        hash: The account's hash, an opaque string.
        senders: Approved senders; case and spaces count.
        balance: SMS credits; an order takes its parts times its recipients.
        ids: `string` as the live API (the order list keeps whole numbers, as documented), or
            `integer` everywhere.
        statuses: `integer`, or `string` for codes and states, with prices like "0,0372".
        report_shape: `rich` with counters and "+90" numbers, or `old`: neither, and a bare id.
        http_status: `mirrored` repeats the code as HTTP status, `plain` is always 200.
        delivery_seconds: Seconds from sending until a waiting message is final.
        api_access: The panel's "Allow API access"; off turns every call into 401.
        row_limit: Most rows on a page of get-report, and how many when none are asked for.
        list_page: Orders on a page of get-reports.
        max_recipients: More numbers than this in one order are refused with 452.
        undelivered_ending: Numbers ending so are not reached. An empty ending fits no number.
        waiting_ending: Numbers ending so stay waiting for ever.
        blacklisted_ending: Numbers ending so are on the account's own blacklist.
        missing_ending: Numbers ending so never show up in a report.
        iys_code: Whether the account has its İYS code; without it iys=1 is refused with 470.
        webhook_url: Where delivery changes are pushed, or None.
    """

    key: str = EXAMPLE_KEY
    hash: str = EXAMPLE_HASH
    senders: tuple[str, ...] = ("APITEST", "eMarka Test")
    balance: int = 10_000_000
    ids: Literal["string", "integer"] = "string"
    statuses: Literal["integer", "string"] = "integer"
    report_shape: Literal["rich", "old"] = "rich"
    http_status: Literal["mirrored", "plain"] = "mirrored"
    delivery_seconds: float = 2.0
    api_access: bool = True
    row_limit: int = 1000
    list_page: int = 30
    max_recipients: int = 50_000
    undelivered_ending: str = "97"
    waiting_ending: str = "98"
    blacklisted_ending: str = "99"
    missing_ending: str = "96"
    iys_code: bool = True
    webhook_url: str | None = None


def endings(settings: Settings) -> dict[str, Fate]:
    """Map the endings in use to the fate of a number that ends so."""
    pairs: tuple[tuple[str, Fate], ...] = (
        (settings.undelivered_ending, "undelivered"),
        (settings.waiting_ending, "waiting"),
        (settings.blacklisted_ending, "blacklisted"),
        (settings.missing_ending, "missing"),
    )
    return {ending: fate for ending, fate in pairs if ending}


def fates(numbers: tuple[str, ...], settings: Settings) -> tuple[Fate, ...]:
    """Tell the fate of each number; quick for tens of thousands."""
    known = endings(settings)
    special = tuple(known)
    return tuple(
        _special(number, known) if number.endswith(special) else "delivered" for number in numbers
    )


def _special(number: str, known: dict[str, Fate]) -> Fate:
    return next(fate for ending, fate in known.items() if number.endswith(ending))
