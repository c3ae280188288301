"""Every test that docs/faults.md names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(r"\| `(tests/\S+\.py)` `(test_\w+)` \|$", (ROOT / "docs" / "faults.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_row_names_a_test() -> None:
    rows = [line for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]

    assert len(ROWS) == len(rows) - 1


@pytest.mark.parametrize(("file", "test"), ROWS, ids=[test for _, test in ROWS])
def test_the_test_of_a_fault_is_there(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
