"""WordSim-353: how well cosine similarity orders word pairs as people do; the source of `train:mean_rho`.

The rules are those of eval-word-vectors (Faruqui and Dyer, ACL 2014 demo; MIT licence), whose file names and messages
BlazingText's output carries, with their quirks, so that figures can be compared:

1. vectors are read from vectors.txt, every line lower-cased, the last row of a word wins, scaled by 1 / sqrt(sum(v**2) + 1e-6);
2. a pair with an unknown word counts as not found;
3. similarity is the cosine after 1e-6 has been added to every component of both vectors, in place, so that it adds up;
4. a pair listed twice is ranked once, with its last score;
5. rho is the Pearson correlation of the ranks, ties ranked by their mean; 0.0 when nothing can be compared.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import UserError

GOLD_FOLDER = Path(__file__).parent / "data" / "wordsim353"
EXTRA_SETS = "ENGINE_EVALUATION_SETS"
EPSILON = 1e-6

Doubles = NDArray[np.float64]
Pair = tuple[str, str]


@dataclass(frozen=True)
class GoldSet:
    """Word pairs and the similarity people gave them, in the order of the file."""

    name: str
    pairs: tuple[tuple[Pair, float], ...]


@dataclass(frozen=True)
class Evaluation:
    """The figures of eval.json."""

    sets: Mapping[str, Mapping[str, float]]
    mean_rho: float

    def report(self) -> str:
        """The text of eval.json, as BlazingText formats it."""
        return json.dumps({**self.sets, "mean_rho": self.mean_rho}, indent=4, sort_keys=True)


def evaluate(vectors: Path, extra: Sequence[GoldSet] = ()) -> Evaluation:
    """Evaluate a vectors.txt.

    Args:
        vectors: the file; only rows of words in the gold sets are parsed.
        extra: further gold sets; they are reported beside WordSim-353 and do not enter mean_rho.
    """
    own = [read_gold_set(path) for path in sorted(GOLD_FOLDER.glob("*.txt"))]
    known = _read_rows(vectors, {word for gold in (*own, *extra) for pair, _ in gold.pairs for word in pair})
    sets = {gold.name: _score(gold, known) for gold in (*own, *extra)}
    return Evaluation(sets, sum(sets[gold.name]["spearmans_rho"] for gold in own) / len(own))


def read_gold_set(path: Path) -> GoldSet:
    """Read lines of `word word score`, white space between them.

    Raises:
        UserError: the file cannot be read, or a line has another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return GoldSet(path.name, tuple(_gold_line(line) for line in lines if line.strip()))
    except (OSError, ValueError) as error:
        raise UserError(
            f"The evaluation set {path} cannot be used: {error}. Every line has to be two words and a number, separated by tabs. "
            f"Correct the file, or leave it out of {EXTRA_SETS}."
        ) from error


def extra_gold_sets(environ: Mapping[str, str]) -> list[GoldSet]:
    """The sets named by ENGINE_EVALUATION_SETS: files, or folders of .txt files, separated by the system's path separator.

    Raises:
        UserError: a set cannot be read, or has the name of another one.
    """
    paths = [Path(part) for part in environ.get(EXTRA_SETS, "").split(os.pathsep) if part]
    sets = [read_gold_set(file) for path in paths for file in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]
    names = [path.name for path in GOLD_FOLDER.glob("*.txt")] + ["mean_rho"]
    for gold in sets:
        if gold.name in names:
            raise UserError(
                f"The evaluation set {gold.name} is there twice. Results are reported by file name. "
                f"Rename one of the files in {EXTRA_SETS}."
            )
        names.append(gold.name)
    return sets


def spearman(first: Doubles, second: Doubles) -> float:
    """Spearman's rank correlation; 0.0 when either side has fewer than two different values."""
    if len(first) == 0:
        return 0.0
    x, y = (ranks - ranks.mean() for ranks in (_descending_ranks(first), _descending_ranks(second)))
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 0 else 0.0


def _gold_line(line: str) -> tuple[Pair, float]:
    first, second, score = line.strip().lower().split()
    return (first, second), float(score)


def _descending_ranks(values: Doubles) -> Doubles:
    """Ranks from 1 for the largest; equal values share the mean of their ranks."""
    _, group, sizes = np.unique(-values, return_inverse=True, return_counts=True)
    ranks: Doubles = (np.cumsum(sizes) - (sizes - 1) / 2)[group]
    return ranks


def _read_rows(vectors: Path, wanted: set[str]) -> dict[str, Doubles]:
    """The normalised rows of the wanted words. A row is split only when its word is wanted, so a million words take a second."""
    rows: dict[str, bytes] = {}
    with vectors.open("rb") as file:
        for line in file:
            word = line[: line.find(b" ")].decode("utf-8", "replace").lower()
            if word in wanted:
                rows[word] = line
    return {word: _normalised(line.split()[1:]) for word, line in rows.items()}


def _normalised(numbers: Iterable[bytes]) -> Doubles:
    row: Doubles = np.array([float(number) for number in numbers])
    row /= np.sqrt((row**2).sum() + EPSILON)
    return row


def _score(gold: GoldSet, known: Mapping[str, Doubles]) -> dict[str, float]:
    people: dict[Pair, float] = {}
    model: dict[Pair, float] = {}
    not_found = 0
    for pair, score in gold.pairs:
        first, second = known.get(pair[0]), known.get(pair[1])
        if first is None or second is None:
            not_found += 1
        else:
            people[pair], model[pair] = score, _similarity(first, second)
    rho = spearman(np.array(list(people.values())), np.array(list(model.values())))
    return {"not_found": not_found, "spearmans_rho": rho, "total_pairs": len(gold.pairs)}


def _similarity(first: Doubles, second: Doubles) -> float:
    """Rule 3: both vectors are changed, as the reference does."""
    first += EPSILON
    second += EPSILON
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
