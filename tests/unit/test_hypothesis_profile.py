"""How long an example takes says how busy the machine is: no property may fail for it."""

import ast
from pathlib import Path

from hypothesis import settings

TESTS = Path(__file__).parents[1]


def test_no_property_has_a_deadline() -> None:
    assert settings.default is not None
    assert settings.default.deadline is None


def test_no_file_of_tests_sets_one_of_its_own() -> None:
    given = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in TESTS.rglob("*.py")
        if "hypothesis" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"settings", "hypothesis.settings", "settings.register_profile"}
        for keyword in node.keywords
        if keyword.arg == "deadline" and ast.unparse(keyword.value) != "None"
    ]

    assert given == []
