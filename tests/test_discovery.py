from __future__ import annotations

import importlib.metadata
import os.path
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify.discovery import EntryPoint, find

if TYPE_CHECKING:
    from collections.abc import Callable

    Install = Callable[..., Path]

THIRD_PARTY = Path(__file__).parent / "fixtures" / "third_party"


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Write the metadata of a distribution into a folder below `tmp_path` and return it."""

    def write(
        entry_points: str,
        *,
        site: str = "site",
        folder: str = "pager-1.dist-info",
        version: str = "1",
    ) -> Path:
        metadata = tmp_path / site / folder
        metadata.mkdir(parents=True)
        name = "PKG-INFO" if folder.endswith(".egg-info") else "METADATA"
        (metadata / name).write_text(
            f"Name: pager\nVersion: {version}\n\nName: not this\n", "utf-8"
        )
        (metadata / "entry_points.txt").write_text(entry_points, "utf-8")
        return metadata.parent

    return write


def _found(*path: Path, group: str = "im_notify") -> list[EntryPoint]:
    return list(find(group, [str(one) for one in path]))


def test_name_target_distribution_and_version_are_found() -> None:
    """An entry point knows whose it is, so that a listing can say so."""
    found = _found(THIRD_PARTY)

    assert (
        EntryPoint(name="good", target="good_plugin", distribution="good", version="1.2.0") in found
    )
    others = [one for one in found if one.name != "good"]
    assert {(one.distribution, one.version) for one in others} == {("broken", "0.9")}


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[im_notify]\npager = pager", ["pager"]),
        ("[im_notify]\npager=pager:plugin", ["pager:plugin"]),
        ("[im_notify]\n\n# pager = old\npager = pager [extra]\n", ["pager"]),
        ("[console_scripts]\npager = cli:main\n[im_notify]\na = b\n[other]\nc = d", ["b"]),
        ("[im_notify_more]\npager = pager", []),
        ("pager = pager", []),
        ("", []),
    ],
)
def test_the_group_alone_is_read(install: Install, text: str, targets: list[str]) -> None:
    """Other groups, comments and extras are left out."""
    assert [one.target for one in _found(install(text))] == targets


def test_a_development_install_is_found(install: Install) -> None:
    """The older metadata of an `egg-info` folder counts as well."""
    site = install("[im_notify]\npager = pager", folder="pager.egg-info")

    assert [(one.distribution, one.version) for one in _found(site)] == [("pager", "1")]


@pytest.mark.parametrize("first", ["[im_notify]\npager = new", "[im_notify]", ""])
@pytest.mark.parametrize("folder", ["pager-1.dist-info", "Pager.egg-info"])
def test_the_first_of_a_name_hides_later_ones(install: Install, first: str, folder: str) -> None:
    """As imports do: what a later folder says of the same project is not heard."""
    new = install(first, site="new", version="2")
    old = install("[im_notify]\npager = old", site="old", folder=folder)

    assert "old" not in [one.target for one in _found(new, old)]


def test_what_cannot_be_read_is_passed_over(tmp_path: Path, install: Install) -> None:
    """A folder that is none, an archive and metadata in another encoding hide nobody."""
    (tmp_path / "archive.zip").write_bytes(b"PK")
    wrong = install("", site="wrong")
    (wrong / "pager-1.dist-info" / "entry_points.txt").write_bytes(b"[im_notify]\n\xff = x")
    good = install("[im_notify]\nbell = bell", site="good", folder="bell-1.dist-info")

    found = _found(tmp_path / "nowhere", tmp_path / "archive.zip", wrong, good)

    assert [one.name for one in found] == ["bell"]


def test_metadata_without_a_name_gives_the_folder(tmp_path: Path) -> None:
    """A distribution that does not say its name is listed by its folder."""
    folder = tmp_path / "pager-1.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[im_notify]\npager = pager", "utf-8")

    assert [(one.distribution, one.version) for one in _found(tmp_path)] == [
        ("pager-1.dist-info", "-")
    ]


def test_the_working_directory_is_the_empty_name(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sys.path` spells the current directory as an empty text."""
    monkeypatch.chdir(install("[im_notify]\npager = pager"))

    assert [one.name for one in find("im_notify", ["", ""])] == ["pager"]


@pytest.mark.parametrize("group", ["console_scripts", "pytest11", "im_notify"])
def test_it_finds_what_the_standard_library_finds(group: str) -> None:
    """Over all that is installed here, `importlib.metadata` says the same."""
    ours = {(one.name, one.target) for one in find(group, sys.path)}

    theirs = {(one.name, one.value) for one in importlib.metadata.entry_points(group=group)}
    assert ours == {(name, value.partition("[")[0].strip()) for name, value in theirs}


@pytest.mark.parametrize(
    ("target", "value"),
    [("os.path", os.path), ("os.path:join", os.path.join), ("os:path.join", os.path.join)],
)
def test_a_target_is_a_module_or_something_in_it(target: str, value: object) -> None:
    """After the colon stands a way through attributes, or nothing for the module."""
    assert EntryPoint(name="any", target=target).load() is value
