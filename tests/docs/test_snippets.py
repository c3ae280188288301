"""The Python that a page shows runs: its imports are imported, and every name in it is defined there."""

import ast
import builtins
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[a-z]*/README.md"), *ROOT.glob("sandbox/*/README.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPETS = [(str(page.relative_to(ROOT)), block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]


def imports(block: str) -> list[ast.stmt]:
    return [statement for statement in ast.parse(block).body if isinstance(statement, ast.Import | ast.ImportFrom)]


def names(block: str) -> tuple[set[str], set[str]]:
    """The names a block reads, and those it defines."""
    nodes = list(ast.walk(ast.parse(block)))
    found = [node for node in nodes if isinstance(node, ast.Name)]
    aliases = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    defined = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
    read = {node.id for node in found if isinstance(node.ctx, ast.Load)}
    return read, defined | {node.id for node in found if isinstance(node.ctx, ast.Store)} | set(dir(builtins))


def test_the_sandbox_shows_how_it_is_used_from_python() -> None:
    assert [page for page, _ in SNIPPETS].count("sandbox/README.md") == 4


@pytest.mark.parametrize(("page", "block"), SNIPPETS, ids=lambda value: value.splitlines()[0] if "\n" in value else value)
def test_what_a_snippet_imports_is_there_and_no_name_is_missing(page: str, block: str) -> None:
    read, defined = names(block)

    exec(compile(ast.Module(imports(block), type_ignores=[]), page, "exec"), {})  # noqa: S102 - that is what a reader does with it

    assert not read - defined, f"{page} does not say what {read - defined} are"
