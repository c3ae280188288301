"""How well vectors agree with human judgement: WordSim-353, scored as BlazingText's container does.

The rules are those of mfaruqui/eval-word-vectors, whose file names and messages the container prints: lower-case, the last
row of a repeated word, average ranks for ties, a pair given twice counts with its last score. `eval.json` of a run holds the
container's own scores; this computes them from any vectors, also for other word pairs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import CloudError, UserError

from ..html_tables import table
from ..stages import blazingtext_command
from .word_vectors import Vectors

WORDSIM = ("EN-WS-353-ALL.txt", "EN-WS-353-REL.txt", "EN-WS-353-SIM.txt")
_EPSILON = 1e-6
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII)


# A thousand times the largest public one; a device never ends.
_LARGEST_PAIR_FILE = 64 << 20


@dataclass(frozen=True)
class Score:
    """The agreement on one set of pairs.

    Attributes:
        name: the set's file.
        rho: Spearman's rank correlation; 0 when no pair was found.
        pairs: pairs in the file.
        not_found: pairs with a word that has no vector.
        of_ngrams: pairs with a word outside the vocabulary whose vector is made of its n-grams.
        skipped: lines that hold no pair, such as a header, with their numbers.
    """

    name: str
    rho: float
    pairs: int
    not_found: int
    skipped: tuple[tuple[int, str], ...] = ()
    of_ngrams: int = 0


@dataclass(frozen=True)
class Evaluation:
    """The agreement on several sets.

    Attributes:
        scores: one per set.
        mean_rho: their mean.
        source: where the scores come from.
    """

    scores: tuple[Score, ...]
    mean_rho: float
    source: str

    def __repr__(self) -> str:
        shown = ", ".join(f"{each.name} {each.rho:.3f}" for each in self.scores)
        return f"Evaluation({self.source}: mean_rho {self.mean_rho:.3f}; {shown})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = [(each.name, f"{each.rho:.4f}", f"{each.pairs - each.not_found:,}", f"{each.pairs:,}") for each in self.scores]
        return table(
            ("pairs", "rho", "found", "of"), [*rows, ("mean_rho", f"{self.mean_rho:.4f}", "", "")], caption=self.source, right=(1, 2, 3)
        )


def evaluate(vectors: Vectors, pair_files: Iterable[Traversable] = (), *, source: str = "vectors", ngrams: bool = True) -> Evaluation:
    """Scores vectors on WordSim-353, or on other word pairs.

    Args:
        vectors: what to score.
        pair_files: files of lines with two words and a score, separated by tabs, commas or spaces; what else a line holds is left out,
            as are blank lines, lines that begin with ``#``, and lines without a score (gensim's rules). None means WordSim-353, whole,
            relatedness and similarity.
        source: what to call the vectors.
        ngrams: give words outside the vocabulary the vectors of their n-grams, where the model has them; the container leaves them out.

    Raises:
        UserError: a file cannot be read, or no line of it holds a pair.
    """
    sets: list[Traversable] = list(pair_files) or wordsim()
    rows = {word.lower(): row for row, word in enumerate(vectors.words)}
    if not ngrams:
        vectors = replace(vectors, subwords=None)
    scores = tuple(_score(pairs, vectors, rows) for pairs in sets)
    return Evaluation(scores, sum(score.rho for score in scores) / len(scores), source)


def wordsim() -> list[Traversable]:
    """The files of WordSim-353: whole, relatedness and similarity."""
    folder = files("blazingtext") / "data" / "wordsim353"
    return [folder / name for name in WORDSIM]


def judged(pairs: Traversable, vectors: Vectors) -> dict[tuple[str, str], tuple[float, float]]:
    """The pairs of a file that have vectors, each with the score that people gave it and its cosine.

    Raises:
        UserError: the file cannot be read, or no line of it holds a pair.
    """
    rows = {word.lower(): row for row, word in enumerate(vectors.words)}
    found = {}
    for first, second, score in _pairs(pairs)[0]:
        places = _place(rows, vectors, first), _place(rows, vectors, second)
        if places[0] is not None and places[1] is not None:
            found[first, second] = score, _similarity(_vector(vectors, places[0]), _vector(vectors, places[1]))
    return found


def _score(pairs: Traversable, vectors: Vectors, rows: Mapping[str, int]) -> Score:
    lines, skipped = _pairs(pairs)
    wanted: dict[tuple[int | str, int | str], float] = {}
    found = of_ngrams = 0
    for first, second, score in lines:
        places = _place(rows, vectors, first), _place(rows, vectors, second)
        if places[0] is not None and places[1] is not None:
            found += 1
            of_ngrams += isinstance(places[0], str) or isinstance(places[1], str)
            wanted[places[0], places[1]] = score
    model = np.array([_similarity(_vector(vectors, first), _vector(vectors, second)) for first, second in wanted])
    rho = spearman(np.array(list(wanted.values())), model)
    return Score(pairs.name, rho, len(lines), len(lines) - found, skipped, of_ngrams)


def _place(rows: Mapping[str, int], vectors: Vectors, word: str) -> int | str | None:
    """The row of a word in lower case, however it is composed; the word itself if only its n-grams have a vector."""
    if word in rows:
        return rows[word]
    if not word.isascii() and word in vectors:
        return vectors.row(word)
    return word if vectors.has_vector(word) else None


def _vector(vectors: Vectors, place: int | str) -> NDArray[np.float64]:
    return (vectors[place] if isinstance(place, str) else vectors.matrix[place]).astype(np.float64)


def _pairs(pairs: Traversable) -> tuple[list[tuple[str, str, float]], tuple[tuple[int, str], ...]]:
    """The pairs of a file, and the lines without one."""
    try:
        with pairs.open("rb") as stream:
            content = stream.read(_LARGEST_PAIR_FILE + 1)
        if len(content) > _LARGEST_PAIR_FILE:
            raise UserError(f"{pairs} is no file of word pairs: it holds more than {_LARGEST_PAIR_FILE >> 20} MB. Name another file.")
        lines = content.decode("utf-8-sig").lower().splitlines()
    except (OSError, ValueError) as error:
        raise UserError(f"{pairs} cannot be read. {error}. It must be UTF-8 text with two words and a score on each line.") from error
    found, skipped = [], []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            pair = _pair(line)
            if pair is None:
                skipped.append((number, line[:80]))
            else:
                found.append(pair)
    if not found:
        seen = f' Line {skipped[0][0]} is "{skipped[0][1]}".' if skipped else ""
        raise UserError(f"{pairs} holds no word pair.{seen} Each line must hold two words and a score, separated by tabs.")
    return found, tuple(skipped)


def _pair(line: str) -> tuple[str, str, float] | None:
    """The first two cells and the first number behind them: SimLex-999 has the part of speech in between, others more columns behind."""
    separator = next((each for each in ("\t", ",", ";") if line.count(each) >= 2), None)
    cells = [cell.strip().strip('"') for cell in line.split(separator)]
    score = next((float(cell) for cell in cells[2:] if _NUMBER.fullmatch(cell)), None)
    return None if score is None or not cells[0] or not cells[1] else (cells[0], cells[1], score)


def _similarity(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The cosine as eval-word-vectors computes it: in double precision, with a millionth added to every component."""
    a, b = _normalised(first), _normalised(second)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def _normalised(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.sqrt(vector @ vector + _EPSILON) + _EPSILON


def spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Spearman's rank correlation with average ranks for ties; 0 when there is nothing to correlate."""
    a, b = (ranks(values) - (len(values) + 1) / 2 for values in (first, second))
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread else 0.0


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the average of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    average: NDArray[np.float64] = ((last - counts + 1 + last) / 2)[inverse]
    return average


def read_eval_json(path: Path, *, source: str, stage: str) -> Evaluation:
    """The container's own scores.

    Raises:
        CloudError: the file has another format.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        scores = [
            Score(name, each["spearmans_rho"], each["total_pairs"], each["not_found"]) for name, each in found.items() if name != "mean_rho"
        ]
        return Evaluation(tuple(scores), found["mean_rho"], source)
    except (ValueError, KeyError, TypeError) as error:
        raise CloudError(
            f"{path} is not BlazingText's eval.json. {error!r}. "
            f"Compute the scores from the vectors with: {blazingtext_command('evaluate --compute', stage)}"
        ) from error
