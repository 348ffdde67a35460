"""The hooks of im-notify: the page a plugin author reads.

A plugin is a module that a distribution names in its entry points; the name on the left is the
plugin's public name:

    [project.entry-points.im_notify]
    pager = "my_package.my_module"

The smallest plugin, whole:

    from im_notify import hookimpl

    @hookimpl
    def im_notify_report(report, message):
        print(report.order_id, report.status)

An implementation may leave out arguments that it does not need. Import heavy modules inside the
functions: every command loads every plugin. im-notify only ever adds arguments; a hook or an
argument that is to go warns for one minor release first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from im_notify.clock import Clock
    from im_notify.config import Config
    from im_notify.models import Message, Receipt
    from im_notify.protocols import Backend, Command, Outcome, Source
    from im_notify.relay_config import WriteBackConfig
    from im_notify.reports import Report

NAME = "im_notify"  #: group of the entry points and project name of the markers

hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
def im_notify_backends(config: Config, clock: Clock) -> Iterable[Backend]:
    """Return ways to send, each with a name of its own.

    Called once, when the first backend is asked for. A plugin that raises is reported and left
    out; two backends of one name are a PluginError that names both distributions.
    """
    return ()


@hookspec
def im_notify_sources(config: Config) -> Iterable[Source]:
    """Return payload formats that others post to us, each with a name of its own.

    A source reads alerts of a monitoring system, or reports that a provider pushes. Called once,
    when the first source is asked for; raising and clashes as for backends.
    """
    return ()


@hookspec
def im_notify_commands() -> Iterable[Command]:
    """Return subcommands of `im-notify`.

    Called for each start of the command line, so it must be cheap; raising and clashes as for
    backends.
    """
    return ()


@hookspec(firstresult=True)
def im_notify_send(backend: Backend, message: Message) -> Receipt | None:
    """Send `message` through `backend`; the first plugin to return a receipt ends the call.

    Called once for each order. The only hook made for wrappers (`@hookimpl(wrapper=True)`):
    metrics, quiet hours, dry runs. The host's own implementation comes last and calls
    `backend.send`. Raise SendError or one of its children and nothing else; it reaches the caller
    as it is. A wrapper that raises after its `yield` hides the receipt of an order that is placed.
    """


@hookspec(firstresult=True)
def im_notify_confirm(
    backend: Backend, receipts: Sequence[Receipt], clock: Clock, until: datetime
) -> Iterator[Report] | None:
    """Return an iterator that yields a report each time an order changed.

    Called once after a send whose delivery is waited for. The iterator ends when all orders are
    final, and at `until`. The bundled plugin `confirm` polls; one that is told by push may come
    before it (`tryfirst=True`). Raises QueryError.
    """


@hookspec
def im_notify_report(report: Report, message: Message | None) -> None:
    """Be told that the state of an order changed; `message` is None where it is not known.

    Called once for each change, in order, after it is stored; by the relay from a thread of its
    own, and after a crash perhaps twice. A plugin that raises is logged by name and the others are
    still told.
    """


@hookspec(firstresult=True)
def im_notify_fallback(url: str, text: str | None) -> bool | None:
    """Tell `text` to `url`, because a phone did not get it in time; say whether that worked.

    Called once when a step of a contact's ladder that is a URL is reached; after a crash perhaps
    twice. Return None for a URL that is not yours. Called without a text at start: tell nothing
    then, only say whether the URL could be used. Nothing of it may be logged, it holds passwords.
    The bundled plugin `apprise` takes every URL that Apprise knows.
    """


@hookspec(firstresult=True)
def im_notify_write_back(target: WriteBackConfig, outcome: Outcome | None) -> bool | None:
    """Tell `target` how a message about alerts that came from there ended; say whether it did.

    Called once for each end, again after a failure for up to an hour, and after a crash perhaps
    twice. Return None for a `kind` that is not yours. Raise AlertError where trying again is of no
    use, ImNotifyError otherwise, with nothing secret in its text. Called without an outcome at
    start: check the target's settings then, and raise ConfigError. The bundled plugin `writeback`
    knows four kinds.
    """
