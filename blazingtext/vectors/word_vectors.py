"""Word vectors on this machine: read from vectors.txt, searched by cosine."""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import CloudError, UserError
from blazingtext_lifecycle.suggestions import did_you_mean

from ..files import atomic_file

Matrix = NDArray[np.float32]
_CHUNK_LINES = 2000
_CACHE = "vectors.npz"
# Joiners and the like: nobody sees them, and not every corpus has them.
_JOINERS = re.compile("[\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]")
_DOWNLOAD_AGAIN = "Delete the folder {}, then run the command again: it downloads the run's artifact anew."


@dataclass(frozen=True)
class Neighbor:
    """A word and how close it is.

    Attributes:
        word: the word.
        similarity: the cosine, -1 to 1.
    """

    word: str
    similarity: float


@dataclass(frozen=True)
class Vectors:
    """Words and their vectors, most frequent first; read-only.

    Attributes:
        words: n words.
        matrix: n x dimension, float32.
    """

    words: tuple[str, ...]
    matrix: Matrix = field(repr=False)

    def __post_init__(self) -> None:
        self.matrix.flags.writeable = False

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return self._find(word) is not None

    def __getitem__(self, word: str) -> Matrix:
        vector: Matrix = self.matrix[self.row(word)]
        return vector

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        return int(self.matrix.shape[1])

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def directions(self) -> Matrix:
        """The vectors scaled to length 1; a zero vector stays zero."""
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        scaled: Matrix = (self.matrix / np.where(norms == 0, 1, norms)).astype(np.float32)
        scaled.flags.writeable = False
        return scaled

    def row(self, word: str) -> int:
        """The row of a word.

        Raises:
            UserError: the model does not know it; the message suggests similar words.
        """
        row = self._find(word)
        if row is not None:
            return row
        folded = _composed(word).lower()
        hint = did_you_mean(folded, self._alike(folded), most=3, cutoff=0.75) or "Try another word, or train with a lower min_count."
        raise UserError(f'The model does not know "{word}". It is too rare in the corpus, or not in it. {hint}')

    def _find(self, word: str) -> int | None:
        """The row of a word, however its characters are composed: a model has them as its corpus had them."""
        if word in self.rows:
            return self.rows[word]
        if word.isascii():
            return None
        spelt = (unicodedata.normalize(form, each) for each in (word, _composed(word)) for form in ("NFC", "NFD", "NFKC"))
        return next((self.rows[each] for each in spelt if each in self.rows), None)

    def _alike(self, folded: str) -> list[str]:
        """Words to compare a lower-case word with that is not known: itself, or those of about its length and first letter."""
        if folded in self.rows:
            return [folded]
        # Only among the most frequent: comparing takes long.
        near = [known for known in self.words[:500_000] if abs(len(known) - len(folded)) <= 2 and known[:1] == folded[:1]]
        return near[:20_000]

    def unknown(self, words: Iterable[str]) -> list[str]:
        """Those of the words that the model does not know."""
        return [word for word in words if word not in self]

    def neighbors(self, word: str, count: int = 10) -> list[Neighbor]:
        """The words with the highest cosine similarity, most similar first.

        Raises:
            UserError: the model does not know the word.
        """
        row = self.row(word)
        return self._closest(self.directions[row], count, {row})

    def analogy(self, first: str, second: str, third: str, count: int = 5) -> list[Neighbor]:
        """What is to `third` as `second` is to `first`: man, king, woman gives queen (Mikolov's 3CosAdd).

        Raises:
            UserError: the model does not know one of the words.
        """
        a, b, c = (self.row(word) for word in (first, second, third))
        return self._closest(self.directions[b] - self.directions[a] + self.directions[c], count, {a, b, c})

    def _closest(self, direction: Matrix, count: int, left_out: set[int]) -> list[Neighbor]:
        scores = self.directions @ (direction / max(float(np.linalg.norm(direction)), 1e-12))
        scores[list(left_out)] = -np.inf
        wanted = min(count, len(self) - len(left_out))
        if wanted <= 0:
            return []
        best = np.argpartition(-scores, wanted - 1)[:wanted]
        return [Neighbor(self.words[row], round(float(scores[row]), 6)) for row in best[np.argsort(-scores[best], kind="stable")]]


