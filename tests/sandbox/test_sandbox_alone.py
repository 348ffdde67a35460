from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import im_notify.sandbox

MODULES = sorted(Path(im_notify.sandbox.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_the_sandbox_uses_itself_and_the_standard_library_only(module: Path) -> None:
    """It shares no code with the client, so it cannot share its mistakes."""
    tree = ast.parse(module.read_text("utf-8"))

    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]

    foreign = [name for name in names if name.split(".")[0] not in sys.stdlib_module_names]
    assert [name for name in foreign if not name.startswith("im_notify.sandbox")] == []
