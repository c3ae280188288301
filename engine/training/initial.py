"""Vectors that training starts from, in place of random ones, as with fastText's -pretrainedVectors (v0.9.2: src/fasttext.cc).

Input vectors start from them; output vectors, and a classifier's rows of word n-grams, begin as they always do.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Integers
from ..corpus.vocabulary import Vocabulary
from ..corpus.words import Subwords
from ..errors import UserError
from .subwords import subword_rows


@dataclass(frozen=True)
class InitialVectors:
    """Words with their vectors.

    Attributes:
        name: what a message calls them.
        words: each once.
        rows: (number of words, dim) the vectors; with `subwords` the words' own rows, which with those of n-grams make the vectors.
        subwords: the character n-grams that words are made of besides; None where each vector is its row.
        bucket_rows: (buckets, dim) the rows of n-grams; zeros for those that were never trained.
    """

    name: str
    words: list[bytes]
    rows: Floats
    subwords: Subwords | None
    bucket_rows: Floats

    def raise_if_of_another_dimension(self, dim: int) -> None:
        """Raise when vectors of `dim` numbers cannot start from these.

        Raises:
            UserError: with the remedy.
        """
        if self.rows.shape[1] != dim:
            raise UserError(
                f"The vectors of {self.name} have {self.rows.shape[1]} numbers, and vector_dim is {dim}. Training goes on in the dimension "
                f"that it starts from. Set vector_dim to {self.rows.shape[1]}, or start from other vectors."
            )

    def shared(self, vocabulary: Vocabulary) -> int:
        """How many words of a text have a vector here.

        Raises:
            UserError: none has.
        """
        there = [vocabulary.ids[word] for word in self.words if word in vocabulary.ids]
        count = int(np.count_nonzero(vocabulary.counts[there]))
        if not count:
            raise UserError(
                f"None of the text's words is in {self.name}, so there is nothing to start from: it is of another language or spelling. "
                "Start from other vectors, or prepare the text as theirs was, for example in lower case."
            )
        return count

    def fill(self, rows: Floats, vocabulary: Vocabulary, subwords: Subwords | None = None, bucket_ids: Integers | None = None) -> None:
        """Write them over the random rows of a model; what is not known here stays random.

        Args:
            rows: (at least the number of words, dim) the model's input matrix: a row for each word, then one for each of `bucket_ids`.
            vocabulary: the model's.
            subwords: the model's n-grams.
            bucket_ids: the buckets that follow the words.
        """
        goes_on = self.subwords is not None and self.subwords == subwords and bucket_ids is not None
        given = [place for place, word in enumerate(self.words) if word in vocabulary.ids]
        rows[[vocabulary.ids[self.words[place]] for place in given]] = (self.rows if goes_on else self._word_vectors())[given]
        if goes_on and bucket_ids is not None:
            trained = np.flatnonzero(self.bucket_rows[bucket_ids].any(axis=1))
            rows[len(vocabulary.words) + trained] = self.bucket_rows[bucket_ids[trained]]

    def _word_vectors(self) -> Floats:
        """The vector of each word: its row, or the mean of its row and those of its n-grams."""
        if self.subwords is None:
            return self.rows
        # How often words are used decides the order of the rows alone.
        found = subword_rows(self.words, np.ones(len(self.words)), self.subwords)
        return found.word_vectors(np.concatenate([self.rows, self.bucket_rows[found.bucket_ids]]))
