"""What the parts of an Apprise URL mean, and the provider's own GET URL as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote

from im_notify.recipients import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONG_NAMES = (1, 6)  # the first Apprise whose URLs may begin with more than nine letters
_NATIVE = re.compile(
    r"https?://api\.iletimerkezi\.com/v1/send-sms/get/?\?(?P<query>.+)", re.IGNORECASE
)
_ARGUMENTS = ("iys", "iyslist", "method", "batch", "confirm", "relay")


def schemas(version: str) -> tuple[str, str]:
    """Return both names, first the one that Apprise of this version can read back."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    return ("ileti", "iletimerkezi") if numbers < _LONG_NAMES else ("iletimerkezi", "ileti")


def read(results: Mapping[str, object]) -> dict[str, object]:
    """Return what Apprise parsed, with our arguments beside it; empty ones count as absent.

    Sender is the host unless there is `from`; a host beside `from` that is a number is one more
    recipient. `format` is dropped: an SMS is plain text, whatever a host program asks for.
    """
    said = _said(results.get("qsd"))
    host = unquote(str(results.get("host") or ""))
    found = {name: value for name, value in results.items() if name != "format"}
    found["key"] = said.get("key") or unquote(str(results.get("user") or ""))
    found["hash"] = said.get("hash") or unquote(str(results.get("password") or ""))
    found["sender"] = said.get("from") or host
    found["targets"] = list(_targets(results, said, host=host))
    return found | {name: said[name] for name in _ARGUMENTS if name in said}


def native(url: str, schema: str) -> str | None:
    """Turn the provider's GET URL into ours, its text left out; None for any other URL."""
    match = _NATIVE.match(url)
    if not match:
        return None
    found = {name.lower(): values[-1] for name, values in parse_qs(match["query"]).items()}
    names = {"key": "key", "hash": "hash", "sender": "from", "receipents": "to"}
    names |= {"iys": "iys"} | ({"iyslist": "iyslist"} if found.get("iys") != "0" else {})
    pairs = [f"{ours}={quote(found[name], '')}" for name, ours in names.items() if name in found]
    return f"{schema}://?{'&'.join(pairs)}"


def _targets(results: Mapping[str, object], said: Mapping[str, str], *, host: str) -> Iterator[str]:
    if "from" in said and parse(host).numbers:
        yield host
    for part in str(results.get("fullpath") or "").split("/"):
        if part:
            yield unquote(part)
    if "to" in said:
        yield said["to"]


def _said(query: object) -> dict[str, str]:
    pairs = query.items() if isinstance(query, dict) else ()
    return {str(name): str(value) for name, value in pairs if value}
