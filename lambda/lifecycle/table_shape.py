"""Whether a text is a table (CSV, TSV and their kin), judged from its beginning. Pure."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from . import naming

DELIMITERS = ("\t", ",", ";", "|")
_ROWS = 50


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        delimiter: what separates its cells.
        first: the cells of its first row.
        rows: how many rows were looked at.
    """

    delimiter: str
    first: tuple[str, ...]
    rows: int


def table_of(text: str, *, whole: bool = False) -> Table | None:
    """The table that a text is, or None for running text.

    A table has at least three rows of equally many cells, two or more; prose has a space behind a comma. Labelled lines
    (``__label__a<TAB>text``) are no table.

    Args:
        text: its beginning.
        whole: whether that is all of it; otherwise the last row may be cut and does not count.
    """
    if naming.LABEL in text[:4096]:
        return None
    tables = (_with(text, delimiter, whole) for delimiter in DELIMITERS)
    return max((table for table in tables if table), key=lambda table: len(table.first), default=None)


def rows_of(text: str, delimiter: str, *, whole: bool = False, most: int = _ROWS) -> list[list[str]]:
    """The first rows of a text as a table, the last one left out unless the text is whole."""
    lines = text.splitlines(keepends=True)
    if not whole and len(lines) > 1:
        lines.pop()
    try:
        rows = list(islice((row for row in csv.reader(lines, delimiter=delimiter, strict=True) if row), most))
    except csv.Error:
        # Quotes are not quotation marks here, or one is not closed.
        rows = list(islice((row for row in csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE) if row), most))
    return rows


def _with(text: str, delimiter: str, whole: bool) -> Table | None:
    rows = rows_of(text, delimiter, whole=whole)
    if len(rows) < 3 or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    if delimiter != "\t" and _like_prose(rows):
        return None
    return Table(delimiter, tuple(rows[0]), len(rows))


def _like_prose(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a space follows the separator, as in a sentence, in more than a tenth of the cells."""
    later = [cell for row in rows for cell in row[1:]]
    return sum(cell[:1].isspace() for cell in later) > len(later) / 10
