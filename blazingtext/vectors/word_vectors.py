"""Word vectors on this machine, searched by cosine."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.suggestions import did_you_mean

from .subwords import Subwords, WordFile

Matrix = NDArray[np.float32]
# Joiners and the like: nobody sees them, and not every corpus has them.
_JOINERS = re.compile("[\u00ad\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]")


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
        subwords: the character n-grams of which words outside the vocabulary are made; None when the model has none.
        file: the vectors.bin, which knows how often a word is in the corpus; None when there is none.
    """

    words: tuple[str, ...]
    matrix: Matrix = field(repr=False)
    subwords: Subwords | None = field(default=None, repr=False)
    file: WordFile | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.matrix.flags.writeable = False

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return self._find(word) is not None

    def __getitem__(self, word: str) -> Matrix:
        """The vector of a word, (dimension,) float32; outside the vocabulary the mean of its n-grams, as fastText has it.

        Raises:
            UserError: the model does not know the word, and has no n-grams of it.
        """
        row = self._find(word)
        vector = self.matrix[row] if row is not None else self._of_ngrams(word)
        if vector is None:
            raise UserError(self.why_unknown(word))
        vector.flags.writeable = False
        return vector

    def _of_ngrams(self, word: str) -> Matrix | None:
        return None if self.subwords is None else self.subwords.vector(_composed(word))

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
        if row is None:
            raise UserError(self.why_unknown(word))
        return row

    def why_unknown(self, word: str) -> str:
        """Why a word is not in the vocabulary, with words that are spelt like it."""
        folded = _composed(word).lower()
        hint = did_you_mean(folded, self._alike(folded), most=3, cutoff=0.75) or "Try another word, or train with a lower min_count."
        return f'The model does not know "{word}". It is too rare in the corpus, or not in it. {hint}'

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

    def has_vector(self, word: str) -> bool:
        """Whether a word is in the vocabulary, or has n-grams."""
        return word in self or self._of_ngrams(word) is not None

    def neighbors(self, query: str, count: int = 10, *, top: int | None = None) -> list[Neighbor]:
        """The words with the highest cosine similarity, most similar first; those of the query are left out.

        Args:
            query: a word, or a sum such as ``king - man + woman`` of the words' unit vectors.
            count: how many.
            top: look only among so many most frequent words.

        Raises:
            UserError: the model has no vector of a word, or the query is no sum.
        """
        terms = query_terms(query)
        direction = np.sum([sign * self.unit(word) for sign, word in terms], axis=0)
        return self._closest(direction, count, {row for _, word in terms if (row := self._find(word)) is not None}, top)

    def analogy(self, first: str, second: str, third: str, count: int = 5, *, top: int | None = None) -> list[Neighbor]:
        """What is to `third` as `second` is to `first`: man, king, woman gives queen (Mikolov's 3CosAdd).

        Raises:
            UserError: the model has no vector of one of the words.
        """
        return self.neighbors(f"{second} - {first} + {third}", count, top=top)

    def most_frequent(self, min_count: int) -> int:
        """How many words are at least `min_count` times in the corpus.

        Raises:
            UserError: there is no vectors.bin, which says how often a word is.
        """
        if self.file is None:
            raise UserError(
                "How often its words are is not known of this model: it has no vectors.bin. "
                "Name a number of most frequent words instead (--top)."
            )
        counts = self.file.counts
        return sum(counts.get(word, 0) >= min_count for word in self.words)

    def unit(self, word: str) -> Matrix:
        """The vector of a word scaled to length 1, (dimension,) float32; zeros stay zeros.

        Raises:
            UserError: the model does not know the word, and has no n-grams of it.
        """
        row = self._find(word)
        if row is not None:
            unit: Matrix = self.directions[row]
            return unit
        vector = self[word]
        return vector / max(np.float32(np.linalg.norm(vector)), np.float32(1e-12))

    def _closest(self, direction: Matrix, count: int, left_out: set[int], top: int | None) -> list[Neighbor]:
        candidates = self.directions[:top]
        scores = candidates @ (direction / max(float(np.linalg.norm(direction)), 1e-12))
        excluded = [row for row in left_out if row < len(scores)]
        scores[excluded] = -np.inf
        wanted = min(count, len(scores) - len(excluded))
        if wanted <= 0:
            return []
        best = np.argpartition(-scores, wanted - 1)[:wanted]
        return [Neighbor(self.words[row], round(float(scores[row]), 6)) for row in best[np.argsort(-scores[best], kind="stable")]]


def query_terms(query: str) -> list[tuple[int, str]]:
    """The words of a query, with 1 or -1 for each: one word, or words with ``+`` or ``-`` between them, spaces around the signs.

    Raises:
        UserError: it is neither.
    """
    parts = query.split()
    signs = ["+", *parts[1::2]]
    if not len(parts) % 2 or not set(signs) <= {"+", "-"}:
        raise UserError(f'"{query}" is neither a word nor a sum of words. Write + or - between its words, such as "king - man + woman".')
    return [(1 if sign == "+" else -1, word) for sign, word in zip(signs, parts[::2], strict=True)]


def _composed(word: str) -> str:
    """A word as a corpus has it that was prepared here, except for its case: composed, and without invisible joiners."""
    return unicodedata.normalize("NFKC", _JOINERS.sub("", word))
