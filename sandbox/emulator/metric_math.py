"""CloudWatch's metric mathematics, as far as alarms here need it: numbers, `+ - * /`, comparisons, `IF`, `FILL`, `MIN` and `MAX`.

A metric without a value in a period makes everything computed from it missing, except what `FILL` fills, and a division by zero is
missing too. Comparisons give 1 or 0.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Final

Value = float | None

_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class ExpressionError(Exception):
    """An expression that is wrong, or that is not emulated; the message says which."""


def names(expression: str) -> set[str]:
    """The metrics that an expression is computed from.

    Raises:
        ExpressionError: it cannot be read, or holds what is not emulated.
    """
    found, open_ = set[str](), [_parse(expression)]
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif not _is_number(node):
            operands = _function(node)[1]
            if not operands:
                raise ExpressionError(f"The expression {expression!r} is not emulated: {ast.unparse(node)!r} is not known here.")
            open_ += operands
    return found


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """The value of an expression in one period; None when it is missing.

    Args:
        expression: one that `names` accepts.
        values: the metrics' values in that period, None for those that have none.
    """
    return _value(_parse(expression), values)


def _parse(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError) as problem:
        raise ExpressionError(f"The expression {expression!r} is not emulated: it cannot be read.") from problem


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _function(node: ast.expr) -> tuple[Callable[..., Value], list[ast.expr]]:
    """What a node computes, and from which nodes; from none when it is not emulated."""
    match node:
        case ast.UnaryOp(op=ast.USub()):
            return _of_known(operator.neg), [node.operand]
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            return _of_known(_ARITHMETIC[type(node.op)]), [node.left, node.right]
        case ast.Compare(ops=[compare], comparators=[right]) if type(compare) in _COMPARISONS:
            return _of_known(_COMPARISONS[type(compare)]), [node.left, right]
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            function, least, most = _FUNCTIONS[name]
            return function, node.args if least <= len(node.args) <= most else []
        case _:
            return _of_known(max), []


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type] # `names` has let numbers through and nothing else
    function, operands = _function(node)
    return function(*(_value(each, values) for each in operands))


def _of_known(function: Callable[..., float]) -> Callable[..., Value]:
    """A function whose value is missing as soon as an operand is."""

    def value(*operands: Value) -> Value:
        if None in operands:
            return None
        try:
            return float(function(*operands))
        except ZeroDivisionError:
            return None

    return value


def _if(condition: Value, then: Value, otherwise: Value = None) -> Value:
    return None if condition is None else then if condition else otherwise


def _fill(value: Value, filling: Value) -> Value:
    return filling if value is None else value


#: A function, and how many arguments it takes at least and at most.
_FUNCTIONS: Final[Mapping[str, tuple[Callable[..., Value], int, int]]] = {
    "IF": (_if, 2, 3),
    "FILL": (_fill, 2, 2),
    "MIN": (_of_known(min), 2, 10),
    "MAX": (_of_known(max), 2, 10),
}
