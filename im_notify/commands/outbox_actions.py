"""The actions of `im-notify outbox`; each opens the relay's database for a moment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from im_notify.commands.outbox_export import write_csv, write_json
from im_notify.commands.tables import clean, local, print_table
from im_notify.compose import span
from im_notify.exits import Exit
from im_notify.i18n import _
from im_notify.jsonout import listed_alert_object, listed_object, stored_object
from im_notify.models import Status
from im_notify.outbox import listing, steering
from im_notify.outbox.database import Database
from im_notify.outbox.details import shown, shown_reason
from im_notify.outbox.entries import OutboxError
from im_notify.outbox.reading import stored
from im_notify.recipients import international
from im_notify.relay_config import relay_of, zone_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from im_notify.app import App
    from im_notify.outbox.entries import Stored
    from im_notify.outbox.listing import Listed, ListedAlert, ListedRung

PAGE = 200  #: messages that an export reads at a time


@contextmanager
def _opened(app: App) -> Iterator[Database]:
    """Open the outbox that is configured. Raises OutboxError when there is none."""
    url = relay_of(app.config).database
    scheme, _slashes, path = url.partition(":///")
    if scheme.startswith("sqlite") and not os.path.exists(path.partition("?")[0]):  # noqa: PTH110
        text = _("there is no outbox {path}: has the relay run with this configuration?")
        raise OutboxError(text.format(path=path))
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def _zone(app: App) -> tzinfo:
    return zone_of(relay_of(app.config))


def _wanted(args: argparse.Namespace, app: App) -> listing.Wanted:
    now = app.clock.now().timestamp()
    return listing.Wanted(
        states=tuple(Status(one) for one in getattr(args, "state", None) or ()),
        since=now - span(args.since) if args.since else None,
        source=args.source,
        contact=args.contact,
    )


def _list(args: argparse.Namespace, app: App) -> int:
    wanted = _wanted(args, app)
    with _opened(app) as database:
        if args.held:
            alerts = database.read(lambda c: listing.listed_alerts(c, wanted, limit=args.limit))
            _print_alerts(alerts, args, app)
        else:
            found = database.read(lambda c: listing.listed(c, wanted, limit=args.limit))
            _print_messages(found, args, app)
    return Exit.OK


def _print_messages(found: Sequence[Listed], args: argparse.Namespace, app: App) -> None:
    if args.json:
        rows = [listed_object(one, numbers=args.numbers, text=args.text) for one in found]
        app.print_json({"messages": rows})
        return
    names = [_("id"), _("time"), _("source"), _("contact"), _("state"), _("recipients")]
    names += [_("text")] if args.text else []
    print_table(app, names, [_cells(one, args, _zone(app)) for one in found])


def _cells(one: Listed, args: argparse.Namespace, zone: tzinfo) -> list[str]:
    numbers = ", ".join(international(row.number) for row in one.deliveries)
    people = numbers if args.numbers else str(len(one.deliveries))
    at = local(one.created_at, zone)
    cells = [one.id, at, one.source, one.contact or "-", one.status, people]
    return [*cells, one.text] if args.text else cells


def _print_alerts(found: Sequence[ListedAlert], args: argparse.Namespace, app: App) -> None:
    if args.json:
        app.print_json({"held": [listed_alert_object(one, text=args.text) for one in found]})
        return
    names = [_("id"), _("time"), _("source"), _("contact"), _("state"), _("reason"), _("message")]
    names += [_("text")] if args.text else []
    print_table(app, names, [_held_cells(one, args, _zone(app)) for one in found])


def _held_cells(one: ListedAlert, args: argparse.Namespace, zone: tzinfo) -> list[str]:
    cells = [one.id, local(one.at, zone), one.source, one.contact or "-", one.state]
    cells += [shown_reason(one.reason), one.message_id or "-"]
    return [*cells, one.summary] if args.text else cells


def _show(args: argparse.Namespace, app: App) -> int:
    with _opened(app) as database:
        found = database.read(lambda c: stored(c, args.id))
        if found is None:
            raise steering.SteeringError(_("the outbox holds no message {id}").format(id=args.id))
        steps = database.read(lambda c: listing.ladder(c, args.id))
        text = database.read(lambda c: listing.text_of(c, args.id)) if args.text else None
    if args.json:
        _print_object(found, steps, text, app)
    else:
        _print_whole(found, steps, text, app)
    return Exit.OK


def _print_object(found: Stored, steps: Sequence[ListedRung], text: str | None, app: App) -> None:
    rungs = [
        {
            "step": one.position,
            "to": one.target,
            "state": one.state,
            "due_at": one.due_at.isoformat(),
        }
        for one in steps
    ]
    app.print_json(stored_object(found) | {"ladder": rungs} | ({"text": text} if text else {}))


def _print_whole(found: Stored, steps: Sequence[ListedRung], text: str | None, app: App) -> None:
    zone = _zone(app)
    app.print(_head(found, zone))
    if text:
        app.print(clean(text))
    people = [[international(row.number), row.status] for row in found.deliveries]
    print_table(app, [_("recipient"), _("state")], people)
    orders = [[one.order_id or "-", one.state, str(one.recipients)] for one in found.orders]
    print_table(app, [_("order"), _("state"), _("recipients")], orders)
    rungs = [[f"{one.position}", one.target, one.state, local(one.due_at, zone)] for one in steps]
    print_table(app, [_("step"), _("to"), _("state"), _("time")], rungs)
    events = [[local(one.at, zone), one.what, shown(one)] for one in found.timeline]
    print_table(app, [_("time"), _("what"), _("detail")], events)


def _head(found: Stored, zone: tzinfo) -> str:
    """Say in a line what it is; a message for bare numbers names nobody."""
    if found.contact:
        text = _("{id}  {state}  from {source} for {contact}, worth sending until {time}")
    else:
        text = _("{id}  {state}  from {source}, worth sending until {time}")
    return text.format(
        id=found.id,
        state=found.status,
        source=clean(found.source),
        contact=clean(found.contact or ""),
        time=local(found.expires_at, zone),
    )


def _retry(args: argparse.Namespace, app: App) -> int:
    now, lifetime = app.clock.now().timestamp(), relay_of(app.config).lifetime
    again = partial(
        steering.retry, message_id=args.id, now=now, lifetime=lifetime, force=args.force
    )
    with _opened(app) as database:
        done = database.write(again).result()
    due = datetime.fromtimestamp(done.due_at, UTC)
    if args.json:
        app.print_json({"id": args.id, "recipients": done.recipients, "due_at": due.isoformat()})
    elif done.due_at > now:
        text = _("{id} is sent again at {time}: until then the provider may refuse the same text")
        app.print(text.format(id=args.id, time=local(due, _zone(app))))
    else:
        text = _("{id} is sent again, recipients: {count}")
        app.print(text.format(id=args.id, count=done.recipients))
    return Exit.OK


def _cancel(args: argparse.Namespace, app: App) -> int:
    now = app.clock.now().timestamp()
    with _opened(app) as database:
        done = database.write(partial(steering.cancel, message_id=args.id, now=now)).result()
    if args.json:
        app.print_json({"id": args.id, "cancelled": done.recipients, "sent": done.sent})
        return Exit.OK
    text = _("{id} is cancelled, recipients: {count}")
    app.print(text.format(id=args.id, count=done.recipients))
    if done.sent:
        app.say(_("it was too late for some, recipients: {count}").format(count=done.sent))
    return Exit.OK


def _export(args: argparse.Namespace, app: App) -> int:
    wanted = _wanted(args, app)
    with _opened(app) as database:
        messages = _pages(database, wanted)
        if args.json or args.format == "json":
            write_json(messages, app.stdout, text=args.text)
        else:
            write_csv(messages, app.stdout, text=args.text)
    return Exit.OK


def _pages(database: Database, wanted: listing.Wanted) -> Iterator[Listed]:
    """Yield all messages; a page is a read of its own, so that nobody waits for the reader."""
    last: Listed | None = None
    while page := database.read(partial(listing.listed, wanted=wanted, limit=PAGE, after=last)):
        yield from page
        last = page[-1]


#: what runs for the name of an action
ACTIONS = {"list": _list, "show": _show, "retry": _retry, "cancel": _cancel, "export": _export}
