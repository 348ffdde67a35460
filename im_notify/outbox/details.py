"""What stands in a timeline, in the language of the reader: it is stored in English.

Only what this relay says itself; what a provider said stays as it came.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from im_notify.i18n import _

if TYPE_CHECKING:
    from im_notify.outbox.entries import Event


def shown(event: Event) -> str:
    """Return the detail of an event for people; that of `stored` is a name of theirs."""
    return event.detail if event.what == "stored" else shown_reason(event.detail)


def shown_reason(reason: str) -> str:
    """Return for people why something happened, or is held back."""
    for stored, text in _texts().items():
        if found := re.fullmatch(_pattern(stored), reason):
            return _(text).format(**found.groupdict())
    return reason


def _pattern(stored: str) -> str:
    """Return the regular expression of a text with fields, which hold a word each."""
    return "".join(
        re.escape(text) + (rf"(?P<{name}>\S+)" if name else "")
        for text, name, _format, _conversion in Formatter().parse(stored)
    )


def _texts() -> dict[str, str]:
    """Map what is stored to what is shown, both with the same fields."""
    same = (
        _mark("order {id}"),
        _mark("into {id}"),
        _mark("step {number}"),
        _mark("by hand"),
        _mark("gathering"),
        _mark("limit"),
        _mark("daily cap"),
        _mark("its problem's text is not confirmed yet"),
        _mark("its problem's text was not delivered"),
        _mark("its problem began again"),
        _mark("its problem was not told"),
        _mark("over before it was told"),
        _mark("acknowledged before it was told"),
        _mark("its time was over before it could be sent"),
        _mark("its outcome could not be stored"),
        _mark("the process ended while it was sent"),
        _mark("the same text is on its way"),
        _mark("not among the provider's orders"),
        _mark("there was no report to the end"),
    )
    return {
        **{text: text for text in same},
        "{count} recipients": _mark("recipients: {count}"),
        "{some} of {all} recipients": _mark("recipients: {some} of {all}"),
    }


def _mark(text: str) -> str:
    """Mark a text that is translated where it is shown."""
    return text
