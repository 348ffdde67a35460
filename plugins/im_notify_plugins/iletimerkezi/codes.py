"""The provider's answer codes (provider document, status and error codes) and what to do.

Their own texts are Turkish and change; only the number counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import (
    NotDueError,
    NotFoundError,
    NotSentError,
    QueryError,
    RejectedError,
    SendError,
    ThrottledError,
    UnknownOutcomeError,
)
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

OK = 200
TOO_MANY = 429
DEFAULT_PAUSE = 60.0  #: seconds to wait after a 429 that does not say how long


def _mark(text: str) -> str:
    return text


ADVICE = {
    400: _mark("the request could not be read: this is a fault of the sender, please report it"),
    401: _mark(
        "the account is not accepted: key or hash are wrong or swapped, or 'Allow API access' is "
        "off (panel, Settings > Security > Access Permissions), or the account has a fixed IP "
        "address and this machine has another"
    ),
    402: _mark("the balance is too low for this order: top up the account"),
    403: _mark("the account has no İYS subscription"),
    404: _mark("the address is not known: check the base URL"),
    422: _mark("a value was not accepted"),
    450: _mark(
        "the sender is not approved on this account: it must be written exactly as in the panel, "
        "upper and lower case and spaces count"
    ),
    451: _mark(
        "the same text went to the same recipients within 10 minutes: wait, or put the time "
        "into the text"
    ),
    452: _mark(
        "a recipient is incomplete, cannot be verified, or is on the account's own block list"
    ),
    453: _mark("the text is longer than seven SMS: shorten it"),
    454: _mark("the text is empty"),
    455: _mark("the order is not known to this account, or can no longer be changed"),
    456: _mark("the order is scheduled and not due yet"),
    457: _mark("the send time was not accepted"),
    458: _mark("the dates are wrong, or more than ten days apart"),
    459: _mark("the sender is empty"),
    460: _mark("the sender has over 11 characters or Turkish letters"),
    461: _mark("the name of the group is empty"),
    462: _mark("the number of the group is empty"),
    463: _mark("the group is not known"),
    464: _mark("pages are counted from 1"),
    465: _mark("the person is not known"),
    466: _mark("the number is wrong"),
    467: _mark("documents of the account are missing: ask the provider"),
    468: _mark("it was not said whether to ask İYS: set iys"),
    469: _mark("the İYS list must be chosen: BIREYSEL (consumers) or TACIR (merchants)"),
    470: _mark("the account has no İYS code: set it in the panel, or send with iys 0"),
    471: _mark("the search term has fewer than three characters"),
    472: _mark("no field of the contact was given"),
    473: _mark("a field of the contact is missing"),
    474: _mark("the block on this number cannot be removed, or there is none"),
    503: _mark("the provider is out of service for a while"),
}


def explain(code: int | None, http_status: int | None) -> str:
    """Say in one line what the provider answered and what to do about it."""
    if code is None:
        text = _("HTTP {status} without an answer of the provider: is something in between?")
        return text.format(status=http_status)
    advice = _(ADVICE[code]) if code in ADVICE else _("a code that no document explains")
    return _("code {code}: {advice}").format(code=code, advice=advice)


def send_error(
    *, backend: str, code: int | None, http_status: int, retry_after: float | None = None
) -> SendError:
    """Sort the answer to a send that did not succeed: refused, not sent, or unknown.

    The body's code counts before the HTTP status. A 5xx may come from something between us and
    an order that was placed, so it is never taken for a refusal.
    """
    text = explain(code, http_status)
    number = http_status if code is None else code
    if number == TOO_MANY:
        pause = DEFAULT_PAUSE if retry_after is None else retry_after
        return ThrottledError(
            text, backend=backend, retry_after=pause, code=code, http_status=http_status
        )
    return _send_class(number)(text, backend=backend, code=code, http_status=http_status)


def _send_class(number: int) -> Callable[..., SendError]:
    if number == 407:  # noqa: PLR2004  RFC 9110 15.5.8: the proxy wants credentials
        return NotSentError
    refused = 300 <= number < 500 and number != 408  # noqa: PLR2004  RFC 9110 15.5.9: timeout
    return RejectedError if refused else UnknownOutcomeError


def query_error(*, backend: str, code: int | None, http_status: int) -> QueryError:
    """Sort the answer to a question that did not succeed."""
    kind = {455: NotFoundError, 456: NotDueError}.get(code or 0, QueryError)
    return kind(explain(code, http_status), backend=backend, code=code, http_status=http_status)
