"""The deliberate faults that one Python file can be given."""

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_Sites = Iterator[tuple[ast.AST, str]]

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
# What they are given says something about types or tools, and nothing about behaviour.
_SAYS_NOTHING = {"TypeVar", "cast", "dataclass", "getLogger", "NewType"}
# What a name for a type begins with; the values of a Literal can be asked for, and are.
_TYPES = {"tuple", "list", "dict", "set", "type", "Callable", "Awaitable", "Iterator", "Mapping", "MutableMapping", "Sequence", "NDArray"}


@dataclass(frozen=True, order=True)
class Mutation:
    """One fault.

    Attributes:
        file: the file, relative to the repository.
        line: the line it begins in, from 1.
        kind: comparison, constant, string, boolean, arithmetic, branch, logic, statement, argument, entry, error or handler.
        before: the source it replaces.
        after: what stands there instead.
        start: where it begins in the file, in bytes.
    """

    file: str
    line: int
    kind: str
    before: str
    after: str
    start: int

    def applied(self, source: bytes) -> bytes:
        """The file with the fault in it; every other line stays where it was."""
        end = self.start + len(self.before.encode())
        return source[: self.start] + self.after.encode() + source[end:]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.kind}: {_short(self.before)} -> {_short(self.after) or 'nothing'}"


def mutations(file: str, source: bytes) -> list[Mutation]:
    """Every fault this module knows for a file, in the order of the text; `is_valid` says whether one leaves valid Python.

    A file in JSON reads as an expression of Python, but for the names of three constants, and is given faults that leave it JSON.
    """
    starts = _line_starts(source)
    found = set()
    for kind, target, after in _faults_in_json(ast.parse(source)) if file.endswith(".json") else _faults(ast.parse(source)):
        last, column = target.end_lineno or target.lineno, target.end_col_offset or target.col_offset
        begin, end = starts[target.lineno - 1] + target.col_offset, starts[last - 1] + column
        before = source[begin:end].decode()
        # What follows in the file stays on its line.
        lines = before.count("\n") - after.count("\n")
        in_brackets = lines and isinstance(target, ast.expr) and not file.endswith(".json")
        padded = f"({after}{chr(10) * lines})" if in_brackets else after + "\n" * lines
        mutation = Mutation(file, target.lineno, kind, before, padded, begin)
        if before != padded:
            found.add(mutation)
    return sorted(found, key=lambda each: (each.start, each.kind, each.after))


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def is_valid(source: bytes) -> bool:
    """Whether a file can be compiled; taking something away may leave, say, a generator without its parentheses."""
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _short(text: str) -> str:
    return " ".join(text.split())[:90]


def _faults(tree: ast.Module) -> Iterator[tuple[str, "ast.expr | ast.stmt", str]]:
    for node in _walk(tree):
        for kind, faults in _KINDS.items():
            for target, after in faults(node):
                assert isinstance(target, ast.expr | ast.stmt)
                yield kind, target, after


