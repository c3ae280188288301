"""The engine's folders import in one direction; compiled code lives in one of them."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import blazingtext_engine

PACKAGE = Path(blazingtext_engine.__file__).parent
# What each folder may import, beside itself; the modules at the top are a layer of their own, above all others.
BASE = {"arrays", "errors"}
ALLOWED = {
    "container": BASE,
    "kernels": BASE,
    "network": BASE,
    "corpus": BASE | {"kernels", "network"},
    "training": BASE | {"kernels", "network", "corpus"},
    "formats": BASE | {"kernels", "corpus", "training"},
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(name: str) -> Iterator[str]:
    """The engine's modules that a module imports, wherever in the file."""
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            source = ".".join(parts)
            for alias in node.names:
                child = f"{source}.{alias.name}".lstrip(".")
                yield child if child in MODULES else source


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other."""

    def reachable(start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            for name in graph.get(waiting.pop(), set()) - found:
                found.add(name)
                waiting.append(name)
        return found

    reach = {name: reachable(name) for name in graph}
    return [sorted(other for other in graph if other in reach[name] and name in reach[other]) for name in graph if name in reach[name]]


def test_no_module_imports_itself_through_others() -> None:
    graph = {name: set(imported(name)) for name in MODULES}

    assert "kernels.jit" in graph["kernels.skipgram"]
    assert circles(graph) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"], ["b", "c"]]


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    modules = [name for name in MODULES if name.startswith(f"{folder}.")]

    forbidden = {
        f"{name} imports {other}" for name in modules for other in imported(name) if other.split(".")[0] not in ALLOWED[folder] | {folder}
    }

    assert modules
    assert forbidden == set()


def test_compiled_code_lives_in_kernels_alone() -> None:
    compiling = {name for name in MODULES if not name.startswith("kernels.") and "kernels.jit" in set(imported(name))}

    assert compiling == set()
