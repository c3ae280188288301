"""Which tests reach a line."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .definitions import Definition, Definitions
from .imports import folders, imported, path_of

# Compiled: the interpreter sees no line of them.
KERNELS = "engine/kernels/"
# Compiled where Numba is. Of these it is not known which function calls which.
_COMPILED = "blazingtext/compiled/"


@dataclass(frozen=True)
class Reach:
    """What `recorder` wrote about a set of tests.

    Attributes:
        root: the repository.
        record: the recorder's result; see there.
    """

    root: Path
    record: Mapping[str, Any]
    _imports: dict[str, set[str]] = field(default_factory=dict)

    def tests(self, file: str, line: int) -> list[str]:
        """The tests that can notice a fault in a line, quickest first (see `_in_order`); empty when there is none.

        A line inside a function is reached by the tests that ran it, and by those that share a fixture with one that did. A line
        outside every function, in one that is called while modules are imported, or in `blazingtext/compiled`, is reached by whoever
        ran a function of the module or of one that imports it, and by the tests whose file imports it; any line of a kernel by whoever
        ran a function that hangs on it, and by the tests whose file does. What is no module of Python is reached by every test there
        is.
        """
        tests = self.record["tests"]
        if not file.endswith(".py"):
            return sorted(tests.keys() - set(self.record["failed"]), key=lambda test: (tests[test]["seconds"], test))
        ran: set[str] = set()
        if file.startswith(KERNELS):
            found = self._of_kernel(file, line)
        elif self._is_inside_a_function(file, line) and not self._runs_on_import(file, line) and not file.startswith(_COMPILED):
            statement = self._statement(file, line)
            ran = {name for name, lines in self._lines.items() if not statement.isdisjoint(lines.get(file, ()))}
            found = self._with_shared(ran)
        else:
            importers = self._importers(file)
            ran = {name for name, lines in self._lines.items() if any(self._ran_a_function(lines, each) for each in importers)}
            found = self._with_shared(ran) | {test for test in tests if self.imports(test.partition("::")[0]) & importers}
        return self._in_order(found - set(self.record["failed"]), ran or found)

    def _in_order(self, found: set[str], ran: set[str]) -> list[str]:
        """Tests, quickest first, but those of one parameter of a shared fixture together, since the first of them waits for what it makes.

        Args:
            found: the tests.
            ran: those that ran the line themselves: what they were given comes first, for there the fault shows.
        """
        tests, alike = self.record["tests"], self._parameters
        waits: dict[str, float] = defaultdict(float)
        for test in found & alike.keys():
            waits[alike[test]] = max(waits[alike[test]], tests[test]["seconds"])
        near = {alike[test] for test in ran & alike.keys()}

        def place(test: str) -> tuple[bool, float, str, float, str]:
            given, seconds = alike.get(test, ""), tests[test]["seconds"]
            return bool(given) and given not in near, waits[given] if given else seconds, given, seconds, test

        return sorted(found, key=place)

    @cached_property
    def _parameters(self) -> dict[str, str]:
        """What a test's shared fixture was given, by test: a parameter that tests of several files have by the same name."""
        given = {test: test.partition("[")[2] for test, each in self.record["tests"].items() if each["shared"] and "[" in test}
        files: dict[str, set[str]] = defaultdict(set)
        for test, parameter in given.items():
            files[parameter].add(test.partition("::")[0])
        return {test: parameter for test, parameter in given.items() if len(files[parameter]) > 1}

    def _of_kernel(self, file: str, line: int) -> set[str]:
        """Compiled code is left by the first function above it that is not compiled; a constant hands a fault on to whoever names it."""
        known = self._definitions
        dependents = known.dependents(known.at(file, line), lambda each: not each[0].startswith(KERNELS) and self._is_code(each))
        ranges: dict[str, set[int]] = defaultdict(set)
        for each in dependents:
            ranges[each[0]].update(line for line in known.lines(each) if self._is_inside_a_function(each[0], line))
        ran = {name for name, files in self._lines.items() if any(lines & ranges.get(file, set()) for file, lines in files.items())}
        return self._with_shared(ran) | {test for test in self.record["tests"] if test.partition("::")[0] in ranges}

    def _is_code(self, definition: Definition) -> bool:
        return any(self._is_inside_a_function(definition[0], line) for line in self._definitions.lines(definition))

    @cached_property
    def _definitions(self) -> Definitions:
        return Definitions.of_the_engine(self.root)

    @cached_property
    def _lines(self) -> dict[str, dict[str, set[int]]]:
        """The lines by file of every test and every shared fixture."""
        named = {test: each["lines"] for test, each in self.record["tests"].items()} | self.record["fixtures"]
        return {name: {file: set(lines) for file, lines in files.items()} for name, files in named.items()}

    def _with_shared(self, names: set[str]) -> set[str]:
        """Tests among some names, and the tests that share a fixture with one of them."""
        tests = self.record["tests"]
        shared = names - tests.keys()
        for name in names & tests.keys():
            shared.update(tests[name]["shared"])
        # What a fixture ran may be kept by one that it needs, for everybody else who needs that one.
        waiting = list(shared)
        while waiting:
            new = set(self.record["needs"].get(waiting.pop(), ())) - shared
            shared |= new
            waiting += new
        return {test for test, each in tests.items() if test in names or shared.intersection(each["shared"])}

    def _ran_a_function(self, lines: Mapping[str, set[int]], file: str) -> bool:
        return any(self._is_inside_a_function(file, line) for line in lines.get(file, ()))

    def _statement(self, file: str, line: int) -> set[int]:
        """The lines of the statement that a line belongs to, of a compound one its head: a constant over several lines runs as one."""
        nodes = [node for node in ast.walk(ast.parse((self.root / file).read_bytes())) if isinstance(node, ast.stmt)]
        spans = [(node.lineno, node.body[0].lineno - 1 if hasattr(node, "body") else node.end_lineno or node.lineno) for node in nodes]
        return {line}.union(*(range(first, last + 1) for first, last in spans if first <= line <= last))

    def _is_inside_a_function(self, file: str, line: int) -> bool:
        return any(first < line <= last for first, last in self._functions[file])

    def _runs_on_import(self, file: str, line: int) -> bool:
        """Whether a line is in a function whose name is called while some module is imported, by whoever is called then, too."""
        functions = [node for node in ast.parse((self.root / file).read_bytes()).body if isinstance(node, ast.FunctionDef)]
        places = [(node.body[0].lineno - 1, node.end_lineno or node.lineno) for node in functions if node.name in self._called_on_import]
        return any(first < line <= last for first, last in places)

    @cached_property
    def _called_on_import(self) -> set[str]:
        trees = [ast.parse((self.root / file).read_bytes()) for file in self._sources]
        calls: dict[str, set[str]] = defaultdict(set)
        for node in (each for tree in trees for each in tree.body if isinstance(each, ast.FunctionDef)):
            calls[node.name].update(_named(each.func for each in ast.walk(node) if isinstance(each, ast.Call)))
        found = {name for tree in trees for name in _called_on_import(tree)}
        waiting = [*found]
        while waiting:
            new = calls[waiting.pop()] - found
            found |= new
            waiting += new
        return found

    @cached_property
    def _functions(self) -> "_Functions":
        return _Functions(self.root)

    def _importers(self, file: str) -> set[str]:
        """The modules that import one, itself included."""
        return {file} | {each for each in self._sources if file in self.imports(each)}

    @cached_property
    def _sources(self) -> list[str]:
        return [str(path.relative_to(self.root)) for folder in folders() for path in sorted((self.root / folder).rglob("*.py"))]

    def imports(self, file: str) -> set[str]:
        """The modules of the project that a file names in its imports."""
        if file not in self._imports:
            tree = ast.parse((self.root / file).read_bytes())
            names = [name for node in ast.walk(tree) for name in imported(node, file)]
            paths = [path_of(self.root, name) for name in names]
            self._imports[file] = {path for path in paths if path}
        return self._imports[file]


class _Functions(defaultdict[str, list[tuple[int, int]]]):
    """The first and the last line of every function of a file; decorators and defaults, which run on import, come before the first."""

    def __init__(self, root: Path) -> None:
        super().__init__(list)
        self._root = root

    def __missing__(self, file: str) -> list[tuple[int, int]]:
        tree = ast.parse((self._root / file).read_bytes())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        self[file] = [(node.body[0].lineno - 1, node.end_lineno or node.lineno) for node in functions]
        return self[file]


def _called_on_import(tree: ast.Module) -> Iterator[str]:
    """The names of the functions, of whatever module, that the tables and decorators of a module call."""
    decorators = [each for node in tree.body for each in getattr(node, "decorator_list", [])]
    tables = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)]
    calls = [node.func for each in (*tables, *decorators) for node in ast.walk(each) if isinstance(node, ast.Call)]
    yield from _named((*decorators, *calls))


def _named(expressions: Iterable[ast.expr]) -> Iterator[str]:
    """The names of what is called."""
    for each in expressions:
        if isinstance(each, ast.Name | ast.Attribute):
            yield each.id if isinstance(each, ast.Name) else each.attr
