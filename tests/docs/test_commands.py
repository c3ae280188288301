"""What the pages tell people to type can be typed, and what needs no account is typed here."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from blazingtext.cli import document
from blazingtext.cli import main as cli
from blazingtext_sandbox import cli as sandbox

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("[a-z]*/README.md")])
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(blazingtext [^`]+)`")
INSIDE = re.compile(r"\$\((blazingtext [^)|]+)")
# How the story of the README is told by the journey, but for the sandbox's own commands: parity tests start and stop real ones.
SANDBOX = {("sandbox", verb) for verb in ("up", "down", "reset", "env", "status", "list", "logs", "run")}


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `blazingtext` of each command that a page shows, in a block or in a sentence."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *INLINE.findall(text)]:
        for part in [*re.split(r"&&|\||;", line), *INSIDE.findall(line)]:
            if re.match(r"\s*(\$ )?blazingtext ", part):
                yield shlex.split(part.strip().removeprefix("$ "), comments=True)[1:]


def shown() -> list[tuple[str, tuple[str, ...]]]:
    """Every page's commands; `blazingtext sandbox ...` stands for several, and `blazingtext --stage` names an option."""
    found = {(str(page.relative_to(ROOT)), tuple(words)) for page in PAGES for words in commands(page)}
    return sorted((page, words) for page, words in found if "..." not in words and not words[0].startswith("-"))


@pytest.mark.parametrize(("page", "words"), shown(), ids=lambda value: value if isinstance(value, str) else " ".join(value))
def test_every_command_a_page_shows_is_understood(page: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    # With --help at its end a command is read to that end, unknown verbs and options are refused, and nothing is done.
    code = cli.run([*words, "--help"])

    assert code == 0, f"{page}: blazingtext {' '.join(words)}\n{capsys.readouterr().err}"


def verb(words: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(words[:2]) if words[0] in {"corpus", "sandbox"} else tuple(words[:1])


def journey() -> set[tuple[str, ...]]:
    """The verbs that the journey runs: the texts its calls of `blazingtext(...)` begin with."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests/journey").glob("*.py"))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    called = (call.args for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "blazingtext" and call.args)
    return {
        verb([argument.value for argument in arguments if isinstance(argument, ast.Constant) and isinstance(argument.value, str)])
        for arguments in called
        if isinstance(arguments[0], ast.Constant)
    }


def test_the_story_of_the_readme_is_the_one_the_journey_lives() -> None:
    story = max(BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")), key=len)
    told = {verb(shlex.split(line, comments=True)[1:]) for line in story.splitlines() if line.startswith("blazingtext ")}

    assert len(told) > 8
    assert told <= journey() | SANDBOX


def test_the_readmes_commands_that_need_no_account_do_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    story = [words for words in commands(ROOT / "README.md") if words[:2] == ["corpus", "sample"]]

    codes = [cli.run(words) for words in story[:1]]

    assert codes == [0]
    # The next line of the story sends this very file.
    assert (tmp_path / "wikipedia.txt").stat().st_size > 30_000_000
    assert cli.run(["corpus", "stats", "wikipedia.txt"]) == 0
    assert "the" in capsys.readouterr().out


def tabled_commands() -> list[str]:
    """The commands of the README's table: a row's first names the whole command, those after it only their last word."""
    (table,) = re.findall(r"^\| command \|.*\n\|[-|]+\n((?:\|.*\n)+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    found = []
    for row in table.splitlines():
        first, *others = re.findall(r"`([^`]+)`", row.split("|")[1])
        found += [first, *(f"{first.rpartition(' ')[0]} {name}" for name in others)]
    return found


def live_commands() -> set[str]:
    """Every command that can be typed, without the groups; those of the sandbox come from its own program."""
    ours = document.all_commands(cli.cli, ["blazingtext"])
    theirs = document.all_commands(sandbox.main, ["blazingtext", "sandbox"])
    found = {" ".join(path) for path, command in [*ours, *theirs] if not isinstance(command, click.Group)}
    return found - {"blazingtext sandbox"}


def test_the_readmes_table_holds_every_command_once_and_no_other() -> None:
    tabled = tabled_commands()

    assert len(tabled) == len(set(tabled))
    assert set(tabled) == live_commands()
