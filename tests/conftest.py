"""What every test starts from: a stopped clock, a sandbox, English, and nothing of the outside."""

from __future__ import annotations

import os
import resource
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

pytest_plugins = ["im_notify.testing"]

FOREIGN = ("IM_NOTIFY_", "ILETIMERKEZI_", "XDG_CONFIG_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")
LANGUAGES = ("LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def _own_environment(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Speak English and forget settings and proxies; live tests keep theirs."""
    if "live" in request.path.parts:
        return
    for name in os.environ:
        if name.startswith(FOREIGN) or name.upper() in PROXIES or name in LANGUAGES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANGUAGE", "C")
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))


@pytest.fixture
def dist_info(tmp_path: Path) -> Callable[[Path], Path]:
    """Write the metadata that installing a `pyproject.toml` would; returns the folder it is in."""

    def write(pyproject: Path) -> Path:
        project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
        name = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        folder = tmp_path / "site" / name
        folder.mkdir(parents=True)
        entry_points = [
            f"[{group}]\n" + "".join(f"{key} = {target}\n" for key, target in table.items())
            for group, table in project["entry-points"].items()
        ]
        (folder / "entry_points.txt").write_text("\n".join(entry_points), "utf-8")
        metadata = (
            f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        (folder / "METADATA").write_text(metadata, "utf-8")
        return folder.parent

    return write


@pytest.fixture
def full_disk() -> Callable[[], AbstractContextManager[None]]:
    """Give a disk that takes nothing more for a while."""

    @contextmanager
    def full() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return full
