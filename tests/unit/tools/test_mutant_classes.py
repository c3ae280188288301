"""Which lines belong to a class of `make mutants --class`, on small modules."""

from pathlib import Path

import pytest

from tests.tools.mutants.classes import CLASSES, Class
from tests.tools.mutants.packages import PACKAGES, every

ROOT = Path(__file__).parents[3]
STATEMENTS = """\
READ = ("s3:GetObject",)
WRITE = ("s3:PutObject",)

class Construct:
    def __init__(self):
        self.other = 1
        self.role.add(
            PolicyStatement(READ),
        )
        for name in (1, 2):
            self.other += name

def statement(kind):
    if kind:
        kind = 2
    return PolicyStatement(kind)

def untouched():
    return 3
"""
CODES = """\
def command() -> int:
    if left():
        return 1
    say()
    return 0

def size():
    return 1
"""


def lines(tmp_path: Path, kind: Class, **texts: str) -> dict[str, set[int]]:
    for name, text in texts.items():
        (tmp_path / "part/cli").mkdir(parents=True, exist_ok=True)
        (tmp_path / "part/cli" / f"{name}.py").write_text(text, encoding="utf-8")
    found = kind.lines(tmp_path, [f"part/cli/{name}.py" for name in texts])
    return {Path(file).stem: numbers for file, numbers in found.items()}


def test_a_statement_that_names_what_is_looked_for_counts_and_so_do_the_constants_it_names(tmp_path: Path) -> None:
    kind = Class(("stacks",), named="PolicyStatement")

    assert lines(tmp_path, kind, a=STATEMENTS, b="OTHER = 1\n") == {"a": {1, 7, 8, 9, 16}}


def test_a_function_around_it_counts_on_request_but_no_constructor(tmp_path: Path) -> None:
    kind = Class(("stacks",), named="PolicyStatement", functions=True)

    assert lines(tmp_path, kind, a=STATEMENTS) == {"a": {1, 7, 8, 9, 13, 14, 15, 16}}


def test_every_line_of_a_file_that_is_named_whole_counts(tmp_path: Path) -> None:
    assert lines(tmp_path, Class(("stacks",), ("part/cli/a.py",)), a=CODES, b=CODES) == {"a": {1, 2, 3, 4, 5, 6, 7, 8}}


def test_what_a_command_returns_as_a_whole_number_is_its_exit_code(tmp_path: Path) -> None:
    assert lines(tmp_path, Class(("stacks",), codes=True), a=CODES) == {"a": {2, 3, 5}}


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_every_file_of_a_class_is_there(kind: Class) -> None:
    files = [file for name in kind.packages for file in PACKAGES[name].files(ROOT)]

    found = kind.lines(ROOT, files)

    assert set(kind.whole) <= found.keys()
    assert sum(map(len, found.values())) > 30


def test_every_fault_of_the_lines_is_tried_and_none_of_another_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\nb = [x for x in y if x]\n", encoding="utf-8")

    assert [(each.line, each.after) for each in every(tmp_path, {"a.py": {1}})] == [(1, "0"), (1, "2")]
