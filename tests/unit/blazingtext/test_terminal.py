"""What reaches a terminal, a pipe and a program that reads JSON."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from blazingtext.cli import document, main
from blazingtext.cli.json_document import as_json
from blazingtext.cli.output import Output, _console
from blazingtext.cli.terminal import visible
from tests.patience import PATIENCE
from tests.unit.blazingtext.conftest import Typed

NASTY = ":heart: [red]x[/red] \x1b[31mred\x1b[0m \x9b31m \x07 a\rb \u202egnp $x^2$ \\"
# Each command of the tree, as a person would pipe its help.
COMMANDS = [path[1:] for path, _ in document.all_commands(main.cli, ["blazingtext"])]


def shown(width: int = 80, **options: object) -> tuple[Output, io.StringIO]:
    """An output that writes to a text."""
    out = io.StringIO()
    console = _console(stderr=False)
    console.__dict__.update(Console(file=out, width=width, highlight=False, emoji=False, **options).__dict__)  # type: ignore[arg-type] # a test's
    return Output(out=console, err=console), out


@pytest.mark.parametrize("method", ["text", "say", "warn", "done", "next"])
def test_words_are_shown_as_they_are_and_control_nothing(method: str) -> None:
    output, out = shown()

    getattr(output, method)(NASTY)
    output.table(("word", NASTY), [(NASTY, "1")], title=NASTY)

    assert out.getvalue().count(r":heart: [red]x[/red] \x1b[31mred\x1b[0m \x9b31m \x07 a\rb \u202egnp $x^2$") == 4
    assert not set(out.getvalue()) & set("\x1b\x9b\x07\r\u202e")


@given(st.text(max_size=30))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    found = visible(text)

    assert not any((ord(character) < 32 and character not in "\t\n") or 127 <= ord(character) < 160 for character in found)
    found.encode()


@pytest.mark.parametrize("width", [40, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_tables_are_whole_at_any_width(width: int, colour: bool) -> None:
    output, out = shown(width, force_terminal=True, no_color=not colour)

    output.table(("name", "value"), [("x" * 90, "1"), ("\u65e5\u672c", "2")])
    output.warn("y" * 90)

    assert f"{'x' * 90}  1" in out.getvalue()
    assert "y" * 90 in out.getvalue()
    assert ("\x1b[33m" in out.getvalue()) is colour


@dataclass
class Scores:
    mean: float
    all: tuple[float, ...]


def test_json_has_neither_nan_nor_infinities() -> None:
    found = as_json({"scores": Scores(float("nan"), (1.5, float("inf"))), "where": Path("a")})

    assert json.loads(found, parse_constant=pytest.fail) == {"scores": {"mean": None, "all": [1.5, None]}, "where": "a"}


def test_json_holds_what_was_typed_in_another_encoding_as_an_escape() -> None:
    found = as_json({"caf\udce9": "\udcff", "plain": "caf\u00e9"})

    found.encode()
    assert json.loads(found) == {"caf\udce9": "\udcff", "plain": "caf\u00e9"}


def test_usage_errors_are_json_too_and_quote_what_was_typed(typed: Typed) -> None:
    for arguments in (["corpus", "stats", "--json"], ["--json", "\x1b[31mnonsense"], ["upload", "x", "--no-such", "--json"]):
        code, out, err = typed(*arguments)

        error = json.loads(out)["error"]
        assert (code, error["exit_code"]) == (2, 2)
        assert "\x1b" not in out + err
        assert error["message"]


def exit_code_into_a_closed_pipe(arguments: list[str], *, both: bool) -> int:
    """The exit code of a command whose reader has gone away, in a process of its own."""
    child = os.fork()
    if not child:
        reader, writer = os.pipe()
        os.close(reader)
        os.dup2(writer, 1)
        os.dup2(writer if both else os.open(os.devnull, os.O_WRONLY), 2)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the process's own stdout
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - likewise
        code = 99
        try:
            code = main.run(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
        except SystemExit as stop:
            code = int(str(stop.code))
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_goes_away_is_no_failure(command: list[str]) -> None:
    assert exit_code_into_a_closed_pipe([*command, "--help"], both=False) == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize(
    "arguments", [["stats", "{}"], ["stats", "{}", "--json"], ["prepare", "{}", "-o", "-"], ["prepare", "{}", "-o", "{}.out"]]
)
@pytest.mark.parametrize("both", [False, True])
def test_neither_is_it_for_results(tmp_path: Path, arguments: list[str], both: bool) -> None:
    path = tmp_path / "a.txt"
    path.write_text("".join(f"word{number}\n" for number in range(30_000)))

    assert exit_code_into_a_closed_pipe(["corpus", *(each.format(path) for each in arguments)], both=both) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_terminals_of_any_encoding_show_every_word(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\u65e5\u672c caf\u00e9\n" * 9, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "blazingtext", "corpus", "stats", str(path)],
        env={**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "40"},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )

    expected = "\u65e5\u672c 9".encode(encoding, "backslashreplace")
    assert (done.returncode, expected in done.stdout) == (0, True), done.stderr
