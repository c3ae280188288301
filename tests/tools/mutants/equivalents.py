"""The mutants that change nothing anybody could see, with the reason: ``tests/tools/equivalent_mutants.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .mutations import Mutation

LIST = Path(__file__).parents[1] / "equivalent_mutants.toml"


@dataclass(frozen=True)
class Equivalent:
    """One entry: the fault by its file, its kind and the text it changes, which outlive a line number."""

    file: str
    kind: str
    before: str
    after: str
    reason: str

    def covers(self, mutation: Mutation) -> bool:
        """Whether a mutation is this one; white space does not count."""
        own = (self.file, self.kind, self.before.split(), self.after.split())
        return own == (mutation.file, mutation.kind, mutation.before.split(), mutation.after.split())


def equivalents(path: Path = LIST) -> list[Equivalent]:
    """The list.

    Raises:
        TypeError: when an entry has not exactly file, kind, before, after and reason.
    """
    return [Equivalent(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])]
