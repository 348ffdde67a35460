from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import apprise
import pytest
from apprise.plugins import N_MGR

from im_notify_plugins.apprise import plugin_path, register
from im_notify_plugins.apprise.notify import NotifyIletiMerkezi

OURS = "im_notify_plugins.apprise.notify.NotifyIletiMerkezi"
URL = "ileti://key:hash@SENDER/5301234567"


class Upstream(apprise.NotifyBase):  # type: ignore[misc]  # apprise counts as untyped
    """A class that Apprise might bring one day."""

    service_name = "upstream"
    secure_protocol = "iletimerkezi"


@pytest.fixture
def emptied() -> None:
    """Take both names out of the registry; the next register() puts them back."""
    N_MGR.remove("iletimerkezi", "ileti", unload=False)


def test_registering_again_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Every call says the same class, and Apprise does not complain of a second one."""
    assert {register() for _ in range(3)} == {OURS}
    assert N_MGR["iletimerkezi"] is N_MGR["ileti"] is NotifyIletiMerkezi
    assert caplog.text == ""


@pytest.mark.usefixtures("emptied")
def test_threads_may_register_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Sixteen threads find the same class registered, once."""
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: register(), range(64)))

    assert set(found) == {OURS}
    assert caplog.text == ""


@pytest.mark.usefixtures("emptied")
def test_a_class_of_apprises_own_is_left_in_place() -> None:
    """If Apprise has the name already, that class stays and is the one that is named."""
    N_MGR.add(Upstream)

    found = register()

    N_MGR.remove("iletimerkezi", unload=False)
    assert found.endswith(".Upstream")
    assert register() == OURS


@pytest.mark.usefixtures("emptied")
def test_the_plugin_folder_registers() -> None:
    """A folder in plugin_paths, as -P gives it, makes the URL known."""
    asset = apprise.AppriseAsset(plugin_paths=[plugin_path()])

    assert apprise.Apprise(asset=asset).add(URL)


def test_the_plugin_folder_is_no_package() -> None:
    """Apprise would run only the __init__.py of a package."""
    assert [path.name for path in Path(plugin_path()).glob("*.py")] == ["iletimerkezi.py"]


def test_an_apprise_without_manager_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 1.6.0 the registry is a pair of dictionaries."""
    common = SimpleNamespace(NOTIFY_SCHEMA_MAP={}, NOTIFY_MODULE_MAP={})
    monkeypatch.delattr("apprise.plugins.N_MGR")
    monkeypatch.setattr("apprise.common", common)

    assert [register(), register()] == [OURS, OURS]
    assert set(common.NOTIFY_SCHEMA_MAP) == {"iletimerkezi", "ileti"}
    assert common.NOTIFY_MODULE_MAP["NotifyIletiMerkezi"]["plugin"] is NotifyIletiMerkezi


def test_an_old_apprise_with_the_name_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """There too what has the name stays."""
    common = SimpleNamespace(NOTIFY_SCHEMA_MAP={"iletimerkezi": Upstream}, NOTIFY_MODULE_MAP={})
    monkeypatch.delattr("apprise.plugins.N_MGR")
    monkeypatch.setattr("apprise.common", common)

    assert register().endswith(".Upstream")


def test_our_package_loads_apprise_only_when_it_registers() -> None:
    """Each command of im-notify loads every plugin, so the module must stay light."""
    code = (
        "import sys, im_notify_plugins.apprise as plugin; plugin.im_notify_commands(); "
        "print({'apprise', 'requests'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_the_built_in_services_stay_known() -> None:
    """Registering as the very first act does not hide Apprise's own plugins."""
    code = (
        "from im_notify_plugins.apprise import register; register(); import apprise; "
        "print(apprise.Apprise().add('json://localhost'))"
    )

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "True"
