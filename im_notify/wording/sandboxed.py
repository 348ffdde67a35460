"""What a template may do: say fields, choose and repeat. All else is refused when it is compiled.

Jinja's sandbox keeps a template from reaching what it was not given. It does not keep it from
taking all memory or time (documentation of Jinja, "Sandbox", security considerations), and a text
is made while the outbox waits. So there is nothing here that makes much out of little: no calls,
no assignments, no arithmetic but adding, filters whose results are cut, and no loops but a loop
within a loop.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from im_notify.errors import ConfigError
from im_notify.i18n import _
from im_notify.nearest import nearest
from im_notify.wording.plain import plain, short_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from jinja2 import Environment, Template, nodes

LONGEST = 4_000  #: characters of a template
LONGEST_VALUE = 2_000  #: characters of what a filter makes
DEEPEST = 20  #: things within things
_LOOPS = 2  # a loop within a loop
_VARIABLES = (
    *("alerts", "first", "count", "more", "state", "severity", "word", "id", "time", "language"),
    "source",
)
_FILTERS = (
    *("capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length"),
    *("list", "lower", "map", "reject", "rejectattr", "replace", "round", "select", "selectattr"),
    *("sort", "string", "title", "trim", "truncate", "unique", "upper"),
)
_NODES = frozenset(
    {
        *("Template", "Output", "TemplateData", "Name", "Const", "Tuple", "List"),
        *("Getattr", "Getitem", "Slice", "Filter", "Test", "If", "For", "CondExpr"),
        *("Compare", "Operand", "And", "Or", "Not", "Add", "Sub", "Neg", "Concat", "Keyword"),
    }
)
_SHOWN_AS = {
    "Assign": "set",
    "AssignBlock": "set",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "FromImport": "import",
    "Call": "( )",
    "Dict": "{ }",
    "Mul": "*",
    "Pow": "**",
    "Mod": "%",
    "Div": "/",
    "FloorDiv": "//",
}
_DATE = re.compile(r"(?:%[dmYyHMSj%]|[^%]){0,50}", re.DOTALL)


def compiled(text: str, *, where: str, cheap: bool) -> Template:
    """Return a template that can be rendered; `where` names it, `cheap` is what `plain` does.

    Raises ConfigError that names the line.
    """
    jinja = _environment(cheap=cheap)
    from jinja2 import TemplateSyntaxError

    if len(text) > LONGEST:
        wrong = _("{where} has more than {limit} characters: write a shorter one")
        raise ConfigError(wrong.format(where=where, limit=LONGEST))
    try:
        tree = jinja.parse(text)
        _check(tree, where)
        return jinja.from_string(text)
    except TemplateSyntaxError as error:
        wrong = _("{where}, line {line}: {reason}")
        raise ConfigError(
            wrong.format(where=where, line=error.lineno, reason=error.message)
        ) from None
    except RecursionError:
        raise _refused(where, 1, _("this is nested too deeply")) from None


def _environment(*, cheap: bool) -> Environment:
    try:
        from jinja2 import ChainableUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError as error:
        text = _("{module} is missing: pip install 'im-notify[relay]'")
        raise ConfigError(text.format(module=error.name)) from None
    jinja = ImmutableSandboxedEnvironment(
        undefined=ChainableUndefined,  # a field that an alert lacks is empty
        autoescape=False,  # an SMS is no HTML
        cache_size=0,
    )
    jinja.globals.clear()
    jinja.filters = {name: _cut(jinja.filters[name]) for name in _FILTERS}
    jinja.filters["plain"] = lambda value: plain(str(value), cheap=cheap)
    jinja.filters["short"] = lambda value: short_name(str(value))
    jinja.filters["date"] = date
    return jinja


def date(moment: datetime, wanted: str = "%d.%m.%Y %H:%M") -> str:
    """Write a time with `%d %m %Y %y %H %M %S %j`.

    Raises ValueError for anything else: `strftime` would fill memory with `%999999999Y`.
    """
    if not _DATE.fullmatch(wanted):
        raise ValueError(wanted)
    return moment.strftime(wanted)


def _cut(made: Callable[..., object]) -> Callable[..., object]:
    """Wrap a filter so that what it makes is short; Jinja finds its marks on the wrapper."""
    from functools import wraps

    @wraps(made)
    def cut(*values: object, **named: object) -> object:
        found = made(*values, **named)
        return found[:LONGEST_VALUE] if isinstance(found, str | list) else found

    return cut


def _check(tree: nodes.Template, where: str) -> None:
    for node, loops, depth in _walk(tree, loops=0, depth=0):
        kind = type(node).__name__
        if kind not in _NODES:
            shown = _SHOWN_AS.get(kind, kind.lower())
            raise _refused(where, node.lineno, _("{what} is not allowed here").format(what=shown))
        if getattr(node, "recursive", False) or loops > _LOOPS or depth > DEEPEST:
            raise _refused(where, node.lineno, _("this is nested too deeply"))
    for name, line in _unknown(tree):
        raise _refused(where, line, _stranger(name))


def _walk(node: nodes.Node, *, loops: int, depth: int) -> Iterator[tuple[nodes.Node, int, int]]:
    loops += type(node).__name__ == "For"
    yield node, loops, depth
    for child in node.iter_child_nodes():
        yield from _walk(child, loops=loops, depth=depth + 1)


def _unknown(tree: nodes.Template) -> Iterable[tuple[str, int]]:
    """Find the names that stand for nothing: a misspelt one would be empty in every text."""
    from jinja2 import nodes

    names = list(tree.find_all(nodes.Name))
    known = {*_VARIABLES, "loop", *(one.name for one in names if one.ctx == "store")}
    return ((one.name, one.lineno) for one in names if one.name not in known)


def _stranger(name: str) -> str:
    if meant := nearest(name, _VARIABLES):
        return _("{name} is not known; did you mean {meant}?").format(name=name, meant=meant)
    text = _("{name} is not known; there are: {known}")
    return text.format(name=name, known=", ".join(_VARIABLES))


def _refused(where: str, line: int, reason: str) -> ConfigError:
    text = _("{where}, line {line}: {reason}")
    return ConfigError(text.format(where=where, line=line, reason=reason))
