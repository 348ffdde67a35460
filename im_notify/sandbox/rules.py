"""What the provider accepts: each rule ends in a value or in the code that refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeAlias

from im_notify.sandbox.answers import RefusedError
from im_notify.sandbox.parts import MAX_PARTS, count_parts
from im_notify.sandbox.settings import Settings, fates

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Channel: TypeAlias = Literal["json", "get"]

TURKEY = timezone(timedelta(hours=3))
"""Turkey's time; it has had no summer time since 2016."""

MAX_DAYS = 10
_MAX_SENDER = 11
_NUMBER = {
    "json": re.compile(r"(?:\+?90)?(5[0-9]{9})"),
    "get": re.compile(r"(5[0-9]{9})"),
}
_SCHEDULE = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Message:
    """One text and its recipients, bare ten digits, repeats kept."""

    text: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that breaks no rule of form; `send_at` is what was asked for, if anything."""

    sender: str
    iys: str
    iys_list: str | None
    send_at: float | None
    messages: tuple[Message, ...]
    channel: Channel


def read_draft(order: Mapping[str, Json], channel: Channel, settings: Settings) -> Draft:
    """Check an order's fields one after the other; the first fault decides the code."""
    iys = _read_iys(order.get("iys"))
    return Draft(
        sender=_read_sender(order.get("sender"), settings),
        iys=iys,
        iys_list=_read_iys_list(order.get("iysList"), iys=iys, settings=settings),
        send_at=_read_schedule(order.get("sendDateTime")),
        messages=_read_messages(order.get("message"), channel, settings),
        channel=channel,
    )


def read_object(value: Json) -> dict[str, Json]:
    """Take an object or refuse with 400."""
    if not isinstance(value, dict):
        raise RefusedError(400)
    return value


def read_order_id(value: Json) -> int:
    """Read an order number, a whole number or its digits; anything else is an unknown order."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    raise RefusedError(455)


def read_page(value: Json) -> int:
    """Read a page number from 1; absent or empty is 1, anything else is refused with 464."""
    if value in (None, ""):
        return 1
    page = _whole(value)
    if page is None or page < 1:
        raise RefusedError(464)
    return page


def read_row_count(value: Json, limit: int) -> int:
    """Read how many rows a page may have; nothing usable or too many means the limit."""
    rows = _whole(value)
    return rows if rows is not None and 1 <= rows <= limit else limit


def read_range(start: Json, end: Json) -> tuple[float, float]:
    """Read two days, `Y-m-d`, at most ten calendar days with both ends, or refuse with 458.

    Returns:
        The range in seconds since the epoch, days being Turkey's; the end is not in it.
    """
    first, last = _read_day(start), _read_day(end)
    if not timedelta(0) <= last - first < timedelta(days=MAX_DAYS):
        raise RefusedError(458)
    return first.timestamp(), (last + timedelta(days=1)).timestamp()


def _whole(value: Json) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return None


def _read_sender(value: Json, settings: Settings) -> str:
    if value in (None, ""):
        raise RefusedError(459)
    if not isinstance(value, str):
        raise RefusedError(400)
    if value not in settings.senders:
        raise RefusedError(
            460 if len(value) > _MAX_SENDER or set(value) & set("çğıöşüÇĞİÖŞÜ") else 450
        )
    return value


def _read_iys(value: Json) -> str:
    if isinstance(value, bool) or str(value) not in ("0", "1"):
        raise RefusedError(468)
    return str(value)


def _read_iys_list(value: Json, *, iys: str, settings: Settings) -> str | None:
    if iys == "0":
        return None
    if value not in ("BIREYSEL", "TACIR"):
        raise RefusedError(469)
    if not settings.iys_code:
        raise RefusedError(470)
    return str(value)


def _read_schedule(value: Json) -> float | None:
    """Read a time; with seconds the wish is dropped without a word, as the live API does."""
    if isinstance(value, list):
        if len(value) > 1:
            raise RefusedError(457)
        value = value[0] if value else None
    if value in (None, ""):
        return None
    match = _SCHEDULE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RefusedError(457)
    at = _parse(match[0][:16], "%d/%m/%Y %H:%M", code=457)
    return None if match[1] else at.timestamp()


def _read_day(value: Json) -> datetime:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise RefusedError(458)
    return _parse(value, "%Y-%m-%d", code=458)


def _parse(value: str, layout: str, *, code: int) -> datetime:
    try:
        return datetime.strptime(value, layout).replace(tzinfo=TURKEY)
    except ValueError:
        raise RefusedError(code) from None


def _read_messages(value: Json, channel: Channel, settings: Settings) -> tuple[Message, ...]:
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise RefusedError(400)
    messages = tuple(_read_message(read_object(entry), channel, settings) for entry in entries)
    if sum(len(message.numbers) for message in messages) > settings.max_recipients:
        raise RefusedError(452)
    return messages


def _read_message(entry: Mapping[str, Json], channel: Channel, settings: Settings) -> Message:
    text = _read_text(entry.get("text"))
    numbers = _read_numbers(entry.get("receipents"), channel)
    if set(fates(numbers, settings)) == {"blacklisted"}:
        raise RefusedError(452)
    return Message(text=text, numbers=numbers)


def _read_text(value: Json) -> str:
    if value is None:
        raise RefusedError(454)
    if not isinstance(value, str) or _LONE_SURROGATE.search(value):
        raise RefusedError(400)
    if not value.strip():
        raise RefusedError(454)
    if count_parts(value) > MAX_PARTS:
        raise RefusedError(453)
    return value


def _read_numbers(value: Json, channel: Channel) -> tuple[str, ...]:
    numbers = value.get("number") if isinstance(value, dict) else None
    if not isinstance(numbers, list) or not numbers:
        raise RefusedError(452)
    return tuple(_read_number(number, channel) for number in numbers)


def _read_number(value: Json, channel: Channel) -> str:
    if not isinstance(value, str):
        raise RefusedError(452)
    match = _NUMBER[channel].fullmatch(value.replace(" ", "") if channel == "json" else value)
    if match is None:
        raise RefusedError(452)
    return match[1]
