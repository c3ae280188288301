"""A fault put into functions that are loaded already, so that no module and no test need be imported again."""

import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

# The flag of code that has local variables of its own, which that of a module and of a class has not.
_OPTIMIZED = 0x1
# What tells one function of a file from another: its qualified name and its first line.
_Key = tuple[str, int]


def changed(before: bytes, after: bytes, name: str) -> dict[_Key, CodeType] | None:
    """The functions that differ between two texts of a module, by qualified name and first line, and their code in the second.

    None when something else differs, too: a constant of the module, a decorator, a default, the body of a class; or when two functions
    cannot be told apart.

    Raises:
        SyntaxError: one of the texts is none of Python.
    """
    old, new = (compile(text, name, "exec", dont_inherit=True) for text in (before, after))
    found: list[tuple[_Key, CodeType]] = []
    if not _collect(old, new, found):
        return None
    names = Counter(_name(code) for code in _with_nested(new))
    return dict(found) if all(names[name] == 1 for name, _ in found) else None


def _name(code: CodeType) -> _Key:
    return code.co_qualname, code.co_firstlineno


def _collect(old: CodeType, new: CodeType, found: list[tuple[_Key, CodeType]]) -> bool:
    """Adds the functions below two pieces of code that differ; False when what is around them does."""
    if new.co_flags & _OPTIMIZED:
        if old != new:
            found += [(_name(code), code) for code in _with_nested(new)]
        return True
    if _around(old) != _around(new):
        return False
    pairs = zip(_nested(old), _nested(new), strict=False)
    return all(_collect(*pair, found) for pair in pairs)


def _nested(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in _nested(code):
        yield from _with_nested(each)


def _around(code: CodeType) -> CodeType:
    """The code of a module or of a class without that of its functions, and without the places of its expressions."""
    constants = tuple(None if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=constants, co_linetable=b"", co_firstlineno=1)


class LiveFunctions:
    """The functions of this process that come from files of one folder, as they are when this is made.

    Args:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self._found: dict[tuple[str, _Key], list[FunctionType]] = defaultdict(list)
        real_path = cache(os.path.realpath)
        for each in gc.get_objects():
            # isinstance would ask a weak proxy for the class of an object that may be gone.
            if type(each) is FunctionType:
                code = each.__code__
                path = real_path(code.co_filename)
                if path.startswith(f"{root}{os.sep}"):
                    self._found[os.path.relpath(path, root), _name(code)].append(each)

    def replace(self, file: str, functions: dict[_Key, CodeType]) -> None:
        """Gives functions of a file other code.

        Raises:
            ValueError: a closure's code needs other variables than it has.
        """
        for key, code in functions.items():
            for function in self._found.get((file, key), ()):
                function.__code__ = code
