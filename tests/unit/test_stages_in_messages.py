"""A message that tells what to type says so for the stage that it is about: without `--stage`, it would be done to another one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from blazingtext.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[2]
PARTS = ("lambda", "blazingtext", "stacks")
# These do nothing to a stage.
OF_NO_STAGE = ("corpus", "demo", "local", "sandbox")
ABOUT_A_STAGE = [command for command in COMMANDS if command not in OF_NO_STAGE]
_COMMAND = re.compile(
    rf"\bblazingtext (?:{'|'.join(ABOUT_A_STAGE)})\b(?!.*--stage)(?! [a-z ]*--help)|\bcdk (?:deploy|destroy)\b(?!.*stage=)", re.DOTALL
)
# What a setting means, for every stage; and the default stage, which goes without saying.
WITHOUT = {
    ("lambda/lifecycle/naming.py", "cdk deploy"),
    # These are about a file or a folder on this machine, or say what a setting is for.
    ("blazingtext/cli/evaluate.py", "blazingtext evaluate"),
    ("blazingtext/cli/model_source.py", "blazingtext export"),
    ("blazingtext/runs/local_models.py", "blazingtext export"),
    ("blazingtext/vectors/public_sets.py", "blazingtext evaluate"),
    ("blazingtext/vectors/reading.py", "blazingtext export"),
    ("stacks/settings.py", "blazingtext shadow"),
    ("stacks/settings.py", "blazingtext upload"),
    ("stacks/settings.py", "cdk destroy"),
}


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module, whole where values are put in; not its docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    left_out = {id(node.body[0].value) for node in ast.walk(tree)
                if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(value) for value in node.values}
            yield "".join(
                value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "{}" for value in node.values
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


def stageless(source: str) -> list[str]:
    """The commands about a stage that a module's strings name without it."""
    return [found.group() for text in texts(ast.parse(source)) for found in _COMMAND.finditer(text)]


@pytest.mark.parametrize("part", PARTS)
def test_no_message_names_a_command_without_the_stage_that_it_is_about(part: str) -> None:
    files = sorted((ROOT / part).rglob("*.py"))

    assert files
    named = {(path.relative_to(ROOT).as_posix(), command) for path in files for command in stageless(path.read_text(encoding="utf-8"))}
    assert named - WITHOUT == set(), (
        "write it with naming.command and deploy_command, or blazingtext.stages.blazingtext_command and cdk_command"
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('said = "See: blazingtext runs"', ["blazingtext runs"]),
        ('said = f"{a} Promote it: blazingtext promote {job}" "."', ["blazingtext promote"]),
        ('said = f"Pause it: blazingtext pause --stage {stage}"', []),
        ('said = "See: blazingtext models approve --help"', []),
        ('said = "Run: blazingtext corpus prepare"', []),
        ('said = "cdk destroy --all"', ["cdk destroy"]),
        ('def f():\n    """Like `blazingtext runs`."""', []),
        ("naming.command('runs', stage)", []),
    ],
)
def test_what_such_a_message_is(source: str, found: list[str]) -> None:
    assert stageless(source) == found


def named_commands(source: str) -> list[str]:
    """The words of the commands that a module names with a stage; "x" stands for what is put in."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("command", "blazingtext_command"):
            found += written(node.args[0])
    return found


def written(node: ast.expr) -> list[str]:
    """What an expression that makes a text can be."""
    if isinstance(node, ast.IfExp):
        return [*written(node.body), *written(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)]  # type: ignore[misc] # text
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def fault_of(words: str) -> str:
    """What is wrong with a command; nothing when it can be typed."""
    command: click.Command = cli
    parts = words.split()
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), parts.pop(0) if parts else "")
        if found is None:
            return f"{words}: there is no such command"
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return "".join(f"{words}: no option {part}" for part in parts if part.startswith("-") and part not in known)


@pytest.mark.parametrize("part", PARTS)
def test_every_command_that_a_message_names_can_be_typed(part: str) -> None:
    named = [words for path in sorted((ROOT / part).rglob("*.py")) for words in named_commands(path.read_text(encoding="utf-8"))]

    assert [fault for fault in map(fault_of, named) if fault] == []
    assert len(named) >= {"lambda": 20, "blazingtext": 50, "stacks": 0}[part]


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("naming.command('upload', stage)", []),
        ("naming.command(f'models approve {number}', stage)", []),
        ("naming.command('uploadd', stage)", ["uploadd: there is no such command"]),
        ("blazingtext_command('models aprove 3', stage)", ["models aprove 3: there is no such command"]),
        ("session.command('verify --repairs')", ["verify --repairs: no option --repairs"]),
    ],
)
def test_what_such_a_command_is(source: str, faults: list[str]) -> None:
    assert [fault for fault in map(fault_of, named_commands(source)) if fault] == faults
