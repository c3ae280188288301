"""Runs a notebook's code cells one after another, as its kernel would, in the working directory: `python run_notebook.py x.ipynb`."""

import ast
import json
import sys
from pathlib import Path


def run(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    names: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(cells, 1):
        source = "".join(cell["source"])
        print(f"--- {path.name}, cell {number} of {len(cells)}", flush=True)
        *statements, last = ast.parse(source).body
        exec(compile(ast.Module(statements, []), f"{path.name}[{number}]", "exec"), names)  # noqa: S102 - that is a notebook
        _show(last, names)


def _show(last: ast.stmt, names: dict[str, object]) -> None:
    """Runs a cell's last statement; the value of an expression is printed."""
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), "last statement", "exec"), names)  # noqa: S102 - likewise
        return
    value = eval(compile(ast.Expression(last.value), "last statement", "eval"), names)  # noqa: S307 - likewise
    if value is not None:
        print(repr(value), flush=True)


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve())
