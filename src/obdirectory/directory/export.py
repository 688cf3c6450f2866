"""CSV that a spreadsheet opens without running anything in it."""

import csv
from collections.abc import Iterable
from io import StringIO

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def csv_line(cells: Iterable[str]) -> str:
    """One line of a CSV file, with its end."""
    buffer = StringIO()
    csv.writer(buffer).writerow(safe_cell(cell) for cell in cells)
    return buffer.getvalue()
