"""A value that a service model allows, and one that breaks a given rule of it; always the same ones.

Written apart from the sandbox's own reading of the model: a judge does not share the accused's assumptions.
"""

import re
import re._constants as tokens  # type: ignore[import-not-found]  # typeshed leaves it out
import re._parser as parser  # type: ignore[import-not-found]  # likewise
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

#: Patterns with look-around or Java's classes: samples by hand, checked like the others.
BY_HAND = (
    "a",
    "tag",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
    "/metrics/here",
    "us-east-1",
)
#: Texts that most patterns forbid, tried in this order.
FORBIDDEN = ("!", "é!", "a b", "-a-", "_", " ", "\n", "a\nb", "\u2028\n")
JAVA = {
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{L}": "a-zA-Zé",
    r"\p{N}": "0-9",
    r"\p{Z}": " ",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}",
    r"\p{S}": "$+<=>",
    r"\p{Print}": " -~",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\z": r"\Z",
    # The halves of a pair, beyond the first 65,536 characters.
    r"\uD800\uDC00-\uDBFF\uDFFF": "",
}


def sample(shape: Shape) -> Any:
    """A valid value with as little in it as may be."""
    if isinstance(shape, StructureShape):
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [sample(shape.member)] * max(1, shape.metadata.get("min", 0))
    if isinstance(shape, MapShape):
        return {sample(shape.key): sample(shape.value)}
    if shape.type_name == "string":
        return text(shape)
    simple = {"boolean": True, "timestamp": 1_700_000_000, "float": 1.0, "double": 1.0}
    return simple.get(shape.type_name, max(1, shape.metadata.get("min", 1)))


def text(shape: Shape) -> str:
    """A text of the allowed length that matches the pattern."""
    if shape.metadata.get("enum"):
        return str(shape.metadata["enum"][0])
    least, most = _bounds(shape)
    pattern = str(shape.metadata.get("pattern", "(?s:.*)"))
    for candidate in (*_made(pattern), *BY_HAND, "a" * max(1, least)):
        if least <= len(candidate) <= most and python_pattern(pattern).fullmatch(candidate):
            return str(candidate)
    raise LookupError(f"no sample of {shape.name}: {pattern}")


def forbidden(shape: Shape) -> str | None:
    """A text of the allowed length that does not match the pattern; None when every text does."""
    least, most = _bounds(shape)
    for candidate in FORBIDDEN:
        long_enough = candidate * max(1, -(-least // len(candidate)))
        if len(long_enough) <= most and not python_pattern(shape.metadata["pattern"]).fullmatch(long_enough):
            return long_enough
    return None


def _bounds(shape: Shape) -> tuple[int, int]:
    return int(shape.metadata.get("min", 0)), int(shape.metadata.get("max", 10**6))


@cache
def python_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, with Java's classes written out for ASCII."""
    for java, python in JAVA.items():
        pattern = pattern.replace(java, python)
    # A repeated end of text ("${1,128}") is Java's; Python takes one.
    return re.compile(re.sub(r"\$\{\d+,\d+\}", "$", pattern.replace(r"\p{M}", "")))


def _made(pattern: str) -> Iterator[str]:
    """Texts a pattern is likely to match, shorter ones first."""
    tree = parser.parse(python_pattern(pattern).pattern)
    yield from (_text(tree, repeat) for repeat in (0, 1, 2, 3, 5, 8, 12, 20, 40))


def _text(tree: Any, repeat: int) -> str:
    return "".join(_part(kind, value, repeat) for kind, value in tree)


def _part(kind: Any, value: Any, repeat: int) -> str:
    if kind in (tokens.MAX_REPEAT, tokens.MIN_REPEAT):
        least, most, inner = value
        return str(_text(inner, repeat)) * int(max(least, min(repeat, most)))
    makers: dict[Any, Callable[[], str]] = {
        tokens.LITERAL: lambda: chr(value),
        tokens.ANY: lambda: "x",
        tokens.NOT_LITERAL: lambda: "x",
        tokens.IN: lambda: _of_set(value),
        tokens.SUBPATTERN: lambda: _text(value[-1], repeat),
        tokens.BRANCH: lambda: _text(value[1][-1], repeat),
    }
    return str(makers[kind]()) if kind in makers else ""


def _of_set(choices: Any) -> str:
    """A character of a set: a letter or digit where there is one."""
    if choices[0][0] is tokens.NEGATE:
        return "x"
    ranges = [(value if kind is tokens.RANGE else (value, value)) for kind, value in choices if kind in (tokens.RANGE, tokens.LITERAL)]
    letters = [low for low, _ in ranges if chr(low).isalnum()]
    if letters:
        return chr(letters[0])
    if not ranges:
        return "1" if choices[0][1] is tokens.CATEGORY_DIGIT else "a"
    return "a" if any(value is tokens.CATEGORY_WORD for _, value in choices) else chr(ranges[0][0])
