"""The list of patches and what shows each of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from blazingtext_sandbox.patches import registry

ROOT = Path(__file__).parents[3]
NAMES = [registry.name_of(patch) for patch in registry.PATCHES]


def marked(path: Path) -> Iterator[str]:
    """The patches a file's tests are marked with."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.patch":
            yield from (ast.literal_eval(keyword.value) for keyword in node.keywords)


def test_every_file_of_the_folder_is_in_the_list_once() -> None:
    files = {path.stem for path in (ROOT / "sandbox" / "patches").glob("*.py")} - {"__init__", "registry"}

    assert sorted(NAMES) == sorted(files)


def test_every_patch_has_a_test_that_shows_it() -> None:
    shown = {name for path in (ROOT / "tests" / "parity").glob("test_*.py") for name in marked(path)}

    assert shown == set(NAMES)


def test_every_patch_is_in_the_readme() -> None:
    readme = (ROOT / "sandbox" / "README.md").read_text(encoding="utf-8")

    assert [name for name in NAMES if f"`{name}`" not in readme] == []
