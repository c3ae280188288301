"""Sets that word vectors are judged by, read from files: word pairs with people's scores, and analogies."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from blazingtext_lifecycle.errors import UserError

# A thousand times the largest public one; a device never ends.
_LARGEST = 64 << 20
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"([+-]?\d+),(\d+)", re.ASCII)
_WITHIN_NUMBER = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_SHOWN = 80

Shape = Literal["pairs", "questions", "relation"]


@dataclass(frozen=True)
class Pair:
    """Two words and how alike people find them."""

    first: str
    second: str
    score: float


@dataclass(frozen=True)
class Question:
    """`first` is to `second` as `third` is to which word? One of `answers` is right."""

    section: str
    first: str
    second: str
    third: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class SimilaritySet:
    """Word pairs with scores.

    Attributes:
        name: what it is called.
        pairs: in the order of the file.
    """

    name: str
    pairs: tuple[Pair, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class AnalogySet:
    """Analogies.

    Attributes:
        name: what it is called.
        questions: in the order of the file.
    """

    name: str
    questions: tuple[Question, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.questions)


Set = SimilaritySet | AnalogySet


@dataclass(frozen=True)
class _Line:
    """A line of a file that is neither blank nor a comment."""

    number: int
    text: str

    def cells(self) -> list[str]:
        """Its cells: between tabs, semicolons or commas where there are any, with their quotes taken off, else between spaces."""
        if "\t" in self.text:
            return [cell.strip().strip('"') for cell in self.text.split("\t")]
        words = self.text.split()
        separator = next((each for each in ";," if each in self.text.strip(";,")), None)
        # A comma within numbers is a decimal comma where spaces separate already.
        if separator is None or (len(words) > 2 and separator not in _WITHIN_NUMBER.sub("", self.text)):
            return words
        return [cell.strip() for cell in next(csv.reader([self.text], delimiter=separator, skipinitialspace=True))]


def read(path: Path) -> Set:
    """A set of somebody's own; its kind is told by its lines.

    A file holds one of three things, a line each: two words and a score (further cells before and behind the score are left out); four
    words, in sections under lines that begin with a colon, as word2vec's questions-words.txt; or a word and the words that it is related
    to, between slashes, as each file of BATS, of which every two lines make a question. A folder holds files of BATS. Cells stand between
    tabs, semicolons, commas or spaces; a word of several words needs one of the first three, and is looked for with spaces, then with
    underscores. Blank lines, lines that begin with ``#``, a byte order mark and one heading above pairs are left out.

    Raises:
        UserError: the path cannot be read; the message names the first line that holds nothing of the kind.
    """
    return of_folder(path) if path.is_dir() else of_bytes(path.name, _content(path), where=str(path))


def of_folder(folder: Path) -> AnalogySet:
    """The analogies of a folder of relations: a section for each text file.

    Raises:
        UserError: there is no such file, or one holds something else.
    """
    files = sorted(path for path in folder.rglob("*.txt") if not path.name.startswith(".") and path.name.lower() != "readme.txt")
    if not files:
        raise UserError(f"{folder} holds no .txt file. Name a file, or a folder of relations such as BATS_3.0.")
    questions: list[Question] = []
    for path in files:
        lines = list(_lines(_content(path), str(path)))
        if _shape(lines, str(path)) != "relation":
            raise UserError(f"{path} holds no relation: a word and what it is related to on each line. Name the file itself.")
        questions += _of_relation(path.stem, lines, str(path))
    return AnalogySet(folder.name, tuple(questions))


def of_bytes(name: str, content: bytes, *, where: str) -> Set:
    """A set from the content of its file; `where` names the file in messages.

    Raises:
        UserError: a line holds nothing of the set's kind.
    """
    lines = list(_lines(content, where))
    match _shape(lines, where):
        case "pairs":
            return SimilaritySet(name, tuple(_pairs(lines, where)))
        case "questions":
            return AnalogySet(name, tuple(_questions(Path(name).stem, lines, where)))
        case _:
            return AnalogySet(name, tuple(_of_relation(Path(name).stem, lines, where)))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read. {error.strerror or error}. Check the path and its permissions.") from error
    if len(content) > _LARGEST:
        raise UserError(f"{path} is no set of word pairs or analogies: it holds more than {_LARGEST >> 20} MB. Name another file.")
    return content


def _lines(content: bytes, where: str) -> Iterator[_Line]:
    for number, raw in enumerate(_LINE_END.split(content.removeprefix(b"\xef\xbb\xbf")), 1):
        try:
            text = raw.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise UserError(f"{where}, line {number} cannot be read: it is no UTF-8. Save the file as UTF-8.") from error
        if text and not text.startswith("#"):
            yield _Line(number, text)


def _shape(lines: Sequence[_Line], where: str) -> Shape:
    """What the lines of a file are; the second tells, where there is one, since the first may be a heading.

    Raises:
        UserError: there is no line, or it is nothing that is known.
    """
    if any(line.text.startswith(":") for line in lines):
        return "questions"
    shapes = [_shape_of(line) for line in lines[:2]][::-1]
    found = next((shape for shape in shapes if shape is not None), None)
    if found is None:
        what = f'Line {lines[0].number} is "{lines[0].text[:_SHOWN]}".' if lines else "It is empty."
        raise UserError(f"{where} holds neither word pairs nor analogies. {what} {_WANTED}")
    return found


_WANTED = "Each line must hold two words and a score, four words, or a word and what it is related to, separated by tabs or commas."


def _shape_of(line: _Line) -> Shape | None:
    cells = line.cells()
    if _pair(cells) is not None:
        return "pairs"
    if not all(cells) or any(_number(cell) is not None for cell in cells):
        return None
    return "questions" if len(cells) == 4 else "relation" if len(cells) == 2 else None


def _unreadable(line: _Line, where: str, wanted: str) -> UserError:
    return UserError(
        f'{where}, line {line.number} cannot be read: "{line.text[:_SHOWN]}". It must hold {wanted}, separated by tabs, commas, semicolons '
        "or spaces. Correct the line, or begin it with #."
    )


def _pairs(lines: Iterable[_Line], where: str) -> Iterator[Pair]:
    for place, line in enumerate(lines):
        cells = line.cells()
        pair = _pair(cells)
        if pair is not None:
            yield pair
        elif place or any(_number(cell) is not None for cell in cells) or len(cells) < 3:
            raise _unreadable(line, where, "two words and a score")


def _pair(cells: Sequence[str]) -> Pair | None:
    """The first two cells and the first number behind them: SimLex-999 has the part of speech in between, others more columns behind."""
    score = next((value for cell in cells[2:] if (value := _number(cell)) is not None), None)
    return None if score is None or not cells[0] or not cells[1] else Pair(cells[0], cells[1], score)


def _number(cell: str) -> float | None:
    text = _DECIMAL_COMMA.sub(r"\1.\2", cell) if _DECIMAL_COMMA.fullmatch(cell) else cell
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def _questions(section: str, lines: Iterable[_Line], where: str) -> Iterator[Question]:
    for line in lines:
        if line.text.startswith(":"):
            section = line.text.lstrip(": ").strip()
            continue
        cells = line.cells()
        if len(cells) != 4 or not all(cells):
            raise _unreadable(line, where, "four words")
        yield Question(section, cells[0], cells[1], cells[2], (cells[3],))


def _of_relation(section: str, lines: Iterable[_Line], where: str) -> Iterator[Question]:
    """Every two lines of a relation make a question, asked of each about the other, as Gladkova 2016 asks BATS."""
    related: list[tuple[str, tuple[str, ...]]] = []
    for line in lines:
        cells = line.cells()
        answers = tuple(word for word in cells[1].split("/") if word) if len(cells) == 2 else ()
        if not answers or not cells[0]:
            raise _unreadable(line, where, "a word and what it is related to")
        related.append((cells[0], answers))
    for first, (second, *_) in related:
        yield from (Question(section, first, second, third, answers) for third, answers in related if third != first)
