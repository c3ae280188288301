"""What hangs on a line of a kernel: by the names that functions take from each other, and which compiled code is therefore stale."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.tools.mutants.compiled import CompiledCode
from tests.tools.mutants.definitions import Definitions
from tests.tools.mutants.mutations import Mutation
from tests.tools.mutants.reach import Reach
from tests.tools.mutants.tree import Copy

STEP_FUNCTIONS = """from . import rows
from .rows import add

def one():
    return rows.copy()

@wrapped
def two():
    add()
"""
TRAINERS = """from .kernels.steps import one, two

LIMIT = one()

def train():
    return one()

def other():
    two()
"""
FILES = {
    "engine/__init__.py": "",
    "engine/kernels/__init__.py": "",
    "engine/kernels/jit.py": "def kernel(function):\n    return function\n",
    "engine/kernels/rows.py": "WIDTH = 8\n\ndef copy():\n    return WIDTH\n\ndef add():\n    return 1\n",
    "engine/kernels/steps.py": STEP_FUNCTIONS,
    "engine/training.py": TRAINERS,
    "engine/train.py": "from .training import train\n\ndef run():\n    train()\n",
    "tests/unit/engine/test_rows.py": "from blazingtext_engine.kernels import rows\n\ndef test_copy():\n    assert rows.copy()\n",
    "tests/unit/engine/test_steps.py": "from blazingtext_engine.kernels.steps import two\n\ndef test_two():\n    two()\n",
}
ROWS, STEPS, TRAINING = "engine/kernels/rows.py", "engine/kernels/steps.py", "engine/training.py"


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def dependents(root: Path, file: str, line: int) -> set[tuple[str, str]]:
    known = Definitions.of_the_engine(root)
    return known.dependents(known.at(file, line))


def test_a_fault_reaches_who_names_what_it_is_in(root: Path) -> None:
    assert dependents(root, ROWS, 7) == {
        (ROWS, "add"),
        (STEPS, "two"),
        (TRAINING, "other"),
        ("tests/unit/engine/test_steps.py", "test_two"),
    }
    assert dependents(root, ROWS, 1) == {
        (ROWS, "WIDTH"),
        (ROWS, "copy"),
        (STEPS, "one"),
        (TRAINING, "LIMIT"),
        (TRAINING, "train"),
        ("engine/train.py", "run"),
        ("tests/unit/engine/test_rows.py", "test_copy"),
    }


def test_a_decorator_belongs_to_what_it_decorates(root: Path) -> None:
    known = Definitions.of_the_engine(root)

    assert known.at(STEPS, 7) == known.at(STEPS, 9) == {(STEPS, "two")}
    assert list(known.lines((STEPS, "two"))) == [7, 8, 9]


def test_a_statement_without_a_name_reaches_everything_beside_it(root: Path) -> None:
    (root / ROWS).write_text(FILES[ROWS] + "if WIDTH:\n    pass\n", encoding="utf-8")

    assert {(ROWS, "add"), (ROWS, "copy"), (STEPS, "one"), (STEPS, "two"), (TRAINING, "other")} <= dependents(root, ROWS, 8)


def record(**lines: dict[str, list[int]]) -> dict[str, object]:
    tests = {f"{name}.py::test": {"seconds": 1, "shared": [], "lines": ran} for name, ran in lines.items()}
    return {"tests": tests, "fixtures": {}, "needs": {}, "failed": []}


def test_a_kernel_is_reached_by_those_who_ran_a_function_that_hangs_on_it(root: Path) -> None:
    reach = Reach(root, record(a={TRAINING: [6]}, b={TRAINING: [9]}, c={TRAINING: [3]}, d={"engine/train.py": [4]}))

    # d ran what calls `train`; it would have run `train`, if it had got so far.
    assert reach.tests(ROWS, 4) == ["a.py::test"]
    assert reach.tests(ROWS, 7) == ["b.py::test"]


def test_a_file_of_tests_with_a_kernel_of_its_own_is_reached(root: Path) -> None:
    kept = record()
    kept["tests"] = {f"tests/unit/engine/test_{name}.py::test": {"seconds": 1, "shared": [], "lines": {}} for name in ("rows", "steps")}

    assert Reach(root, kept).tests(ROWS, 4) == ["tests/unit/engine/test_rows.py::test"]


@pytest.fixture(name="code")
def _code(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[CompiledCode, Path, Path]:
    """Compiled code of every function, and the folders of the tree as it is and of a mutant."""
    kept, own = root / "compiled", root / "own"
    keys = iter(["before", "after"])
    monkeypatch.setattr(CompiledCode, "_current_key", lambda _: next(keys))
    for name in ("rows.copy-3.py311", "rows.add-6.py311", "steps.one-4.py311", "steps.two-7.py311", "test_rows.call-1.py311"):
        for end in ("nbi", "1.nbc"):
            file = kept / "before" / "kernels_1" / f"{name}.{end}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
    own.mkdir()
    return CompiledCode(cast("Copy", SimpleNamespace(folder=root)), kept), kept / "before" / "kernels_1", own / "after" / "kernels_1"


def names(folder: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in folder.glob("*.nb?")}


def test_a_mutant_is_lent_the_code_that_does_not_hang_on_it_and_what_it_adds_is_kept(code: tuple[CompiledCode, Path, Path]) -> None:
    compiled, kept, lent = code

    with compiled.lent(Mutation(ROWS, 7, "constant", "1", "2", 0), lent.parents[1]):
        # All of the module itself is stale: its text is another now.
        assert names(lent) == {"steps.one", "test_rows.call"}
        replace(lent / "steps.one-4.py311.nbi", "another signature")
        replace(lent / "steps.one-4.py311.2.nbc", "its code")
        replace(lent / "steps.two-7.py311.nbi", "of the mutant")

    assert (kept / "steps.one-4.py311.nbi").read_text() == "another signature"
    assert (kept / "steps.one-4.py311.2.nbc").read_text() == "its code"
    assert (kept / "steps.two-7.py311.nbi").read_text() == "steps.two-7.py311"
    assert len(names(kept)) == 5


def replace(path: Path, text: str) -> None:
    """Write a file as Numba does: beside it, and then in its place."""
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def test_a_mutant_of_the_compiler_is_lent_nothing(code: tuple[CompiledCode, Path, Path]) -> None:
    compiled, _, lent = code

    with compiled.lent(Mutation("engine/kernels/jit.py", 2, "statement", "return function", "return None", 0), lent.parents[1]):
        assert not names(lent)
