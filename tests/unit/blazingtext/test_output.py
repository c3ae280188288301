"""What a command prints: amounts in people's words, tables, and streams that are kept apart."""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from blazingtext.cli.json_document import JsonDocument
from blazingtext.cli.output import Output
from blazingtext.figures import duration, size
from blazingtext.preflight.checks import Outcome
from blazingtext_lifecycle.errors import NotReady
from blazingtext_lifecycle.plurals import count


class Streams:
    """An output whose streams a test reads."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        self.output = Output(
            json=as_json, out=Console(file=self.out, width=20, highlight=False), err=Console(file=self.err, width=20, highlight=False)
        )


@pytest.fixture
def streams() -> Streams:
    return Streams()


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (2000, "2,000 lines"), (1_234_567, "1,234,567 lines")],
)
def test_a_number_has_its_noun(number: int, said: str) -> None:
    assert count(number, "lines") == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (31_234, "31.2 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_000_000, "1.0 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
        (2_500_000_000, "2.5 GB"),
        (1_500_000_000_000, "1.5 TB"),
        (2_000_000_000_000_000, "2,000.0 TB"),
    ],
)
def test_bytes_are_said_in_the_unit_that_fits(number: float, said: str) -> None:
    assert size(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (9.96, "10.0 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 00 min"),
        (90_061, "25 h 01 min"),
    ],
)
def test_seconds_are_said_in_the_units_that_fit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("verb", "line"), [("say", "words"), ("warn", "warning words"), ("done", "done words"), ("next", "next: words")])
def test_what_is_going_on_goes_to_stderr_alone(streams: Streams, verb: str, line: str) -> None:
    getattr(streams.output, verb)("words")

    assert (streams.out.getvalue(), streams.err.getvalue()) == ("", f"{line}\n")


def test_a_line_of_the_result_is_neither_wrapped_nor_read_as_markup(streams: Streams) -> None:
    streams.output.text("[bold]a line that is longer than the terminal[/bold]")

    assert streams.out.getvalue() == "[bold]a line that is longer than the terminal[/bold]\n"
    assert streams.err.getvalue() == ""


def test_an_error_goes_to_stderr_and_is_the_document_when_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    plain, asked = Streams(), Streams(as_json=True)
    error = NotReady("Wait.")

    plain.output.fail(error, "Wait.", 3)
    asked.output.fail(error, "Wait.", 3, more=1)

    assert plain.err.getvalue() == asked.err.getvalue() == "error Wait.\n"
    (document,) = [json.loads(text) for text in (capsys.readouterr().out, asked.out.getvalue()) if text]
    assert (document["error"]["type"], document["error"]["message"], document["error"]["exit_code"]) == ("NotReady", "Wait.", 3)


def test_a_result_is_shown_to_people_or_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[Any] = []

    Streams().output.result({"a": 1}, lambda: shown.append("table"))
    Streams(as_json=True).output.result({"a": 1}, lambda: shown.append("never"))

    assert shown == ["table"]
    assert json.loads(capsys.readouterr().out) == {"a": 1}


def test_a_table_has_columns_as_wide_as_their_widest_cell(streams: Streams) -> None:
    streams.output.table(["name", "size"], [["a", "1"], ["long-name", "23456"]], title="Files", right=[1])

    assert streams.out.getvalue().splitlines() == ["Files", "name        size", "a              1", "long-name  23456"]


def test_a_wide_character_counts_as_two_and_empty_headings_are_no_line(streams: Streams) -> None:
    streams.output.table(["", ""], [["\u72ac", "x"], ["ab", "y"]])

    assert streams.out.getvalue().splitlines() == ["\u72ac  x", "ab  y"]


def test_without_a_terminal_there_is_no_progress_bar(streams: Streams) -> None:
    with streams.output.progress("Sending", 10) as advance, streams.output.waiting("Waiting") as say:
        advance(5)
        say("still")

    assert (streams.out.getvalue(), streams.err.getvalue()) == ("", "")


def test_what_json_has_no_type_for_is_what_people_would_write(capsys: pytest.CaptureFixture[str]) -> None:
    value = {
        "path": Path("a/b"),
        "set": {"b", "a"},
        "frozen": frozenset({2, 1}),
        "time": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "outcome": Outcome.OK,
        "numbers": np.array([1.5, float("nan")]),
        "number": np.float32(0.5),
        "infinite": float("inf"),
        "words": "\u4e2d",
    }

    JsonDocument().print(value)

    assert json.loads(capsys.readouterr().out) == {
        "path": "a/b",
        "set": ["a", "b"],
        "frozen": [1, 2],
        "time": "2026-11-22T12:00:00+00:00",
        "outcome": Outcome.OK.value,
        "numbers": [1.5, None],
        "number": 0.5,
        "infinite": None,
        "words": "\u4e2d",
    }
    with pytest.raises(TypeError, match="object has no JSON form"):
        JsonDocument().print(object())


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "\u4e2d"), ("UTF8", "\u4e2d"), ("latin-1", "\\u4e2d")])
def test_json_is_readable_where_the_terminal_can_show_it(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)

    document = JsonDocument()
    document.print({"a": "\u4e2d"})
    document.print({"b": "the second is not printed"})
    stream.flush()

    said: Any = stream.buffer
    assert said.getvalue().decode(encoding) == f'{{\n  "a": "{shown}"\n}}\n'


def test_bytes_that_are_no_text_are_escapes_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    JsonDocument().print({"name": "\udcff\u4e2d"})

    said = capsys.readouterr().out
    assert json.loads(said) == {"name": "\udcff\u4e2d"}
    assert "\u4e2d" in said
