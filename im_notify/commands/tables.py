"""Tables: with a head and lines on a terminal, aligned text for everything else."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from im_notify.app import App


def print_table(app: App, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under the names of their columns; nothing where there are no rows."""
    cells = [[clean(cell) for cell in row] for row in rows]
    if cells and app.terminal:
        _print_rich(app, names, cells)
    elif cells:
        widths = [max(map(len, column)) for column in zip_longest(*cells, fillvalue="")]
        for row in cells:
            line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
            app.print(line.rstrip())


def _print_rich(app: App, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*names, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=app.stdout).print(table)


def clean(text: str) -> str:
    """Return text on one line that cannot steer a terminal: what came in may have tried."""
    return "".join(char if char.isprintable() else " " for char in text)


def local(at: datetime, zone: tzinfo) -> str:
    """Return a time as clocks in `zone` show it, to the second."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
