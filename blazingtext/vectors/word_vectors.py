"""Word vectors on this machine, searched by cosine."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.errors import UserError
from blazingtext_lifecycle.suggestions import did_you_mean
from blazingtext_lifecycle.values import shown

from ..html_tables import facts, table
from ..predictions import Prediction, WordVector, WordVectors, check_instances
from .search import Search
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


class Neighbors(list[Neighbor]):
    """Words and how close they are, the closest first: a list that shows itself as a table in notebooks."""

    def _repr_html_(self) -> str:
        return table(("word", "similarity"), [(each.word, f"{each.similarity:.3f}") for each in self], right=(1,))


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
    # Whether it is asked for whole texts, as a classifier is, or word by word.
    answers_texts: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.matrix.flags.writeable = False

    def __repr__(self) -> str:
        ngrams = "" if self.subwords is None else ", with n-grams"
        more = ", ..." if len(self) > 5 else ""
        return f"Vectors({len(self):,} words, {self.dimension} numbers each{ngrams}: {', '.join(self.words[:5])}{more})"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        most = ", ".join(self.words[:10])
        return facts("Vectors", [("words", f"{len(self):,}"), ("numbers each", str(self.dimension)), ("most frequent", most)])

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
        """The vectors scaled to length 1; a zero vector, and one that is not finite, is zero."""
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        is_finite = np.isfinite(norms)
        scaled: Matrix = (self.matrix / np.where(is_finite & (norms > 0), norms, 1)).astype(np.float32, copy=False)
        scaled[~is_finite[:, 0]] = 0
        scaled.flags.writeable = False
        return scaled

    @cached_property
    def _search(self) -> Search:
        return Search(self.directions)

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

    def neighbors(self, query: str, count: int = 10, *, top: int | None = None) -> Neighbors:
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

    def analogy(self, first: str, second: str, third: str, count: int = 5, *, top: int | None = None) -> Neighbors:
        """What is to `third` as `second` is to `first`: man, king, woman gives queen (Mikolov's 3CosAdd).

        Raises:
            UserError: the model has no vector of one of the words.
        """
        return self.neighbors(f"{second} - {first} + {third}", count, top=top)

    def predict(self, instances: str | Sequence[str], *, k: int | None = None) -> Sequence[Prediction]:
        """The vectors of words, as an endpoint gives them: zeros for a word that the model does not know.

        Args:
            instances: a word or several.
            k: how many labels; of classifiers only.

        Raises:
            UserError: there is no word, one is not valid text, or `k` is given.
        """
        words = listed(instances)
        if k is not None:
            raise UserError("k says how many labels a text gets, and this model holds word vectors, which have none. Leave k out.")
        return WordVectors(self._word_vector(word) for word in words)

    def _word_vector(self, word: str) -> WordVector:
        row = self._find(word)
        found = self.matrix[row] if row is not None else self._of_ngrams(word)
        numbers = (0.0,) * self.dimension if found is None else tuple(found.tolist())
        norm = math.hypot(*numbers)
        return WordVector(word, numbers, known=norm > 0, norm=norm)

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

    def to_gensim(self) -> Any:
        """Gensim's KeyedVectors of the same words, with their counts where a vectors.bin has them; n-grams stay behind.

        Raises:
            MissingExtraError: gensim is not installed.
        """
        from ..notebook.keyed_vectors import keyed_vectors  # noqa: PLC0415 - loaded by those who ask for it

        return keyed_vectors(self.words, self.matrix, {} if self.file is None else self.file.counts)

    def _closest(self, direction: Matrix, count: int, left_out: set[int], top: int | None) -> Neighbors:
        among = len(self) if top is None else min(top, len(self))
        unit = direction / np.float32(max(float(np.linalg.norm(direction)), 1e-12))
        rows, cosines = self._search.highest(unit, count + len(left_out), among)
        near = [(row, cosine) for row, cosine in zip(rows.tolist(), cosines.tolist(), strict=True) if row not in left_out]
        return Neighbors(Neighbor(self.words[row], round(cosine, 6)) for row, cosine in near[:count])


def listed(instances: str | Sequence[str]) -> list[str]:
    """One word or text, or several, as a list.

    Raises:
        UserError: there is none, or one is not valid text.
    """
    found = [instances] if isinstance(instances, str) else list(instances)
    check_instances(found)
    return found


def query_terms(query: str) -> list[tuple[int, str]]:
    """The words of a query, with 1 or -1 for each: one word, or words with ``+`` or ``-`` between them, spaces around the signs.

    Raises:
        UserError: it is neither.
    """
    if not isinstance(query, str):
        raise UserError(f'{shown(query)} is no text. Ask for the neighbors of one word, or of a sum such as "king - man + woman".')
    parts = query.split()
    signs = ["+", *parts[1::2]]
    if not len(parts) % 2 or not set(signs) <= {"+", "-"}:
        raise UserError(f'"{query}" is neither a word nor a sum of words. Write + or - between its words, such as "king - man + woman".')
    return [(1 if sign == "+" else -1, word) for sign, word in zip(signs, parts[::2], strict=True)]


def _composed(word: str) -> str:
    """A word as a corpus has it that was prepared here, except for its case: composed, and without invisible joiners."""
    return unicodedata.normalize("NFKC", _JOINERS.sub("", word))
