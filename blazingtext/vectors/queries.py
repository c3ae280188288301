"""Queries of word vectors, with words as the corpus has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..corpus.recipe import Recipe
    from .word_vectors import Vectors


@dataclass(frozen=True)
class Lookup:
    """Words, and what they are looked up as.

    Attributes:
        words: what to look up, in the order asked.
        changed: of those that are looked up otherwise than they were typed: what they are looked up as.
    """

    words: tuple[str, ...]
    changed: dict[str, str]


def as_prepared(words: Sequence[str], vectors: Vectors, recipe: Callable[[], Recipe | None]) -> Lookup:
    """Words as the corpus has them: those that the model does not know are prepared as it was.

    Args:
        words: as they were typed; signs of a sum among them stay.
        vectors: the model's.
        recipe: finds the model's recipe, None when it has none; called at most once, and only when it is needed.
    """
    found: dict[str, str] = {}
    unknown = [word for word in dict.fromkeys(words) if word not in {"+", "-"} and word not in vectors]
    of_model = recipe() if unknown else None
    if of_model is not None:
        prepared = {word: of_model.words(word) for word in unknown}
        found = {word: each for word, each in prepared.items() if each and each != word and " " not in each}
    return Lookup(tuple(found.get(word, word) for word in words), found)
