"""Zabbix: a message on the problem, by event.acknowledge of its API."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.writeback.posting import NotToldError, post

if TYPE_CHECKING:
    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig

ADD_MESSAGE = 4  #: bit of `action`, manual of the API, event.acknowledge
LONGEST = 2048  #: characters of a message, column acknowledges.message
HEADER_SINCE = (6, 4)  #: the token goes into a header; the member `auth` is gone in 7.2
_PAGE = "api_jsonrpc.php"


def tell(target: WriteBackConfig, outcome: Outcome) -> None:
    """Add the outcome to each event that the alerts name in the label `event_id`.

    Raises AlertError when none does, NotToldError.
    """
    ids = [alert.labels.get("event_id", "") for alert in outcome.alerts]
    events = list(dict.fromkeys(one for one in ids if one.isdecimal()))
    if not events:
        raise AlertError(_("no alert has a label event_id"))
    params = {"eventids": events, "action": ADD_MESSAGE, "message": outcome.text[:LONGEST]}
    try:
        in_header = _version(target) >= HEADER_SINCE
        _call(target, "event.acknowledge", params, auth="bearer" if in_header else "member")
    except NotToldError:
        _version.cache_clear()  # it may be another one by now
        raise


@functools.lru_cache(maxsize=16)
def _version(target: WriteBackConfig) -> tuple[int, ...]:
    """Return major and minor version; asked without credentials, which are refused there."""
    version = _call(target, "apiinfo.version", [], auth="none")
    parts = str(version).split(".")[:2]
    return tuple(int(part) if part.isdecimal() else 0 for part in parts)


def _call(target: WriteBackConfig, method: str, params: object, *, auth: str) -> object:
    body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 1}
    if auth == "member":
        body["auth"] = target.token.reveal() if target.token else ""
    headers = {"Content-Type": "application/json-rpc"}
    answer = post(target, _address(target), body, headers=headers, auth=auth)
    return _result(answer, target)


def _address(target: WriteBackConfig) -> str:
    return f"{(target.url or '').rstrip('/').removesuffix(_PAGE).rstrip('/')}/{_PAGE}"


def _result(answer: bytes, target: WriteBackConfig) -> object:
    try:
        found = json.loads(answer)
        if "result" in found:
            return found["result"]
        error = found["error"]
        reason = f"{error['code']} {error['data']}"
    except (ValueError, TypeError, KeyError):
        text = _("{name} did not answer as its API does: is the address right?")
        raise NotToldError(text.format(name=target.name)) from None
    text = _("{name} refused: {reason}")
    raise NotToldError(text.format(name=target.name, reason=_shown(reason, target)))


def _shown(reason: str, target: WriteBackConfig) -> str:
    token = target.token.reveal() if target.token else ""
    line = " ".join(reason.split())
    return (line.replace(token, "***") if token else line)[:200]
