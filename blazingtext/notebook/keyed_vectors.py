"""Word vectors of gensim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blazingtext_lifecycle.extras import require


def keyed_vectors(words: Sequence[str], matrix: NDArray[np.float32], counts: Mapping[str, int]) -> Any:
    """Gensim's KeyedVectors (https://radimrehurek.com/gensim/models/keyedvectors.html).

    Args:
        words: n words, most frequent first.
        matrix: n x dimension, float32; it is copied.
        counts: how often a word is in the corpus; none: that is not known.

    Raises:
        MissingExtraError: gensim is not installed.
    """
    require("notebook", "gensim")
    from gensim.models import KeyedVectors  # noqa: PLC0415 - takes seconds to load

    found = KeyedVectors(matrix.shape[1])
    found.add_vectors(list(words), matrix)
    if counts:
        # Not by add_vectors, whose argument `extras` fails in gensim 4.4, nor word by word, which takes seconds.
        found.allocate_vecattrs(["count"], [int])
        found.expandos["count"][:] = [counts.get(word, 0) for word in words]
    return found
