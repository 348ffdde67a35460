"""Starts the imitated provider, sends, watches, and prints what became of it."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify_plugins.demo.doors import SENDER, send_all
from im_notify_plugins.demo.view import Live, rows, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from im_notify.app import App
    from im_notify.sandbox import Sandbox
    from im_notify_plugins.demo.doors import Sent

WATCH = timedelta(seconds=7)  #: one phone stays switched off, so the watch ends by the clock


def show(app: App, *, as_json: bool) -> int:
    """Run the demo and return the exit code: 0 when every alert was accepted."""
    from im_notify.sandbox import Sandbox, Settings

    sandbox = Sandbox(Settings(), clock=lambda: app.clock.now().timestamp())
    with sandbox, _environment(sandbox) as environ:
        inside = replace(app, environ=environ, config_path=os.devnull)
        _introduce(inside, sandbox)
        sent = list(send_all(inside, sandbox))
        with _live(inside, sent, quiet=as_json):
            _watch(inside, sent)
    if as_json:
        names = ("door", "order_id", "recipient", "state", "seconds")
        app.print_json({"rows": [dict(zip(names, row, strict=True)) for row in rows(sent)]})
    else:
        _print(app, sent)
    return Exit.OK


@contextmanager
def _environment(sandbox: Sandbox) -> Iterator[Mapping[str, str]]:
    """Point this process at the sandbox for a while: Apprise plugins read its environment."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("IM_NOTIFY_")]:
        del os.environ[name]
    os.environ |= {
        "IM_NOTIFY_BASE_URL": sandbox.base_url,
        "IM_NOTIFY_KEY": sandbox.settings.key,
        "IM_NOTIFY_HASH": sandbox.settings.hash,
    }
    try:
        yield dict(os.environ)
    finally:
        os.environ.clear()
        os.environ |= before


def _introduce(app: App, sandbox: Sandbox) -> None:
    app.say(
        _("The provider is imitated at {url}; nothing leaves this machine.").format(
            url=sandbox.base_url
        )
    )
    text = _("Three alerts go out as {sender!r}: by JSON, through Apprise, by a GET URL.")
    app.say(text.format(sender=SENDER))


def _watch(app: App, sent: Sequence[Sent]) -> None:
    by_id = {one.receipt.order_id: one for one in sent}
    receipts = [one.receipt for one in sent]
    until = app.clock.now() + WATCH
    backend = app.backend("json")
    for report in app.plugins.confirm(backend, receipts, clock=app.clock, until=until):
        one = by_id[report.order_id]
        app.plugins.report(report, one.message)
        age = (app.clock.now() - one.receipt.accepted_at).total_seconds()
        for row in report.deliveries:
            if one.states.get(row.number) != row.status:
                one.states[row.number] = row.status
                if row.status.final:
                    one.seconds[row.number] = age


def _live(app: App, sent: Sequence[Sent], *, quiet: bool) -> AbstractContextManager[object]:
    if quiet or not app.terminal:
        return nullcontext()
    from rich.console import Console
    from rich.live import Live as RichLive

    start = app.clock.monotonic()
    view = Live(sent, lambda: app.clock.monotonic() - start)
    return RichLive(view, console=Console(file=app.stdout), transient=True)


def _print(app: App, sent: Sequence[Sent]) -> None:
    from rich.console import Console

    Console(file=app.stdout, width=None if app.terminal else 100).print(table(sent))
    counts = Counter(state for _door, _id, _number, state, _seconds in rows(sent))
    app.print("")
    app.print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
    app.say(_("Accepted is not delivered: only the report knows. Next: im-notify sandbox"))
