"""How long something takes says how busy the machine is: no test may fail for it."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
# What is shorter is what a test expects to run out.
SHORT = 2.0


def limits(tree: ast.AST) -> Iterator[tuple[int, float]]:
    """The line and the seconds of each wait for something that is limited by a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            given = [keyword.value for keyword in node.keywords if keyword.arg in {"timeout", "deadline"}]
            given += node.args if called in {"wait", "join"} and len(node.args) == 1 else []
            numbers = [each.value for each in given if isinstance(each, ast.Constant)]
            yield from ((node.lineno, number) for number in numbers if isinstance(number, int | float))


def test_a_limit_is_found_wherever_it_is_given() -> None:
    code = "run(command, timeout=60)\nevent.wait(5)\nthread.join(7.5)\nevent.wait(PATIENCE)\nwait(3)\nrun(timeout=None)\n"

    assert list(limits(ast.parse(code))) == [(1, 60), (2, 5), (3, 7.5)]


def test_no_test_has_less_patience_than_the_others() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / "tests").rglob("*.py")
        if not path.is_relative_to(ROOT / "tests" / "tools")
        for line, seconds in limits(ast.parse(path.read_text(encoding="utf-8")))
        if seconds >= SHORT
    ]

    assert found == [], "wait for PATIENCE (tests/patience.py), or less than two seconds for what is to run out"


def test_whoever_is_out_of_patience_says_so_before_pytest_ends_the_test() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert project["tool"]["pytest"]["ini_options"]["timeout"] > 4 * PATIENCE
