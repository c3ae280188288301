"""A fault put into functions that are loaded: which of them it changes, and that those in use change with it."""

import importlib.util
import weakref
from pathlib import Path
from types import ModuleType

import pytest

from tests.tools.mutants.live import LiveFunctions, changed

MODULE = """
LIMIT = 5

def allowed(number, least=0):
    return least <= number <= LIMIT

def counter(step):
    def count(number):
        return number + step
    return count

class Both:
    size = 2

    def area(self):
        return self.size * 3

    @staticmethod
    def of(numbers):
        return [each + 1 for each in numbers]

PAIR = (lambda x: x, lambda x: x + 1)
"""


@pytest.fixture(name="module")
def _module(tmp_path: Path) -> ModuleType:
    (tmp_path / "limits.py").write_text(MODULE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("limits", tmp_path / "limits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differing(before: str, after: str) -> set[str] | None:
    found = changed(MODULE.encode(), MODULE.replace(before, after, 1).encode(), "limits.py")
    # Before Python 3.12 a comprehension is a function, too.
    return None if found is None else {name for name, _ in found if not name.endswith(">")}


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("least <= number", "least < number", {"allowed"}),
        ("number + step", "number - step", {"counter", "counter.<locals>.count"}),
        ("size * 3", "size * 4", {"Both.area"}),
        ("each + 1", "each - 1", {"Both.of"}),
        ("return count", "return count", set()),
        ("LIMIT = 5", "LIMIT = 6", None),
        ("least=0", "least=1", None),
        ("size = 2", "size = 1", None),
        ("@staticmethod", "@classmethod", None),
        ("lambda x: x + 1", "lambda x: x + 2", None),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_fault_is_that_of_functions_or_of_what_runs_on_import(before: str, after: str, names: set[str] | None) -> None:
    assert differing(before, after) == names


def test_functions_that_are_in_use_get_the_fault(module: ModuleType, tmp_path: Path) -> None:
    count, area, of = module.counter(2), module.Both().area, module.Both.of
    functions = LiveFunctions(tmp_path)
    for before, after in (("number + step", "number - step"), ("size * 3", "size * 4"), ("each + 1", "each - 1")):
        functions.replace("limits.py", changed(MODULE.encode(), MODULE.replace(before, after).encode(), "limits.py") or {})

    assert (count(5), area(), of([1])) == (3, 8, [0])
    assert module.counter(1)(5) == 4


def test_a_proxy_of_what_is_gone_is_none_of_them(module: ModuleType, tmp_path: Path) -> None:
    fault = changed(MODULE.encode(), MODULE.replace("<= LIMIT", "< LIMIT").encode(), "limits.py")
    assert fault
    owner = module.Both()
    proxies = [weakref.proxy(owner)]
    del owner

    LiveFunctions(tmp_path).replace("limits.py", fault)

    assert len(proxies) == 1
    assert not module.allowed(5)


def test_of_another_file_nothing_changes(module: ModuleType, tmp_path: Path) -> None:
    other = changed(MODULE.encode(), MODULE.replace("<= LIMIT", "< LIMIT").encode(), "limits.py")
    assert other

    LiveFunctions(tmp_path).replace("other.py", other)

    assert module.allowed(5)
