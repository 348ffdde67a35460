"""The table of the demo, while it fills and when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.i18n import _
from im_notify.recipients import international

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.table import Table

    from im_notify_plugins.demo.doors import Sent

_STYLES = {"delivered": "green", "undelivered": "red", "waiting": "yellow", "missing": "red"}


def rows(sent: Sequence[Sent]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield door, order id, recipient, state and seconds of every recipient."""
    for one in sent:
        for number in one.receipt.recipients:
            seconds = one.seconds.get(number)
            shown = "-" if seconds is None else f"{seconds:.1f}"
            state = one.states.get(number, "waiting")
            yield one.door, one.receipt.order_id, international(number), state, shown


def table(sent: Sequence[Sent]) -> Table:
    """Return the table as it stands."""
    from rich.table import Table

    found = Table(_("door"), _("order"), _("recipient"), _("state"), box=None, pad_edge=False)
    found.add_column(_("seconds"), justify="right")
    for door, order_id, number, state, seconds in rows(sent):
        style = _STYLES.get(state, "")
        found.add_row(door, order_id, number, f"[{style}]{state}[/]" if style else state, seconds)
    return found


class Live:
    """Draws the table anew several times a second; rich asks for it through `__rich__`."""

    def __init__(self, sent: Sequence[Sent], elapsed: Callable[[], float]) -> None:
        """Show `sent` as it changes, and for how long it has been watched."""
        self._sent = sent
        self._elapsed = elapsed

    def __rich__(self) -> Table:
        """Return the table with the time in its caption."""
        found = table(self._sent)
        text = _("asking for the reports … {seconds:.0f} s")
        found.caption = text.format(seconds=self._elapsed())
        return found
