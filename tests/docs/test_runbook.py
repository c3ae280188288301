"""What the runbook quotes is what a person sees: each message stands in the code that says it."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADING = re.compile(r"^### (.*)$", re.MULTILINE)
# What differs from one time to the next: `...` (`...Name...` is a part of a name), `<stage>`, names in quotes, types of instances and of
# content, numbers.
VARYING = re.compile(r"(?<!\S)\.\.\.(?=\w)|(?<=\w)\.\.\.(?!\S)|(?<!\S)\S*\.\.\.\S*|\S*<\w+>\S*|'[^']*'|\bml\.[\w.]+|\b\w+/[\w-]+|\b\d+\b")


def quoted() -> list[str]:
    """What stands in backticks in the headings."""
    headings = HEADING.findall((ROOT / "docs/runbook.md").read_text(encoding="utf-8"))
    return [message for heading in headings for message in re.findall(r"`([^`]+)`", heading)]


@cache
def texts() -> tuple[str, ...]:
    """Every text of the code, docstrings excepted, and of the emulated CloudFormation; what an f-string fills in is a space."""
    spec = importlib.util.find_spec("ministack.services.cloudformation")
    assert spec is not None
    assert spec.origin is not None
    folders = [*(ROOT / name for name in ("blazingtext", "engine", "lambda", "sandbox", "stacks")), Path(spec.origin).parent]
    return tuple(text for folder in folders for path in folder.rglob("*.py") for text in texts_of(path))


def texts_of(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else " " for part in node.values)


def says(text: str, message: str) -> bool:
    """Whether a text holds what does not vary in a message, in its order."""
    parts = [re.escape(part.strip(" .")) for part in VARYING.split(message)]
    return re.search(".*".join(rf"\b{part}\b" for part in parts if part), text, re.DOTALL) is not None


def test_the_runbook_quotes_messages() -> None:
    assert len(quoted()) > 8


@pytest.mark.parametrize("message", quoted())
def test_what_the_runbook_quotes_is_said_by_the_code(message: str) -> None:
    assert any(says(text, message) for text in texts())
