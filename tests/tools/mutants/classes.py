"""Lines that must not hold a single fault unseen, found in the syntax tree: what may do what, what hears of what, who is called what.

Of these every fault is tried (`--class`), not a sample.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Class:
    """One kind of lines.

    Attributes:
        packages: where they are looked for; see `packages`.
        whole: files all of whose lines count.
        named: what a statement names that counts.
        functions: whether the function that such a statement is in counts with it; of a constructor, which does many things, never more
            than the statement.
        codes: whether what chooses an exit code counts: where a command's function returns a whole number, and on which condition.
    """

    packages: tuple[str, ...]
    whole: tuple[str, ...] = ()
    named: str = r"(?!)"
    functions: bool = False
    codes: bool = False

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.named)

    def lines(self, root: Path, files: Iterable[str]) -> dict[str, set[int]]:
        """The lines of this class in some files, and of the constants of their modules that these lines name."""
        found: dict[str, set[int]] = {}
        trees = {file: ast.parse((root / file).read_bytes()) for file in files}
        for file, tree in trees.items():
            last = len((root / file).read_bytes().splitlines())
            found[file] = {*range(1, last + 1)} if file in self.whole else set(self._lines(file, tree))
        used = {name for file, tree in trees.items() for name in _names(tree, found[file])}
        for file, tree in trees.items():
            for node in tree.body:
                if isinstance(node, ast.Assign | ast.AnnAssign) and found[file] and used.intersection(_assigned(node)):
                    found[file].update(_span(node))
        return {file: lines for file, lines in found.items() if lines}

    def _lines(self, file: str, tree: ast.Module) -> Iterator[int]:
        for statement, owner in _statements(tree, None):
            if self.codes and "/cli/" in file and _returns_a_number(owner):
                yield from _choosing(statement)
            if any(self._pattern.fullmatch(name) for name in _own_names(statement)):
                yield from _span(owner if owner is not None and self.functions and owner.name != "__init__" else statement)


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _statements(node: ast.AST, owner: _Function | None) -> Iterator[tuple[ast.stmt, _Function | None]]:
    """Every statement with the function it is in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and not isinstance(child, _Function | ast.ClassDef | ast.Import | ast.ImportFrom):
            yield child, owner
        yield from _statements(child, child if isinstance(child, _Function) else owner)


def _own_names(statement: ast.stmt) -> Iterator[str]:
    """The names in a statement, without those in statements inside it."""
    for field in ast.iter_child_nodes(statement):
        if not isinstance(field, ast.stmt | ast.ExceptHandler | ast.match_case):
            for node in ast.walk(field):
                if isinstance(node, ast.Name | ast.Attribute):
                    yield node.id if isinstance(node, ast.Name) else node.attr


def _returns_a_number(owner: _Function | None) -> bool:
    return owner is not None and owner.returns is not None and ast.unparse(owner.returns) == "int"


def _choosing(statement: ast.stmt) -> range:
    """The lines of a statement that returns, or of a condition to do so at once."""
    if isinstance(statement, ast.If) and any(isinstance(each, ast.Return) for each in statement.body):
        return range(statement.lineno, (statement.test.end_lineno or statement.lineno) + 1)
    return _span(statement) if isinstance(statement, ast.Return) else range(0)


def _names(tree: ast.Module, lines: set[int]) -> Iterator[str]:
    """The names that some lines of a module read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and node.lineno in lines:
            yield node.id if isinstance(node, ast.Name) else node.attr


def _assigned(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _span(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


CLASSES: Mapping[str, Class] = {
    "iam": Class(
        ("stacks", "bootstrap"),
        (
            *(
                f"stacks/{name}.py"
                for name in ("arns", "delivery_stack", "execution_role", "limit_conditions", "notebook_role", "people", "serving_update")
            ),
            "bootstrap/execution-policy.json",
            "bootstrap/company-policy.json",
        ),
        r"PolicyStatement|PolicyDocument|ManagedPolicy|\w*Principal|Role|add_to_\w*policy|grant_\w+|_?allow(_\w+)?|permissions",
        functions=True,
    ),
    "events": Class(("stacks",), (), r"EventPattern|Rule|reached", functions=True),
    "names": Class(("lambda", "stacks", "blazingtext"), ("lambda/lifecycle/naming.py",), r"naming"),
    "hyperparameters": Class(
        ("lambda",), tuple(f"lambda/lifecycle/{name}.py" for name in ("combinations", "hyperparameters", "limits", "values"))
    ),
    "exits": Class(
        ("lambda", "blazingtext"),
        ("lambda/lifecycle/errors.py", "blazingtext/cli/exit_codes.py"),
        r"exit_code|EXIT_CODES?|SystemExit|exit|returncode",
        codes=True,
    ),
}
