"""What a request holds, whatever its Content-Type says: JSON, then a form, then text.

Senders lie about it: some post JSON as a form or as plain text, many put everything in the query.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import parse_qsl

from im_notify.errors import AlertError
from im_notify.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from im_notify.protocols import Request

    _Branch: TypeAlias = dict[str, object] | list[object]

MAX_DEPTH = 32  #: levels of JSON; what monitoring systems send has at most six
MAX_FIELDS = 1000  #: of a form
MAX_RECORDS = 1000  #: of a list
_FORM = re.compile(r"[\w.\-\[\]%+]{1,100}=")
_PART_NAME = re.compile(r'name="([^"]{1,100})"')
_WRAPPERS = ("payload", "data")  #: fields of a form that hold the whole alert as JSON
_BRANCHES = (dict, list)
_CREDENTIALS = frozenset({"token"})  #: of the query: for the door, not for the alert


def misread(name: str) -> AlertError:
    """Return the error for a body that is no alert at all; it tells nothing of the body."""
    text = _("this is not an alert that {name} sends: check which address it was posted to")
    return AlertError(text.format(name=name))


def record(request: Request, *, name: str) -> dict[str, object]:
    """Return the one object that the request holds, its body over its query.

    Plain text is the field `text`. Raises AlertError.
    """
    found = records(request, name=name)
    if len(found) != 1:
        raise misread(name)
    return found[0]


def records(request: Request, *, name: str) -> list[dict[str, object]]:
    """Return each object of a list, or the one object; at least one. Raises AlertError.

    The query is not repeated in each object of a list.
    """
    said = request.headers.get("content-type", "")
    body = _decode(request.body, is_form="form" in said.lower())
    if isinstance(body, dict):
        query = {key: value for key, value in request.query.items() if key not in _CREDENTIALS}
        body = [{**_opened(query), **body}]
    listed = body if isinstance(body, list) and len(body) <= MAX_RECORDS else []
    found = [one for one in listed if isinstance(one, dict) and one]
    if not found or _is_deep(found):
        raise misread(name)
    return found


def nested(value: object) -> object:
    """Return what JSON inside a text says, `value` itself where it is none."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _decode(body: bytes, *, is_form: bool) -> object:
    """Return an object or a list, None for anything else."""
    content = _unicode(body).strip()
    if not content:
        return {}
    try:
        value = json.loads(content)
    except RecursionError:
        return None
    except ValueError:
        return _multipart(content) or _form(content, is_form=is_form) or {"text": content}
    return {"text": value} if isinstance(value, str) else value


def _unicode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1254", "replace")


def _form(content: str, *, is_form: bool) -> dict[str, object]:
    """Read a form; nothing where it looks like a sentence with an equals sign."""
    if not _FORM.match(content) or not (is_form or len(content.split(None, 1)) == 1):
        return {}
    try:
        return _opened(_pairs(content, "utf-8", errors="strict"))
    except UnicodeDecodeError:
        return _opened(_pairs(content, "cp1254", errors="replace"))
    except ValueError:  # more fields than anybody sends
        return {}


def _pairs(content: str, encoding: str, *, errors: str) -> dict[str, str]:
    pairs = parse_qsl(
        content,
        keep_blank_values=True,
        encoding=encoding,
        errors=errors,
        max_num_fields=MAX_FIELDS,
    )
    return dict(pairs)


def _multipart(content: str) -> dict[str, object]:
    """Read a multipart form by the boundary that it begins with; files are left out."""
    boundary = content.partition("\n")[0].rstrip()
    if not 2 < len(boundary) <= 72 or not boundary.startswith("--"):  # noqa: PLR2004  RFC 2046
        return {}
    fields: dict[str, str] = {}
    for part in content.split(boundary, MAX_FIELDS)[1:]:
        head, _blank, value = part.replace("\r\n", "\n").partition("\n\n")
        if (name := _PART_NAME.search(head[:1000])) and "filename=" not in head:
            fields[name[1]] = value.removesuffix("\n")
    return _opened(fields)


def _opened(fields: Mapping[str, str]) -> dict[str, object]:
    """Read values that are JSON; one that holds the whole alert gives its place up to it."""
    opened = {key: nested(value) for key, value in fields.items()}
    for key in _WRAPPERS:
        if isinstance(inner := opened.get(key), dict):
            del opened[key]
            opened |= inner
    return opened


def _is_deep(value: list[dict[str, object]]) -> bool:
    level: list[_Branch] = [*value]
    for _step in range(MAX_DEPTH):
        children = chain.from_iterable(map(_children, level))
        level = [one for one in children if isinstance(one, _BRANCHES)]
        if not level:
            return False
    return True


def _children(branch: _Branch) -> Iterable[object]:
    return branch.values() if isinstance(branch, dict) else branch
