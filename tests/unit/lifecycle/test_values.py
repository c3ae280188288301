from decimal import Decimal
from typing import Any

import pytest

from blazingtext_lifecycle import values


@pytest.mark.parametrize(("raw", "number"), [(3, 3), ("3", 3), (" 3 ", 3), ("-3", -3), ("+3", 3), (0, 0)])
def test_a_whole_number_is_read_from_json_and_text(raw: object, number: int) -> None:
    assert values.whole_number(raw) == number


@pytest.mark.parametrize("raw", [True, 3.0, Decimal(3), "3.0", "", None, "1_000", "\u0663", [3], "9" * 5000])
def test_what_is_no_whole_number_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"not a whole number|limit"):
        values.whole_number(raw)


@pytest.mark.parametrize(("raw", "allowed"), [(0, False), (1, True), ("20", True), (21, False)])
def test_both_bounds_of_a_whole_number_are_allowed(raw: object, allowed: bool) -> None:
    if allowed:
        assert 1 <= values.whole_number(raw, 1, 20) <= 20
    else:
        with pytest.raises(ValueError, match="is not from"):
            values.whole_number(raw, 1, 20)


@pytest.mark.parametrize(("raw", "number"), [(1, 1.0), ("0.5", 0.5), ("1e-3", 0.001), (-1.5, -1.5)])
def test_a_number_is_read_from_json_and_text(raw: object, number: float) -> None:
    assert values.number(raw) == number


@pytest.mark.parametrize("raw", [True, "nan", "inf", float("-inf"), "", None, "x", 10**400, [1.0], "0.0_1", "\u0665", "0x1"])
def test_what_is_no_finite_number_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"not a number|too large|not a finite|could not convert"):
        values.number(raw)


def test_a_number_out_of_bounds_is_refused() -> None:
    assert values.number("-1", -1, 1) == -1
    for raw in ("-1.01", 1.01):
        with pytest.raises(ValueError, match="is not from"):
            values.number(raw, -1, 1)


@pytest.mark.parametrize(("raw", "expected"), [(True, True), ("True", True), ("false", False), (" FALSE ", False)])
def test_a_boolean_is_read_from_json_and_text(raw: object, expected: bool) -> None:
    assert values.boolean(raw) is expected


@pytest.mark.parametrize("raw", [1, 0, "yes", "", None])
def test_what_is_neither_true_nor_false_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        values.boolean(raw)


def test_a_json_object_is_read_from_a_mapping_and_from_text() -> None:
    assert values.json_object('{"epochs": 3}') == values.json_object({"epochs": 3}) == {"epochs": 3}


@pytest.mark.parametrize("raw", ["[1]", "not json", 3, "3", None])
def test_what_is_no_json_object_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"not a JSON object|Expecting value"):
        values.json_object(raw)


def test_json_that_is_nested_too_deeply_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"^'\[\[.*\.\.\. is nested too deeply$"):
        values.json_object("[" * 100_000)


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def test_what_python_cannot_write_is_shown_in_words() -> None:
    assert values.shown(10**5000) == "a number of thousands of digits"
    assert values.shown(nested(100_000)) == "a deeply nested value"


def test_what_a_message_shows_has_eighty_characters_at_most() -> None:
    assert values.shown("a" * 78) == f"'{'a' * 78}'"
    assert values.shown("a" * 79) == f"'{'a' * 79}..."
    assert values.shown("a" * 1000) == f"'{'a' * 79}..."
