"""The arrows between the parts, as drawn in docs/architecture.md."""

import ast
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
NAMES = {
    "stacks": "blazingtext_stacks",
    "lambda": "blazingtext_lifecycle",
    "blazingtext": "blazingtext",
    "engine": "blazingtext_engine",
    "sandbox": "blazingtext_sandbox",
}
HANDLERS = {
    "delete_model_versions",
    "empty_bucket",
    "launch_training",
    "launch_processing",
    "launch_transform",
    "launch_tuning",
    "promote_model",
    "stop_training_jobs",
}
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
# What is said about a missing extra has one owner (decision 0011); it is all that the engine and the sandbox share with the others.
SHARED_BY_ALL = "from blazingtext_lifecycle.extras import require"
# ARNs with a partition in them, of resources of an account; what has docstrings.
PARTITIONED = re.compile(r"arn:aws(-[a-z-]+)?:[a-z0-9-]")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
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
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and ast.unparse(node) != SHARED_BY_ALL:
            names.add(node.module.split(".")[0])
    return names


def imports_within(part: str) -> dict[str, set[str]]:
    """Every module of a part with the modules of the same part that it imports: at the top, inside a function, or only for types."""
    package = NAMES[part]
    root = ROOT / part / "lifecycle" if part == "lambda" else ROOT / part
    files = {".".join((package, *path.relative_to(root).with_suffix("").parts)): path for path in sorted(root.rglob("*.py"))}
    named = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return {name: targets_of(name, path, named.keys()) - {name} for name, path in named.items()}


def targets_of(name: str, path: Path, modules: Collection[str]) -> set[str]:
    """The modules a file imports; relative imports are resolved against the module's own name, members to the module they are in."""
    found = set()
    for base, member in names_imported(name, path):
        found.add(f"{base}.{member}" if f"{base}.{member}" in modules else base)
    return found & set(modules)


def names_imported(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """(module, member) of every import of a file, wherever it stands."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((base, alias.name) for alias in node.names)


def components(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The strongly connected components of a graph: modules that reach each other by imports."""
    reachable: dict[str, set[str]] = {}
    for start in graph:
        seen, waiting = {start}, [start]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        reachable[start] = seen
    return {frozenset(other for other in reachable[node] if node in reachable[other]) for node in graph}


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_its_arrows_allow(part: str) -> None:
    files = list(modules(part))
    assert files, f"{part}/ holds no module"

    forbidden = {f"{path.relative_to(ROOT)} imports {name}" for path in files for name in (imports_of(path) & OURS) - ALLOWED[part]}

    assert not forbidden


@pytest.mark.parametrize("part", sorted(NAMES))
def test_no_part_holds_a_circle_of_imports(part: str) -> None:
    graph = imports_within(part)
    assert any(graph.values()), f"no import was found inside {part}/"

    circles = [sorted(component) for component in components(graph) if len(component) > 1]

    assert not circles


def test_no_part_writes_a_partition_into_an_arn() -> None:
    def literals(path: Path) -> Iterator[str]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)}
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        return (text for text in texts if PARTITIONED.search(text) and text not in documentation)

    files = [path for part in NAMES for path in modules(part)]
    found = {f"{path.relative_to(ROOT)}: {text}" for path in files for text in literals(path)}

    assert not found, "a literal partition is wrong in aws-cn and aws-us-gov: stacks ask CloudFormation, the sandbox has arns.py"


def test_a_circle_is_found_wherever_the_import_stands(tmp_path: Path) -> None:
    module = tmp_path / "a.py"
    lines = (
        "from . import b",
        "if TYPE_CHECKING:",
        "    from .c import D",
        "def f():",
        "    from ..other import e",
        "    import pkg.sub.g",
    )
    module.write_text("\n".join(lines))

    modules = {"pkg.sub", "pkg.sub.b", "pkg.sub.c", "pkg.other.e", "pkg.sub.g", "pkg.other"}
    assert targets_of("pkg.sub.a", module, modules) == modules - {"pkg.sub", "pkg.other"}
    assert components({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc"), frozenset("d")}


def test_what_runs_in_the_account_needs_only_the_standard_library_and_boto3() -> None:
    foreign = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules("lambda")
        for name in imports_of(path, run_time_only=True) - STANDARD_LIBRARY_AND_BOTO3
    }

    assert not foreign


def test_importing_a_handler_needs_no_environment() -> None:
    handlers = sorted(path.stem for path in (ROOT / "lambda").glob("*.py"))
    assert handlers, "lambda/ holds no handler"
    # In a process of its own, where nothing is imported yet.
    names = "importlib.import_module(name).handler.__name__ for name in sys.argv[2:]"
    script = f"import importlib, sys; sys.path.insert(0, sys.argv[1]); print(*({names}))"

    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "lambda"), *handlers],
        env={},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )

    assert (done.returncode, done.stdout.split()) == (0, ["handler"] * len(handlers)), done.stderr


def touches_ministack(path: Path) -> bool:
    """Whether a file names a module of ministack: in an import, in a string given to importlib, or through `internal`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and node.id == "internal":
            return True
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "ministack" for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ministack":
            return True
        if isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and "ministack" in ast.unparse(node):
            return True
    return False


def test_only_the_emulator_and_the_patches_touch_ministack() -> None:
    found = {path.parent.relative_to(ROOT) for part in (*NAMES, "benchmarks", "tests") for path in modules(part) if touches_ministack(path)}

    assert found == {Path("sandbox/emulator"), Path("sandbox/patches")}


@pytest.mark.parametrize(
    ("code", "touches"),
    [
        ("import ministack.app", True),
        ("def f():\n    from ministack import app", True),
        ('importlib.import_module(f"ministack.{name}")', True),
        ('app = internal("app")', True),
        ("import ministack_of_another_kind", False),
        ('VERSION = version("ministack")', False),
    ],
)
def test_every_way_into_ministack_is_seen(tmp_path: Path, code: str, touches: bool) -> None:
    module = tmp_path / "module.py"
    module.write_text(code)

    assert touches_ministack(module) is touches
