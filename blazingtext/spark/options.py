"""How a corpus is prepared, as words of a command line: written where it is asked for, read where it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..corpus import sources
from ..corpus.corpus_lines import Shape
from ..corpus.normaliser import Normaliser, Numbers, Punctuation

_READING = ("encoding", "column", "label_column", "header", "plain")


@dataclass(frozen=True)
class Preparing:
    """How text becomes lines.

    Attributes:
        normaliser: what happens to characters.
        shape: what happens to lines.
        reading: encoding, and columns of tables.
    """

    normaliser: Normaliser = field(default_factory=Normaliser)
    shape: Shape = field(default_factory=Shape)
    reading: sources.Reading = field(default_factory=sources.Reading)

    def words(self) -> dict[str, str]:
        """What differs from the defaults, by name; the values are JSON."""
        given, usual = _values(self), _values(Preparing())
        return {name.replace("_", "-"): json.dumps(value) for name, value in given.items() if value != usual[name]}

    @classmethod
    def read(cls, words: Mapping[str, str]) -> Preparing:
        """The same from its words.

        Raises:
            ValueError: one is unknown, or none of its values, or cannot be done by several tasks.
        """
        values = _values(cls())
        for name, text in words.items():
            if name.replace("-", "_") not in values:
                raise ValueError(f"there is no option {name}")
            values[name.replace("-", "_")] = json.loads(text)
        if values["wrapped"]:
            raise ValueError("wrapped joins lines that tasks divide")
        if values["deduplicate"] is not None:
            raise ValueError("deduplicate compares lines that tasks divide")
        settings = {each: values[each] for each in _settings()}
        normaliser = Normaliser(**settings | {"numbers": Numbers(values["numbers"]), "punctuation": Punctuation(values["punctuation"])})
        return cls(
            normaliser,
            Shape(**{each.name: values[each.name] for each in fields(Shape)}),
            sources.Reading(**{each: values[each] for each in _READING}),
        )


def _values(preparing: Preparing) -> dict[str, Any]:
    found = {each: getattr(preparing.normaliser, each) for each in _settings()}
    found |= {each.name: getattr(preparing.shape, each.name) for each in fields(Shape)}
    return found | {each: getattr(preparing.reading, each) for each in _READING}


def _settings() -> list[str]:
    return [each.name for each in fields(Normaliser) if each.init]
