"""Label and text of every row of a table: CSV, TSV and their kin. Every row is given, or counted under a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from blazingtext_lifecycle.errors import CorpusError
from blazingtext_lifecycle.table_shape import DELIMITERS, rows_of

from .table_rows import Lines, Rows

# Yelp's and Amazon's reviews write a line break as a backslash and an n; not behind a colon or backslash, as in C:\new.
_ESCAPED_SPACE = re.compile(r"(?<![:\\])\\[nrt]")
_HEADER_LIKE = re.compile(r"[A-Za-z_][\w.-]{0,30}")

# Between several labels of one text.
LABEL_SEPARATOR = "\x1f"
EMPTY_LABEL = "rows with an empty label"
EMPTY_TEXT = "rows with an empty text"
OTHER_WIDTH = "rows with another number of cells than the first"


class NoColumnError(CorpusError):
    """A table lacks a column that was asked for."""


@dataclass(frozen=True)
class Columns:
    """Which cells of a row are wanted.

    Args:
        text: the column of the text: a name of the first row, or a number from 1.
        label: that of the label; "" for none.
        header: whether the first row holds names; None: it does when a column is named.
    """

    text: str
    label: str = ""
    header: bool | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are asked for."""
        return (self.text, self.label) if self.label else (self.text,)

    @property
    def has_header(self) -> bool:
        """Whether the first row is no data."""
        return not all(column.isdecimal() for column in self.wanted) if self.header is None else self.header


@dataclass
class Report:
    """What did not become a row.

    Attributes:
        lost: how many rows were left out, by reason.
        notes: what was read otherwise than it may have been meant, by description.
    """

    lost: Counter[str]
    notes: Counter[str]


def cells(name: str, text: IO[str], head: str, columns: Columns, report: Report) -> Iterator[tuple[str, str]]:
    """Label ("" without one) and text of the rows of a table.

    Args:
        name: what to call it in messages.
        text: the table, opened with ``newline=""``.
        head: its beginning, by which its separator is known.
        columns: which cells.
        report: receives what was left out.

    Raises:
        NoColumnError: a column does not exist.
    """
    delimiter = _delimiter(name, head, columns)
    rows = Rows(Lines(name, text), delimiter, report.notes)
    first = next(rows, [])
    at = [_place(name, first, column) for column in columns.wanted]
    if not columns.has_header:
        if columns.header is None and all(_HEADER_LIKE.fullmatch(first[place]) for place in at):
            report.notes[
                f"first row of {name} ({', '.join(first[place] for place in at)}) read as data; if it holds names, add --header"
            ] += 1
        yield from _taken(first, at, len(first), delimiter, report)
    for row in rows:
        yield from _taken(row, at, len(first), delimiter, report)


def _taken(row: list[str], at: Sequence[int], width: int, delimiter: str, report: Report) -> Iterator[tuple[str, str]]:
    """Label and text of one row, or nothing and a count."""
    if len(row) > width and at[0] == width - 1:
        # Separators within the last column that no quotes protect.
        row = [*row[: width - 1], delimiter.join(row[width - 1 :])]
    if len(row) > width or max(at) >= len(row):
        report.lost[OTHER_WIDTH] += 1
        return
    yield from labelled(row[at[1]] if len(at) > 1 else None, row[at[0]], report)


def labelled(label: str | None, text: str, report: Report) -> Iterator[tuple[str, str]]:
    """Label and text as a pair, or nothing and a count when one of them is empty."""
    if label is not None and not label.strip():
        report.lost[EMPTY_LABEL] += 1
    elif not text.strip():
        report.lost[EMPTY_TEXT] += 1
    else:
        yield label or "", _ESCAPED_SPACE.sub(" ", text).replace('\\"', '"')


def _delimiter(name: str, head: str, columns: Columns) -> str:
    """The separator under which the wanted columns exist and most rows have equally many cells."""
    found: list[tuple[float, int, str]] = []
    seen: list[str] = []
    for delimiter in DELIMITERS:
        rows = rows_of(head, delimiter, whole=True)
        first = rows[0] if rows else []
        seen = max(seen, first, key=len)
        if all(column in first or (column.isdecimal() and 1 <= int(column) <= len(first)) for column in columns.wanted):
            even = sum(len(row) == len(first) for row in rows) / max(len(rows), 1) if len(first) > 1 else 0
            found.append((even, len(first), delimiter))
    if not found:
        _place(name, seen, next(each for each in columns.wanted if each not in seen))
    return max(found)[2] if found else ","


def _place(name: str, first: Sequence[str], column: str) -> int:
    """The index of a column, by name or by number from 1."""
    if column.isdecimal() and 1 <= int(column) <= len(first):
        return int(column) - 1
    if column in first:
        return first.index(column)
    raise NoColumnError(
        f'{name} has no column "{column}". Its first row is: {", ".join(first)[:200] or "(empty)"}. '
        "Give one of these names, or a number from 1 when the file has no header."
    )