def _faults_in_json(tree: ast.Module) -> Iterator[tuple[str, ast.expr, str]]:
    """Every text misspelt, and every entry left out; a ``Sid`` is what people call a statement."""
    names = {id(each) for node in ast.walk(tree) if isinstance(node, ast.Dict) for each in _called(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in names:
            yield "string", node, json.dumps(_misspelt(node.value))
        elif isinstance(node, ast.List | ast.Dict):
            value = ast.literal_eval(node)
            for key in value if isinstance(value, dict) else range(len(value)):
                rest = {**value} if isinstance(value, dict) else [*value]
                del rest[key]
                if key != "Sid":
                    yield "entry", node, json.dumps(rest)


def _called(node: ast.Dict) -> list[ast.expr]:
    pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)]
    return [each for key, value in pairs if key.value == "Sid" for each in (key, value)]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node whose change can change behaviour; those inside an f-string have no usable place before Python 3.12."""
    for child in _children(node):
        if not isinstance(child, ast.Import | ast.ImportFrom) and not _says_nothing(child):
            yield child
            yield from () if isinstance(child, ast.JoinedStr) else _walk(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_comment"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and (name != "keywords" or child in _keywords(node)):
                yield child


def _keywords(node: ast.AST) -> list[ast.keyword]:
    """The arguments of a call that are given by name; not what zip is told, which is an assertion of the code about itself."""
    is_zip = isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"
    return [] if is_zip else getattr(node, "keywords", [])


def _says_nothing(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        is_type = isinstance(node.value, ast.Subscript) and ast.unparse(node.value.value).rpartition(".")[2] in _TYPES
        return is_type or node.targets[0].id == "__all__"
    if isinstance(node, ast.Expr):  # a docstring
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):  # what a program begins with, and imports for types alone, which tests/wheel does without
        return ast.unparse(node.test) in {"__name__ == '__main__'", "TYPE_CHECKING"}
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SAYS_NOTHING


def _comparison(node: ast.AST) -> _Sites:
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            turned = [*node.ops[:index], _COMPARISONS[type(operator)](), *node.ops[index + 1 :]]
            yield node, ast.unparse(ast.Compare(node.left, turned, node.comparators))


def _constant(node: ast.AST) -> _Sites:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield node, repr(node.value + 1 if isinstance(node.value, int) else node.value * 2 or 1.0)
        if isinstance(node.value, int) and node.value > 0:
            yield node, repr(node.value - 1)


def _boolean(node: ast.AST) -> _Sites:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, repr(not node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, f"bool({ast.unparse(node.operand)})"


def _string(node: ast.AST) -> _Sites:
    """Names, keys and patterns; a sentence is for people, and no test should hold its spelling."""
    if isinstance(node, ast.JoinedStr) and not any(letter.isspace() for letter in _text(node)):
        yield from ((node, ast.unparse(ast.JoinedStr(values))) for values in _other_values(node.values))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) > 1 and len(node.value.split()) == 1:
        yield node, repr(_misspelt(node.value))
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes) and len(node.value) > 1:
        yield node, repr(node.value + node.value[-1:])


def _misspelt(text: str) -> str:
    """The text with its last letter twice; a second star or plus would match what one does, so a letter takes its place."""
    return text[:-1] + "x" if text.endswith(("*", "+", "?")) else text + text[-1:]


def _text(node: ast.JoinedStr) -> str:
    return "".join(each.value for each in node.values if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _other_values(values: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """The parts of an f-string without one of its values, or with one of its texts misspelt."""
    for index, value in enumerate(values):
        if isinstance(value, ast.FormattedValue):
            yield [*values[:index], *values[index + 1 :]]
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield [*values[:index], ast.Constant(_misspelt(value.value)), *values[index + 1 :]]


def _arithmetic(node: ast.AST) -> _Sites:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node.left) and not _is_text(node.right):
        yield node, f"({ast.unparse(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))})"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _branch(node: ast.AST) -> _Sites:
    if isinstance(node, ast.If | ast.IfExp):
        yield node.test, f"(not ({ast.unparse(node.test)}))"
    if isinstance(node, ast.comprehension):
        for condition in node.ifs:
            yield condition, "True"


def _logic(node: ast.AST) -> _Sites:
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, f"({ast.unparse(ast.BoolOp(other, node.values))})"
        for index in range(len(node.values)):
            rest = [value for place, value in enumerate(node.values) if place != index]
            yield node, f"({ast.unparse(ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0])})"


def _statement(node: ast.AST) -> _Sites:
    """What can be left out without a name that is missing later."""
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise | ast.Delete | ast.Continue | ast.Break):
        yield node, "pass"
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield node, "pass"
    # Who is told None in the place of False goes on all the same: the fault of such a line is True.
    if isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "False":
        yield node, "return None"


def _argument(node: ast.AST) -> _Sites:
    if isinstance(node, ast.Call) and not any(isinstance(each, ast.GeneratorExp) for each in node.args):
        for keyword in _keywords(node):
            yield node, ast.unparse(ast.Call(node.func, node.args, [each for each in node.keywords if each is not keyword]))
        if len(node.args) > 1:
            yield node, ast.unparse(ast.Call(node.func, node.args[:-1], node.keywords))


def _entry(node: ast.AST) -> _Sites:
    if isinstance(node, ast.Dict):
        for index in range(len(node.keys)):
            keys, values = [*node.keys], [*node.values]
            del keys[index], values[index]
            yield node, ast.unparse(ast.Dict(keys, values))
    if isinstance(node, ast.List | ast.Set | ast.Tuple) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and len(node.elts) > 1:
        for index in range(len(node.elts)):
            rest = [each for place, each in enumerate(node.elts) if place != index]
            yield node, ast.unparse(ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load()))


def _error(node: ast.AST) -> _Sites:
    """An error of a class that nobody expects, which says the same."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield node.exc.func, "Exception"


def _handler(node: ast.AST) -> _Sites:
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield node.type, "()"


_KINDS: dict[str, Callable[[ast.AST], _Sites]] = {
    "comparison": _comparison,
    "constant": _constant,
    "boolean": _boolean,
    "string": _string,
    "arithmetic": _arithmetic,
    "branch": _branch,
    "logic": _logic,
    "statement": _statement,
    "argument": _argument,
    "entry": _entry,
    "error": _error,
    "handler": _handler,
}
