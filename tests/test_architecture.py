from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
HOST, PLUGINS = ROOT / "im_notify", ROOT / "plugins" / "im_notify_plugins"
LONGEST_MODULE, LONGEST_BODY = 300, 20  # lines

# Who may import whom; a name in brackets is for type checkers only and makes no dependency.
# Modules of the host stand by their name, the bundled plugins as `plugins/<name>`.
MAY_IMPORT = {
    # words that need nothing
    "clock": "",
    "csvout": "",
    "discovery": "",
    "errors": "",
    "i18n": "",
    "nearest": "",
    "polling": "",
    "sandbox": "",
    "secret": "",
    "toml_lines": "",
    # what everything speaks
    "alerts": "errors i18n",
    "duration": "errors i18n",
    "models": "errors i18n",
    "text": "errors i18n",
    "recipients": "errors i18n",
    "reports": "models recipients",
    "protocols": "[alerts] [app] [models] [reports]",
    "exits": "errors models",
    "": "[errors] [models] [reports] [protocols] [hookspecs]",  # im_notify itself
    # the configuration
    "settings": "duration errors i18n models secret",
    "config_file": "errors i18n settings",
    "relay_config": "[config] [models] [secret]",
    "relay_values": "errors i18n nearest relay_config settings text",
    "relay_settings": "relay_config relay_values settings",
    "config_layers": "errors i18n nearest relay_settings settings toml_lines [config_file]",
    "credentials": "config_layers errors i18n models secret [settings]",
    "address_book": "config_layers errors i18n nearest settings [config_file]",
    "relay_reading": "config_layers i18n relay_settings [config_file] [models] [settings]",
    "relay_targets": "address_book config_layers i18n relay_config relay_reading relay_settings"
    " secret settings",
    "relay_sections": "credentials i18n relay_config relay_reading relay_settings relay_targets"
    " settings [config_file] [config_layers] [models] [secret]",
    "config": "address_book config_file config_layers credentials errors relay_sections settings"
    " [models] [relay_config] [secret]",
    "config_numbers": "config_file config_layers errors i18n recipients [config]",
    # the host of plugins
    "hookspecs": "[clock] [config] [models] [protocols] [relay_config] [reports]",
    "plugins": "clock errors hookspecs i18n [config] [discovery] [models] [protocols]"
    " [relay_config] [reports]",
    # the work
    "looking": "errors i18n models protocols reports",
    "sending": "errors models [clock] [plugins] [protocols] [reports]",
    "compose": "duration errors i18n models text [app]",
    "jsonout": "recipients [outbox] [reports] [sending]",
    "app": "clock config discovery errors hookspecs i18n plugins recipients [protocols]",
    # the relay: what is stored, what is said, what sends, what is listened to
    "outbox": "alerts errors i18n models reports text [relay_config]",
    "wording": "alerts errors i18n models nearest recipients text [reports]",
    "previewing": "alerts errors i18n text wording [protocols] [relay_config]",
    "handing": "alerts errors i18n models relay_config sending wording [app] [clock]",
    "relay": "alerts config errors handing hookspecs i18n looking models outbox polling protocols"
    " recipients text wording [clock] [plugins] [relay_config] [reports] [secret]",
    "server": "alerts config errors handing i18n jsonout models outbox protocols recipients relay"
    " relay_config reports settings text [clock] [secret]",
    "serving": "config_numbers errors exits i18n models outbox protocols recipients relay"
    " relay_config sandbox secret server wording [app] [clock] [config]",
    "setup": "errors i18n nearest recipients relay_values settings [app]",
    # the edges
    "commands": "alerts compose config config_numbers csvout discovery errors exits hookspecs i18n"
    " jsonout models outbox plugins previewing protocols recipients relay_config sandbox sending"
    " server serving setup text wording [app] [reports]",
    "cli": "app commands errors exits i18n [protocols]",
    "__main__": "cli",
    "testing": "config errors models plugins protocols reports sandbox secret [clock]",
    # the bundled plugins: `host` is what a stranger may import, too
    "plugins/": "",
    "plugins/iletimerkezi": "host",
    "plugins/confirm": "host",
    "plugins/geturl": "host plugins/iletimerkezi",
    "plugins/monitoring": "host",
    "plugins/writeback": "host",
    "plugins/apprise": "host plugins/iletimerkezi",
    "plugins/demo": "host sandbox plugins/apprise plugins/geturl plugins/iletimerkezi",
}
NOT_FOR_STRANGERS = {
    *("__main__", "cli", "commands", "sandbox", "testing"),
    *("outbox", "relay", "previewing", "server", "serving", "setup", "wording"),
}

