"""Cells of CSV files, which people open in spreadsheets."""

from __future__ import annotations

import re

# what spreadsheets take for a formula (OWASP, "CSV Injection"); a phone number is none
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"\+\d+")


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet computes: a quote is put before what looks like it."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
