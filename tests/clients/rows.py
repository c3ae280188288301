"""The table of docs/clients.md, compared with what was counted."""

import ast
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<client>[^|]+) \| (?P<passed>\d+) of (?P<total>\d+) \|", re.MULTILINE)


def table() -> dict[str, tuple[int, int]]:
    """Steps passed and in all, by client."""
    text = (ROOT / "docs" / "clients.md").read_text("utf-8")
    return {match["client"].strip(): (int(match["passed"]), int(match["total"])) for match in ROW.finditer(text)}


def check(client: str, steps: list[dict[str, Any]]) -> None:
    """Every step passed, and the page says as many."""
    failed = [step for step in steps if not step["passed"]]
    assert not failed
    check_number(client, len(steps))


def check_number(client: str, number: int) -> None:
    assert table().get(client) == (number, number), f"docs/clients.md should say {number} of {number} for {client}"


def cells() -> int:
    """The code cells of the notebooks in examples/."""
    notebooks = [json.loads(path.read_text("utf-8")) for path in (ROOT / "examples").glob("*.ipynb")]
    return sum(cell["cell_type"] == "code" for notebook in notebooks for cell in notebook["cells"])


def statements() -> int:
    """What examples/sdk_v2.py does after its imports."""
    body = ast.parse((ROOT / "examples" / "sdk_v2.py").read_text("utf-8")).body
    return sum(not isinstance(each, ast.Import | ast.ImportFrom) for each in body) - 1  # its docstring
