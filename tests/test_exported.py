from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import im_notify
import im_notify.sandbox
import im_notify.testing

if TYPE_CHECKING:
    from types import ModuleType

PACKAGES = (im_notify, im_notify.sandbox, im_notify.testing)
each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.__name__)


@each_package
def test_the_list_of_public_names_is_sorted(package: ModuleType) -> None:
    """Constants, classes, functions, each by name: as `ruff` sorts them, without doubles."""
    names = list(package.__all__)

    assert names == sorted(set(names), key=_kind_and_name)


@each_package
def test_every_public_name_is_there(package: ModuleType) -> None:
    """What is promised can be imported."""
    fresh = importlib.import_module(package.__name__)

    assert [name for name in fresh.__all__ if getattr(fresh, name, None) is None] == []


def test_nothing_else_is_public() -> None:
    """What `dir` shows is what is promised; modules are reached by their own names."""
    assert dir(im_notify) == sorted(im_notify.__all__)


def test_a_type_checker_sees_the_same_names() -> None:
    """The imports for type checkers and `__all__` do not drift apart."""
    tree = ast.parse(Path(str(im_notify.__file__)).read_text("utf-8"))

    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    names = [alias.name for node in imports for alias in node.names]

    assert sorted(names) == sorted(im_notify.__all__)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    """A slip is told with the name of the module."""
    with pytest.raises(AttributeError, match="'im_notify' has no attribute 'Mesage'"):
        im_notify.Mesage  # type: ignore[attr-defined]  # noqa: B018  the slip is the point


def _kind_and_name(name: str) -> tuple[int, str]:
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name