# what the host must not know: providers and monitoring systems
NAMES = re.compile(
    r"ileti ?merkezi|twilio|netgsm|vonage|zabbix|nagios|icinga|alertmanager"
    r"|prometheus(?!_client)|grafana|kuma|prtg|checkmk|sentry|datadog|pagerduty|opsgenie",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Import:
    """`unit` imports `target`, both as in MAY_IMPORT; `typed` when only for type checkers."""

    unit: str
    target: str
    typed: bool


def _modules() -> list[Path]:
    return sorted([*HOST.rglob("*.py"), *PLUGINS.rglob("*.py")])


def _unit(module: str) -> str:
    """Name the unit of a dotted module: `im_notify.sandbox.rules` is `sandbox`."""
    package, _dot, rest = module.partition(".")
    first = rest.partition(".")[0]
    return f"plugins/{first}" if package == "im_notify_plugins" else first


def _dotted(path: Path) -> str:
    parent = HOST.parent if path.is_relative_to(HOST) else PLUGINS.parent
    return ".".join(path.relative_to(parent).with_suffix("").parts).removesuffix(".__init__")


def _imported(node: ast.AST) -> list[str]:
    """List the modules that an import statement, wherever it stands, can load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.module in {"im_notify", "im_notify_plugins"}:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [node.module or "."]


def _for_types(tree: ast.AST) -> set[ast.AST]:
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    typed = [node for node in blocks if ast.unparse(node.test) == "TYPE_CHECKING"]
    return {inner for block in typed for child in block.body for inner in ast.walk(child)}


@functools.cache
def _imports() -> list[Import]:
    return list(_read_imports())


def _read_imports() -> Iterator[Import]:
    for path in _modules():
        tree, unit = ast.parse(path.read_text("utf-8")), _unit(_dotted(path))
        for_types = _for_types(tree)
        for node in ast.walk(tree):
            for name in _imported(node):
                if name.startswith("im_notify") and _unit(name) != unit:
                    yield Import(unit, _unit(name), node in for_types)


def _allowed(unit: str) -> set[str]:
    """Return what `unit` may import; in brackets what only for type checkers."""
    words = set(MAY_IMPORT[unit].split())
    if "host" in words:
        host = {one for one in MAY_IMPORT if one and "/" not in one} - NOT_FOR_STRANGERS
        words |= host | {f"[{one}]" for one in MAY_IMPORT if "/" not in one}
    return words


def test_every_module_stands_in_the_picture() -> None:
    """A new module or plugin is placed before it is used, and the picture holds nothing else."""
    assert sorted({_unit(_dotted(path)) for path in _modules()}) == sorted(MAY_IMPORT)


@pytest.mark.parametrize("unit", MAY_IMPORT, ids=lambda unit: unit or "im_notify")
def test_a_module_imports_what_it_may(unit: str) -> None:
    """Imports inside functions count as well; those for type checkers may be allowed apart."""
    allowed = _allowed(unit)

    wrong = {
        f"[{one.target}]" if one.typed else one.target
        for one in _imports()
        if one.unit == unit
        and one.target not in allowed
        and not (one.typed and f"[{one.target}]" in allowed)
    }
    assert wrong == set()


def test_nothing_is_allowed_that_is_not_used() -> None:
    """The picture of the host shows what is, not what could be."""
    used = {(one.unit, f"[{one.target}]" if one.typed else one.target) for one in _imports()}
    dynamic = {("cli", "commands")}  # by name, when one is called

    drawn = {(unit, word) for unit in MAY_IMPORT if "/" not in unit for word in _allowed(unit)}
    assert drawn - used == dynamic


def test_the_imports_have_a_direction() -> None:
    """There is no circle, not even through imports inside functions."""
    graph = {
        unit: [word for word in _allowed(unit) if not word.startswith("[")] for unit in MAY_IMPORT
    }

    order = list(TopologicalSorter(graph).static_order())

    layers = ["errors", "models", "settings", "config", "app", "cli", "__main__"]
    relay = ["errors", "models", "outbox", "relay", "server", "serving", "commands", "cli"]
    assert sorted(layers, key=order.index) == layers
    assert sorted(relay, key=order.index) == relay


def test_the_host_never_imports_a_plugin() -> None:
    """Plugins find the host; the host finds plugins by their entry points alone."""
    sources = {path: path.read_text("utf-8") for path in HOST.rglob("*.py")}

    assert [path.name for path, text in sources.items() if "im_notify_plugins" in text] == []


def test_the_host_names_no_provider_and_no_monitoring_system() -> None:
    """Neither code nor docstrings: what is particular lives in plugins.

    The sandbox is one; the trial prints the lines that people paste, by the names they know.
    """
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in HOST.rglob("*.py")
        if HOST / "sandbox" not in path.parents and path != HOST / "serving" / "trial.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if NAMES.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("path", _modules(), ids=_dotted)
def test_a_module_is_short(path: Path) -> None:
    """What does not fit on a few screens is two things."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("folder", [HOST, PLUGINS], ids=lambda folder: folder.name)
def test_nine_in_ten_function_bodies_are_short(folder: Path) -> None:
    """Docstrings do not count, everything else does."""
    lengths = sorted(
        _body_lines(node)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    )

    assert lengths[len(lengths) * 9 // 10] <= LONGEST_BODY


def _body_lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
