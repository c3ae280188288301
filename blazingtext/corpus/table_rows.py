"""The rows of a table, from a stream, its quotes read by what the table is.

CSV has quotes as in RFC 4180; a record whose quotes do not close, or close within a cell, is read line by line. TSV has no quotes (IANA
text/tab-separated-values; Amazon's reviews: "without quote or escape characters") unless a line only with them has the right number of
cells.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, deque
from typing import IO

from blazingtext_lifecycle.errors import CorpusError

OPEN_QUOTE = "rows with a quote that is not closed or within a cell, which was read as a character"
# A quote that is not closed within this many characters is none.
_LONGEST_RECORD = 1 << 22
_LONGEST_LINE = 1 << 26


class Lines:
    """The lines of a table; those read for a record that turned out to be none are put back."""

    def __init__(self, name: str, text: IO[str]) -> None:
        self._name = name
        self._text = text
        self._back: deque[str] = deque()
        self.record: list[str] = []
        self._size = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self.read()
        if not line or self._size > _LONGEST_RECORD:
            if line:
                self._back.appendleft(line)
            raise StopIteration
        self.record.append(line)
        self._size += len(line)
        return line

    def read(self) -> str:
        """The next line of the file, "" at its end."""
        line = self._text.readline(_LONGEST_LINE)
        if len(line) >= _LONGEST_LINE:
            raise CorpusError(
                f"{self._name} has a line of more than {_LONGEST_LINE:,} characters: it is no table. Prepare it with --plain."
            )
        return line.replace("\0", " ")

    def peek(self) -> str:
        """The line after the record, "" at the end of the file; it stays to be read."""
        if not self._back:
            self._back.append(self.read())
        return self._back[0]

    def begin(self) -> None:
        """A new record begins with the next line."""
        self.record, self._size = [], 0

    def put_back(self, first: int) -> None:
        """Gives the lines of the record from one on again."""
        self._back.extendleft(reversed(self.record[first:]))
        self.begin()


class Rows:
    """The rows of a table, blank lines left out."""

    def __init__(self, lines: Lines, delimiter: str, notes: Counter[str]) -> None:
        csv.field_size_limit(sys.maxsize)
        self._lines = lines
        self._delimiter = delimiter
        self._notes = notes
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self._width = 0

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> list[str]:
        while not (row := self._unquoted() if self._delimiter == "\t" else self._quoted()):
            pass
        self._width = self._width or len(row)
        return row

    def _quoted(self) -> list[str]:
        """The next row by CSV's rules, or its first line when those do not apply."""
        self._lines.begin()
        try:
            return next(self._reader)
        except (csv.Error, StopIteration):
            if not self._lines.record:
                raise StopIteration from None
        first = self._lines.record[0]
        self._lines.put_back(1)
        self._notes[OPEN_QUOTE] += 1
        return self._alone(first)

    def _alone(self, line: str) -> list[str]:
        """A line whose quotes do not follow the rules: as forgiving readers take it, or with quotes as characters."""
        row = next(csv.reader([line], delimiter=self._delimiter))
        if len(row) != self._width:
            literal = next(csv.reader([line], delimiter=self._delimiter, quoting=csv.QUOTE_NONE))
            row = [_without_quotes(cell) for cell in literal]
        return row

    def _unquoted(self) -> list[str]:
        """The next row without quotes; with them when only so the number of cells is right."""
        self._lines.begin()
        line = next(self._lines).rstrip("\r\n")
        row = line.split("\t") if line else []
        if any(cell.startswith('"') for cell in row):
            # A quoted cell may hold tabs; or go on in the next line, which then is no row by itself.
            torn = row[-1].startswith('"') and _without_quotes(row[-1]) == row[-1] and self._lines.peek().count("\t") + 1 != len(row)
            if self._width and (len(row) != self._width or torn):
                return self._as_quoted(row)
            row = [_without_quotes(cell) for cell in row]
        return row

    def _as_quoted(self, literal: list[str]) -> list[str]:
        self._lines.put_back(0)
        try:
            row = next(csv.reader(self._lines, delimiter="\t", strict=True))
        except (csv.Error, StopIteration):
            row = []
        if len(row) == self._width:
            return row
        self._lines.put_back(1)
        return literal


def _without_quotes(cell: str) -> str:
    inner = cell[1:-1]
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', "")
    return inner.replace('""', '"') if quoted else cell
