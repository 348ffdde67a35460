"""Says line by line what is wrong with a GET URL that somebody already has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from im_notify.i18n import _
from im_notify_plugins.geturl.findings import Finding, error, ok, warning
from im_notify_plugins.geturl.names import meant
from im_notify_plugins.geturl.placeholders import mark
from im_notify_plugins.geturl.values import check_values
from im_notify_plugins.iletimerkezi.getform import GET_PATH, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "check_url"]

_HOST = "api.iletimerkezi.com"
_ADDRESS = re.compile(r"(?:(?P<scheme>[A-Za-z]+)://)?(?P<host>[^/]*)(?P<path>/.*)?", re.DOTALL)
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,23}")  # a name that may be shown: no secret looks so


def check_url(url: str) -> list[Finding]:
    """Return what is to be said about `url`, the address first, then the parameters in order.

    Nothing is fetched. Values of key and hash, numbers and the text are never repeated. When
    there is no error the last finding says so.
    """
    found = list(_findings(url.strip()))
    levels = {finding.level for finding in found}
    if "error" in levels:
        return found
    if "warning" in levels:
        return [*found, ok(_("no errors; see the warnings"))]
    return [*found, ok(_("the URL is fine"))]


def _findings(url: str) -> Iterator[Finding]:
    if url[:1] in {"'", '"'}:
        yield warning(_("there are quotes around the URL: leave them out in a device's form"))
        url = url.strip("'\"")
    address, asked, query = url.partition("?")
    yield from _address(address)
    if not asked:
        yield error(_("there is no ? and nothing behind it: all parameters are missing"))
        return
    if "&amp;" in query:
        yield error(_("& is written as &amp;, which is HTML: write a bare &"))
    yield from _query(mark(query.replace("&amp;", "&")))


def _address(address: str) -> Iterator[Finding]:
    match = _ADDRESS.fullmatch(address)
    scheme, host, path = match.group("scheme", "host", "path") if match else (None, "", None)
    host = host.rpartition("@")[2].partition(":")[0].lower()
    ours = host == _HOST
    yield from _scheme(scheme, ours=ours)
    if not ours:
        text = _("the host is not {host}: right only if it is your own relay or sandbox")
        yield warning(text.format(host=_HOST))
    yield from _path(path or "", ours=ours)


def _scheme(scheme: str | None, *, ours: bool) -> Iterator[Finding]:
    if scheme is None:
        yield error(_("https:// is missing at the beginning"))
    elif scheme.lower() == "http":
        text = _("http:// sends key and hash in clear: write https://")
        yield error(text) if ours else warning(text)
    elif scheme.lower() != "https":
        yield error(_("the address must begin with https://"))


def _path(path: str, *, ours: bool) -> Iterator[Finding]:
    if path.endswith("/" + GET_PATH) and (not ours or path == f"/v1/{GET_PATH}"):
        return
    if path + "/" == f"/v1/{GET_PATH}":
        yield warning(_("the slash at the end of send-sms/get/ is missing"))
    elif path.rstrip("/").endswith(("send-sms/json", "send-sms/xml", "send-sms")):
        yield error(_("this is the address for POST: with GET it is /v1/send-sms/get/"))
    else:
        text = _("the path is not /v1/send-sms/get/")
        yield error(text) if ours else warning(text)


def _query(query: str) -> Iterator[Finding]:
    query, cut, _behind = query.partition("#")
    if cut:
        yield error(_("a bare # cuts the URL, what follows is never sent: write %23"))
    values: dict[str, str] = {}
    for position, piece in enumerate(query.split("&"), start=1):
        name, equals, value = piece.partition("=")
        name = unquote(name)
        known = meant(name)
        if piece:
            yield from _name(name, position, known=known, has_value=bool(equals))
        if known in values:
            yield error(_("{name} stands there more than once").format(name=known))
        elif known:
            values[known] = value
    yield from check_values(values)


def _name(name: str, position: int, *, known: str | None, has_value: bool) -> Iterator[Finding]:
    if name in PARAMETERS:
        return
    shown = name if _WORD.fullmatch(name) else _("parameter {position}").format(position=position)
    if known and has_value:
        text = _("{shown} is not a name the provider knows: write {name}")
        yield error(text.format(shown=shown, name=known))
    elif not has_value:
        text = _("part {position} has no =: a bare & in a value splits it there, write %26")
        yield error(text.format(position=position))
    else:
        text = _("{shown} is not in the provider's document for GET (sending later needs POST)")
        yield warning(text.format(shown=shown))
