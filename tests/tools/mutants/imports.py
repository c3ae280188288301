"""Which files of the project a file imports, by the names its packages have when they are installed."""

import ast
from collections.abc import Sequence
from pathlib import Path

# The folder of an import name, longest name first.
_FOLDERS = {
    "blazingtext_lifecycle": "lambda/lifecycle",
    "blazingtext_engine": "engine",
    "blazingtext_stacks": "stacks",
    "blazingtext_sandbox": "sandbox",
    "blazingtext": "blazingtext",
}


def folders() -> list[str]:
    """The folders at the top of the repository that hold packages."""
    return sorted({folder.partition("/")[0] for folder in _FOLDERS.values()})


def imported(node: ast.AST, file: str) -> Sequence[str]:
    """The dotted names of an import in a file: of the module, then of each thing taken from it; empty for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    start = node.module or ""
    if node.level:
        folder = "/".join(file.split("/")[: -node.level])
        name = next((name for name, known in _FOLDERS.items() if folder == known or folder.startswith(known + "/")), "")
        start = ".".join(filter(None, [name + folder.removeprefix(_FOLDERS.get(name, "")).replace("/", "."), start]))
    return [start, *(f"{start}.{alias.name}" for alias in node.names)]


def path_of(root: Path, name: str) -> str | None:
    """The file of a module by its dotted name, relative to the repository; None when it is none of the project's."""
    for start, folder in _FOLDERS.items():
        if name == start or name.startswith(start + "."):
            path = f"{folder}{name.removeprefix(start).replace('.', '/')}"
            break
    else:
        path = name.replace(".", "/") if name.startswith("tests.") else f"lambda/{name}"
    return next((each for each in (f"{path}.py", f"{path}/__init__.py") if (root / each).is_file()), None)
