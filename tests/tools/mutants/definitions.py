"""What a change to one function, class or constant of a module can reach, by the names that others take from it."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .imports import imported, path_of

# A file and a name defined at its top; EVERYTHING for what stands there without a name, such as a condition.
Definition = tuple[str, str]
EVERYTHING = ""


class Definitions:
    """The functions, classes and constants at the top of some modules, and which of them name which.

    Args:
        root: the repository.
        files: the modules, relative to it. What lies between them and is not listed is not looked through.
    """

    def __init__(self, root: Path, files: Iterable[str]) -> None:
        self._lines: dict[str, list[tuple[int, int, set[str]]]] = {}
        self._users: dict[Definition, set[Definition]] = {}
        for file in files:
            self._read(root, file)

    @classmethod
    def of_the_engine(cls, root: Path) -> "Definitions":
        """Those of the engine and of its tests, which compile kernels of their own."""
        paths = [path for part in ("engine", "tests/unit/engine") for path in sorted((root / part).rglob("*.py"))]
        return cls(root, [str(path.relative_to(root)) for path in paths])

    def at(self, file: str, line: int) -> set[Definition]:
        """What is defined by the statement that a line belongs to."""
        names = [names for first, last, names in self._lines[file] if first <= line <= last]
        return {(file, name) for each in names for name in each or {EVERYTHING}}

    def lines(self, definition: Definition) -> Iterator[int]:
        """The lines of a definition."""
        file, name = definition
        for first, last, names in self._lines[file]:
            if name in names or name == EVERYTHING:
                yield from range(first, last + 1)

    def dependents(self, changed: Iterable[Definition], stop: Callable[[Definition], bool] = lambda _: False) -> set[Definition]:
        """All that names one of some definitions, or names something that does; they themselves included.

        Args:
            changed: the definitions.
            stop: where what names a definition is not asked for.
        """
        found, waiting = set(changed), list(changed)
        while waiting:
            file, name = waiting.pop()
            if stop((file, name)):
                continue
            users = self._users.get((file, name), set()) | self._users.get((file, EVERYTHING), set())
            if name == EVERYTHING:
                users = users | {(file, other) for _, _, names in self._lines[file] for other in names}
            new = users - found
            found |= new
            waiting += new
        return found

    def _read(self, root: Path, file: str) -> None:
        tree = ast.parse((root / file).read_bytes())
        known = dict(_imported_names(root, file, tree))
        self._lines[file] = []
        for node in tree.body:
            names = _defined(node)
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            self._lines[file].append((first, node.end_lineno or first, names))
            for used in _used(node, file, known):
                self._users.setdefault(used, set()).update((file, name) for name in names or {EVERYTHING})


def _imported_names(root: Path, file: str, tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """What the names a file imports stand for; a whole module stands for everything in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            start, *names = imported(node, file)
            for alias, name in zip(node.names, names, strict=True):
                module, parent = path_of(root, name), path_of(root, start)
                if module or parent:
                    yield alias.asname or alias.name, (module, EVERYTHING) if module else (parent or "", alias.name)


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}


def _used(node: ast.stmt, file: str, known: dict[str, Definition]) -> Iterator[Definition]:
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            module, name = known.get(each.value.id, ("", ""))
            if module and name == EVERYTHING:
                yield module, each.attr
        elif isinstance(each, ast.Name):
            module, name = known.get(each.id, (file, each.id))
            # The name of a module alone says nothing: what is taken from it does.
            if name != EVERYTHING:
                yield module, name
