"""Vectors as JSON. Those of the most frequent words are encoded once: to write a hundred numbers takes most of the time of an answer."""

from collections.abc import Sequence

import orjson

from .arrays import Doubles
from .inference import WordVectorModel

KEPT_BYTES = 16 * 1024 * 1024  # in every worker
_NUMBER_BYTES = 21  # of a float32 widened to double, sign and comma included


class VectorTexts:
    """The vectors of a model, ready for `orjson.dumps` with OPT_SERIALIZE_NUMPY.

    Args:
        model: whose words come in the order of their frequency.
        kept_bytes: how much memory encoded vectors may take, about.
    """

    def __init__(self, model: WordVectorModel, kept_bytes: int = KEPT_BYTES) -> None:
        self._model = model
        frequent = model.words[: kept_bytes // (_NUMBER_BYTES * model.dim)]
        self._kept: dict[str, orjson.Fragment | None] = dict.fromkeys(word.decode("utf-8", "replace") for word in frequent)

    def of(self, words: Sequence[str]) -> list[orjson.Fragment | Doubles]:
        """Each word's vector: as text that is kept, or as its numbers."""
        kept = self._kept
        found: list[orjson.Fragment | Doubles | None] = [kept.get(word) for word in words]
        missing = [place for place, text in enumerate(found) if text is None]
        for place, vector in zip(missing, self._model.vectors([words[place] for place in missing]), strict=True):
            found[place] = self._keep(words[place], vector) if words[place] in kept else vector
        return [each for each in found if each is not None]

    def _keep(self, word: str, vector: Doubles) -> orjson.Fragment:
        text = orjson.Fragment(orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY))
        self._kept[word] = text
        return text
