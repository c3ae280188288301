"""Which faults `make mutants` knows, and that each is what it says."""

import json

import pytest

from tests.tools.mutants.mutations import is_valid, mutations


def after(code: str, kind: str) -> list[str]:
    """What the code becomes by every fault of a kind."""
    source = code.encode()
    found = [each for each in mutations("a.py", source) if each.kind == kind]
    return [each.applied(source).decode() for each in found]


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("comparison", "a < b", {"a <= b"}),
        ("comparison", "a <= b < c", {"a < b < c", "a <= b <= c"}),
        ("comparison", "a == b", {"a != b"}),
        ("comparison", "a in b", {"a not in b"}),
        ("comparison", "a is not b", {"a is b"}),
        ("constant", "a = 5", {"a = 6", "a = 4"}),
        ("constant", "a = 0", {"a = 1"}),
        ("constant", "a = 0.75", {"a = 1.5"}),
        ("constant", "a = 0.0", {"a = 1.0"}),
        ("boolean", "a = True", {"a = False"}),
        ("boolean", "a = not b", {"a = bool(b)"}),
        ("string", "a = 'key'", {"a = 'keyy'"}),
        ("string", "a = 's3:Get*'", {"a = 's3:Getx'"}),
        ("string", "a = b'key'", {"a = b'keyy'"}),
        ("string", "a = f'{b + 1}-c/'", {"a = f'-c/'", "a = f'{b + 1}-c//'"}),
        ("string", "a = f'{b} and a sentence'", set()),
        ("string", "a = f'from {b}'", set()),
        ("string", "raise ValueError('a sentence for people')", set()),
        ("arithmetic", "a = b + c", {"a = (b - c)"}),
        ("arithmetic", "a = b // c", {"a = (b * c)"}),
        ("arithmetic", "a = 'text' + c", set()),
        ("branch", "if a: b()", {"if (not (a)): b()"}),
        ("branch", "a = [b for b in c if d]", {"a = [b for b in c if True]"}),
        ("logic", "a = b and c", {"a = (b or c)", "a = (b)", "a = (c)"}),
        ("statement", "a()", {"pass"}),
        ("statement", "a.b = c", {"pass"}),
        ("statement", "a = b", set()),
        ("statement", "def f():\n    return a", {"def f():\n    return None"}),
        ("statement", "def f():\n    return False", set()),
        ("statement", "raise a", {"pass"}),
        ("argument", "f(a, b, c=d)", {"f(a, c=d)", "f(a, b)"}),
        ("argument", "f(a)", set()),
        ("argument", "zip(a, b, strict=True)", {"zip(a, strict=True)"}),
        ("boolean", "zip(a, b, strict=True)", set()),
        ("boolean", "reader(a, strict=True)", {"reader(a, strict=False)"}),
        ("entry", "a = {'b': c, 'd': e}", {"a = {'b': c}", "a = {'d': e}"}),
        ("entry", "a = (b, c)", {"a = (c,)", "a = (b,)"}),
        ("entry", "a, b = c", set()),
        ("entry", "Mode = Literal['b', 'c']", {"Mode = Literal[('b',)]", "Mode = Literal[('c',)]"}),
        ("error", "raise ValueError(a)", {"raise Exception(a)"}),
        ("error", "raise", set()),
        ("handler", "try: a()\nexcept B: c()", {"try: a()\nexcept (): c()"}),
    ],
)
def test_a_fault_of_a_kind(kind: str, code: str, expected: set[str]) -> None:
    assert set(after(code, kind)) == expected


@pytest.mark.parametrize(
    "code",
    [
        '"""docstring"""',
        "__all__ = ['name', 'other']",
        "from a import b, c",
        "def f(a: 'str') -> 'int': ...",
        "if __name__ == '__main__': ...",
        "if TYPE_CHECKING:\n    import a\nelse:\n    A = B",
        "T = TypeVar('T', bound=int)",
        "Row = tuple[str, Callable[[int, bytes], dict[str, 'Row']]]",
        "Step = collections.abc.Callable[[int, int], tuple[int, int]]",
    ],
)
def test_what_says_nothing_about_behaviour_is_left_alone(code: str) -> None:
    assert mutations("a.py", code.encode()) == []


def test_every_other_line_stays_where_it_was_whatever_stands_before_it() -> None:
    code = 'é = "ü"; a = f(\n    "ß",\n    b=1,\n)\nraise (\n    a\n)\nlast = 2\n'
    source = code.encode()

    found = mutations("a.py", source)

    assert {each.kind for each in found} >= {"argument", "statement", "constant"}
    for each in found:
        changed = each.applied(source).decode()
        assert is_valid(changed.encode()), changed
        assert changed != code
        assert changed.count("\n") == code.count("\n")
    untouched = [each.applied(source).decode() for each in found if each.line < 8]
    assert all(changed.endswith("\nlast = 2\n") for changed in untouched)


def test_a_fault_that_is_no_python_is_known_as_one() -> None:
    assert is_valid(b"def f(): return 1")
    assert not is_valid(b"return 1")
    assert not is_valid(b"a = (")


def test_a_file_in_json_stays_json_and_loses_an_entry_or_gets_a_letter() -> None:
    source = b'{"Sid": "Name", "Action": ["a",\n "b"]}'

    found = [json.loads(each.applied(source)) for each in mutations("policy.json", source)]

    assert found == [
        {"Sid": "Name"},
        {"Sid": "Name", "Actionn": ["a", "b"]},
        {"Sid": "Name", "Action": ["a"]},
        {"Sid": "Name", "Action": ["b"]},
        {"Sid": "Name", "Action": ["aa", "b"]},
        {"Sid": "Name", "Action": ["a", "bb"]},
    ]
    assert all(b"\n" in each.applied(source) for each in mutations("policy.json", source))
