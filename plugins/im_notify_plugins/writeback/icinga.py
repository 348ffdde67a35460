"""Icinga 2: a comment on the host or service, by the action add-comment of its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from im_notify.errors import AlertError
from im_notify.i18n import _
from im_notify_plugins.writeback.objects import objects_of
from im_notify_plugins.writeback.posting import NotToldError, post

if TYPE_CHECKING:
    from im_notify.protocols import Outcome
    from im_notify.relay_config import WriteBackConfig
    from im_notify_plugins.writeback.objects import Object

NOT_FOUND = 404  #: there is no object of this name (run with 2.13)


def tell(target: WriteBackConfig, outcome: Outcome) -> None:
    """Comment on each object that the alerts name. Raises AlertError, NotToldError.

    One that is not there keeps the others from nothing.
    """
    found = objects_of(outcome.alerts)
    missing = [one for one in found if not _comment(target, one, outcome.text)]
    if missing:
        text = _("{name} does not know {count} of {total} objects")
        raise AlertError(text.format(name=target.name, count=len(missing), total=len(found)))


def _comment(target: WriteBackConfig, one: Object, text: str) -> bool:
    url = f"{(target.url or '').rstrip('/').removesuffix('/v1')}/v1/actions/add-comment"
    body = {**_named(one), "author": "im-notify", "comment": text}
    try:
        post(target, url, body, headers={"Accept": "application/json"}, auth="basic")
    except NotToldError as error:
        if error.status != NOT_FOUND:
            raise
        return False
    return True


def _named(one: Object) -> dict[str, str]:
    """Select one object by its full name; a filter without a match would be answered with 500."""
    if not one.service:
        return {"type": "Host", "host": one.host}
    return {"type": "Service", "service": f"{one.host}!{one.service}"}
