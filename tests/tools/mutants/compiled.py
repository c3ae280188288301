"""Machine code of kernels: what a fault leaves as it is need not be compiled again."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .definitions import Definitions
from .mutations import Mutation
from .reach import KERNELS
from .tree import Copy

# Which compilation, and the key of the engine's cache folder, hang on this one.
_COMPILER = f"{KERNELS}jit.py"


class CompiledCode:
    """The engine's cache folders: one of the tree as it is, and for every fault another.

    Args:
        copy: the copy in which faults are made.
        folder: where compiled code is kept between faults.
    """

    def __init__(self, copy: Copy, folder: Path) -> None:
        self._copy, self._folder = copy, folder
        self._definitions = Definitions.of_the_engine(copy.folder)
        self._key = self._current_key()

    def _current_key(self) -> str:
        from blazingtext_engine.kernels.jit import CPU, cache_key

        return cache_key(self._copy.folder / "engine", CPU)

    @contextmanager
    def lent(self, mutation: Mutation, own: Path) -> Iterator[None]:
        """While a fault stands in the copy, `own` (an empty folder) holds the code that does not hang on it; new such code is kept."""
        if mutation.file == _COMPILER:
            yield
            return
        kept, lent = self._folder / self._key, own / self._current_key()
        lent.mkdir(mode=0o700)
        stale = self._stale(mutation)
        _link(kept, lent, stale)
        yield
        _link(lent, kept, stale)

    def _stale(self, mutation: Mutation) -> set[tuple[str, str]]:
        """The functions whose code hangs on a fault, as (module, name); and all of its module, whose date and text are others now."""
        dependents = self._definitions.dependents(self._definitions.at(mutation.file, mutation.line))
        return {(Path(file).stem, name) for file, name in dependents} | {(Path(mutation.file).stem, "")}


def _link(source: Path, target: Path, stale: set[tuple[str, str]]) -> None:
    """Make the files of compiled code in one folder appear in another; Numba replaces files and never writes into one."""
    for path in source.glob("*/*.nb[ic]"):
        # Numba's names: module.function-line.python.index or .number.data
        name = re.match(r"(\w+)\.(\w+)", path.name)
        if name is None or {(name[1], name[2]), (name[1], "")} & stale:
            continue
        place = target / path.parent.name / path.name
        if not place.exists() or not place.samefile(path):
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = place.with_suffix(f".{os.getpid()}")
            fresh.hardlink_to(path)
            fresh.replace(place)
