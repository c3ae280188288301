"""The arrows between the parts, as drawn in docs/architecture.md."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = {
    "stacks": "blazingtext_stacks",
    "lambda": "blazingtext_lifecycle",
    "blazingtext": "blazingtext",
    "engine": "blazingtext_engine",
    "sandbox": "blazingtext_sandbox",
}
HANDLERS = {"launch_training", "promote_model", "retire"}
# A folder's own name is not an import name: it would be another module than the one that everybody else imports.
OURS = {*NAMES.values(), *NAMES, "lifecycle", *HANDLERS}
# What each part may import of ours, beside itself.
ALLOWED = {
    "stacks": {"blazingtext_lifecycle"},
    "lambda": {"blazingtext_lifecycle"},
    "blazingtext": {"blazingtext_lifecycle"},
    "engine": set(),
    "sandbox": set(),
}
STANDARD_LIBRARY_AND_BOTO3 = set(sys.stdlib_module_names) | {"boto3", "botocore", "blazingtext_lifecycle"}


def modules(part: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / part).rglob("*.py")))


class WithoutTypes(ast.NodeTransformer):
    """Takes out what only a type checker sees: the body of ``if TYPE_CHECKING``."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else self.generic_visit(node)


def imports_of(path: Path, *, run_time_only: bool = False) -> set[str]:
    """The top-level names a file imports, wherever in the file."""
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(WithoutTypes().visit(tree) if run_time_only else tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_its_arrows_allow(part: str) -> None:
    files = list(modules(part))
    assert files, f"{part}/ holds no module"

    forbidden = {f"{path.relative_to(ROOT)} imports {name}" for path in files for name in (imports_of(path) & OURS) - ALLOWED[part]}

    assert not forbidden


def test_what_runs_in_the_account_needs_only_the_standard_library_and_boto3() -> None:
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("lambda")
        for name in imports_of(path, run_time_only=True) - STANDARD_LIBRARY_AND_BOTO3
    }

    assert not foreign


def test_importing_a_handler_needs_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)

    for path in sorted((ROOT / "lambda").glob("*.py")):
        module = importlib.import_module(path.stem)
        assert callable(module.handler), f"{path.name} has no handler"


def test_only_one_file_touches_the_internals_of_the_emulator() -> None:
    touching = {str(path.relative_to(ROOT)) for path in modules("sandbox") if "ministack" in imports_of(path)}

    assert touching == {"sandbox/emulator/internals.py"}