def load(path: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a vectors.txt; a binary copy is kept next to it, which loads much faster the next time.

    Args:
        path: the file in word2vec's text format.
        advance: called with the number of bytes parsed.

    Raises:
        CloudError: the file is broken.
    """
    cached = path.with_name(_CACHE)
    vectors = _cached(cached)
    if vectors is None:
        vectors = parse(path, advance)
        _keep(vectors, cached)
    return vectors


def _cached(path: Path) -> Vectors | None:
    """The binary copy; None when there is none, or it is damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            words, matrix = tuple(str(stored["words"]).split("\n")), stored["matrix"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
        return None
    return Vectors(words, matrix) if matrix.ndim == 2 and len(matrix) == len(words) else None


def _keep(vectors: Vectors, path: Path) -> None:
    """Writes the binary copy. A full disk or a read-only folder only means that there is none."""
    with suppress(UserError), atomic_file(path) as stream:
        np.savez(stream, words=np.array("\n".join(vectors.words)), matrix=vectors.matrix)


def parse(path: Path, advance: Callable[[int], None] = lambda _: None) -> Vectors:
    """The vectors of a file in word2vec's text format, with or without spaces at line ends; a ``</s>`` row is left out.

    Raises:
        CloudError: it has another format, or ends early.
    """
    with path.open("rb") as stream:
        try:
            count, dimension = (int(number) for number in stream.readline().split())
            words: list[str] = []
            blocks: list[Matrix] = []
            while lines := stream.readlines(_CHUNK_LINES * dimension * 10):
                advance(sum(map(len, lines)))
                blocks.append(_block(lines, dimension, words))
        except ValueError as error:
            raise CloudError(f"{path} is not in word2vec's text format: {error}. {_DOWNLOAD_AGAIN.format(path.parent)}") from error
    if len(words) != count:
        raise CloudError(
            f"{path} ends early. Its first line announces {count} words, but it holds {len(words)}. {_DOWNLOAD_AGAIN.format(path.parent)}"
        )
    return _without_end_of_sentence(words, np.concatenate(blocks) if blocks else np.zeros((0, dimension), np.float32))


def _block(lines: Sequence[bytes], dimension: int, words: list[str]) -> Matrix:
    """The numbers of some lines, blank ones left out; their words are appended.

    Raises:
        ValueError: a line has more or fewer numbers.
    """
    parts = [line.rstrip().split(b" ", 1) for line in lines if line.strip()]
    for part in parts:
        # Counting spaces is much faster than splitting; where it does not fit, a number may still be padded.
        if len(part) < 2 or (part[1].count(b" ") != dimension - 1 and len(part[1].split()) != dimension):
            numbers = len(part[1].split()) if len(part) > 1 else 0
            raise ValueError(f'the line of "{part[0].decode(errors="replace")}" has {numbers} numbers, not {dimension}')
    words.extend(part[0].decode(errors="replace") for part in parts)
    numbers_of_all = np.array(b" ".join(part[1] for part in parts).split(), dtype=np.float32)
    return numbers_of_all.reshape(len(parts), dimension)


def _composed(word: str) -> str:
    """A word as a corpus has it that was prepared here, except for its case: composed, and without invisible joiners."""
    return unicodedata.normalize("NFKC", _JOINERS.sub("", word))


def _without_end_of_sentence(words: list[str], matrix: Matrix) -> Vectors:
    if "</s>" not in words:
        return Vectors(tuple(words), matrix)
    row = words.index("</s>")
    return Vectors(tuple(words[:row] + words[row + 1 :]), np.delete(matrix, row, axis=0))
