from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from im_notify import hookspecs

if TYPE_CHECKING:
    from types import FunctionType

ROOT = Path(__file__).parents[1]
HERE = Path(__file__)
HOOKS = [value for value in vars(hookspecs).values() if hasattr(value, f"{hookspecs.NAME}_spec")]
each_hook = pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)


def test_every_function_of_the_page_is_a_hook() -> None:
    """The page that authors read holds specifications and nothing else."""
    functions = [value for value in vars(hookspecs).values() if inspect.isfunction(value)]

    assert functions == HOOKS != []


@each_hook
def test_a_hook_carries_the_prefix(hook: FunctionType) -> None:
    """A name says whose hook it is where it is implemented."""
    assert hook.__name__.startswith(f"{hookspecs.NAME}_")


@each_hook
def test_a_hook_says_when_it_is_called(hook: FunctionType) -> None:
    """The docstring tells an author when the hook runs, beside what it is for."""
    assert "Called " in (hook.__doc__ or "")


@each_hook
def test_a_hook_is_annotated_throughout(hook: FunctionType) -> None:
    """Every argument and the answer have a type."""
    arguments = inspect.signature(hook).parameters

    assert set(hook.__annotations__) == {*arguments, "return"}


@each_hook
def test_a_hook_has_a_test(hook: FunctionType) -> None:
    """Some other test implements or calls the hook by its name."""
    others = [path for path in ROOT.glob("tests/**/test_*.py") if path != HERE]

    assert [path for path in others if hook.__name__ in path.read_text("utf-8")] != []


@each_hook
def test_a_hook_is_in_the_readme(hook: FunctionType) -> None:
    """The README shows the hook with the names of all its arguments."""
    arguments = ", ".join(inspect.signature(hook).parameters)

    assert f"{hook.__name__}({arguments})" in (ROOT / "README.md").read_text("utf-8")
