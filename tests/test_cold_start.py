from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.sandbox import EXAMPLE_HASH, EXAMPLE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from im_notify.sandbox import Sandbox

    Loads = Callable[..., set[str]]

ROOT = Path(__file__).parents[1]
HEAVY = {
    "anyascii",
    "apprise",
    "http.client",
    "importlib.metadata",
    "phonenumbers",
    "requests",
    "rich",
}
OF_THE_RELAY = {"sqlalchemy", "starlette", "uvicorn", "prometheus_client", "jinja2", "asyncio"}
RUN = "from im_notify.cli import main; assert main({words!r}) == 0"
LIST = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
LOAD_ALL = """
from im_notify.app import App
app = App()
assert [info.error for info in app.plugins.infos()] == [None] * {count}, app.plugins.infos()
assert app.plugins.commands() and app.plugins.sources(app.config)
assert app.plugins.backends(app.config, app.clock)
"""
SEND = ["send", "--to", "5301234567", "--sender", "APITEST", "--iys", "0", "disk full"]
URL = ["url", *SEND[1:]]


@pytest.fixture
def loads(dist_info: Callable[[Path], Path]) -> Loads:
    """Run Python code in a process of its own and return the names of all modules it loaded."""
    path = (dist_info(ROOT / "pyproject.toml"), ROOT, ROOT / "plugins")

    def run(code: str, **environ: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", code + LIST],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), **environ},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return set(json.loads(done.stdout.splitlines()[-1]))

    return run


def test_loading_every_plugin_loads_nothing_heavy(loads: Loads) -> None:
    """Every command pays for all plugins, so a plugin imports what is heavy where it is used."""
    entry_points = (ROOT / "pyproject.toml").read_text("utf-8").partition(".im_notify]\n")[2]
    count = entry_points.partition("\n\n")[0].count(" = ")

    loaded = loads(LOAD_ALL.format(count=count))

    assert loaded & HEAVY == set()
    assert "im_notify_plugins.apprise" in loaded


@pytest.mark.parametrize("words", [["parts", "disk full on db1"], URL, ["plugins"]], ids=" ".join)
def test_a_command_that_sends_nothing_loads_nothing_heavy(loads: Loads, words: list[str]) -> None:
    """Counting, building a URL and listing need neither a connection nor a number's country."""
    loaded = loads(RUN.format(words=words))

    assert loaded & HEAVY == set()


def test_a_send_loads_its_transport_and_nothing_else(loads: Loads, sandbox: Sandbox) -> None:
    """Neither Apprise nor tables nor the numbers of all countries for one plain order."""
    loaded = loads(
        RUN.format(words=SEND),
        IM_NOTIFY_BASE_URL=sandbox.base_url,
        IM_NOTIFY_KEY=EXAMPLE_KEY,
        IM_NOTIFY_HASH=EXAMPLE_HASH,
    )

    assert len(sandbox.ledger) == 1
    assert loaded & {"apprise", "rich", "phonenumbers"} == set()
    assert "requests" in loaded


def test_an_alert_is_handed_over_by_little_code(loads: Loads, tmp_path: Path) -> None:
    """A notification command runs for each alert: neither the relay nor what it is built of."""
    path = tmp_path / "config.toml"
    path.write_text(f'[relay]\ndatabase = "sqlite:///{tmp_path}/outbox.db"\n', "utf-8")
    words = ["alert", "--config", str(path), "--summary", "disk full"]

    loaded = loads(RUN.format(words=words))

    assert len(list((tmp_path / "spool").iterdir())) == 1
    assert loaded & {*HEAVY, *OF_THE_RELAY} == set()
    assert not {
        name for name in loaded if name.startswith(("im_notify.server", "im_notify.outbox"))
    }


@pytest.mark.parametrize(("text", "is_loaded"), [("şüphe é 🔥 ≥ 5", False), ("диск", True)])
def test_other_scripts_are_loaded_where_a_text_has_one(
    loads: Loads, text: str, *, is_loaded: bool
) -> None:
    """Turkish and what is near to it has a table of our own."""
    loaded = loads(f"from im_notify.wording.plain import plain; plain({text!r}, cheap=True)")

    assert ("anyascii" in loaded) is is_loaded


def test_the_package_alone_is_light(loads: Loads) -> None:
    """`import im_notify` loads the module itself; its names come when they are used."""
    loaded = loads("import im_notify")

    assert {name for name in loaded if name.startswith(("im_notify", "pluggy"))} == {"im_notify"}
    assert loaded & {"dataclasses", "argparse", *HEAVY} == set()


def test_the_hooks_of_a_plugin_cost_pluggy_alone(loads: Loads) -> None:
    """What a plugin module imports at its top does not bring the host with it."""
    loaded = loads("from im_notify import hookimpl")

    ours = {name for name in loaded if name.startswith("im_notify")}
    assert ours <= {
        "im_notify",
        "im_notify.errors",
        "im_notify.hookspecs",
        "im_notify.i18n",
        "im_notify.models",
        "im_notify.protocols",
        "im_notify.recipients",
        "im_notify.reports",
    }


def test_a_command_does_not_load_the_others(loads: Loads) -> None:
    """Only the one that is called is imported."""
    loaded = loads(RUN.format(words=["parts", "x"]))

    others = {f"im_notify.commands.{name}" for name in ("send", "check", "cancel", "sandbox")}
    assert loaded & others == set()
