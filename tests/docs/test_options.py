"""Every option of every command has a test against the sandbox that shows its result and its exit code."""

from collections.abc import Iterator

import click
import pytest

from blazingtext.cli import document, options
from blazingtext.cli import main as cli
from blazingtext_sandbox import cli as sandbox
from tests.covering import EVERYWHERE, TESTS, covers
from tests.journey import (
    test_3_commands_processing,
    test_3_commands_serving,
    test_3_commands_training,
    test_3_commands_transform,
    test_3_commands_tuning,
    test_3_evaluate,
    test_3_local,
    test_3_looking,
    test_5_preflight,
    test_8_approval,
    test_8_operations,
    test_8_traffic,
)
from tests.parity import test_sandbox_command

# Imported for what they cover.
FILES = (
    test_3_commands_processing,
    test_3_commands_training,
    test_3_commands_transform,
    test_3_commands_tuning,
    test_3_commands_serving,
    test_3_evaluate,
    test_3_local,
    test_3_looking,
    test_5_preflight,
    test_8_approval,
    test_8_operations,
    test_8_traffic,
    test_sandbox_command,
)


def live() -> Iterator[tuple[str, str]]:
    """Every command, and every option of it by its longest name, as the command lines have them: ours and that of the sandbox."""
    yield from ((EVERYWHERE, f"--{name}") for name in ("", *options.NAMES) if name)
    yield from sandbox_options()
    for path, command in document.all_commands(cli.cli, ["blazingtext"]):
        name = " ".join(path[1:])
        if isinstance(command, click.Group) or name == "sandbox":
            continue
        yield name, ""
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in options.NAMES:
                yield name, max(option.opts, key=len) if "--column" not in option.opts else "--column"


def sandbox_options() -> Iterator[tuple[str, str]]:
    """The same of the sandbox, a program of its own, whose options belong to its verbs."""
    for name, command in sandbox.main.commands.items():
        yield f"sandbox {name}", ""
        for option in command.params:
            if isinstance(option, click.Option):
                yield f"sandbox {name}", max(option.opts, key=len)


def test_every_option_of_every_command_has_a_test_and_no_test_is_for_an_option_that_is_gone() -> None:
    wanted = set(live())

    assert len(wanted) > 100
    assert wanted - TESTS.keys() == set(), "write a test in tests/journey, or for the sandbox in tests/parity, and mark it with @covers"
    assert TESTS.keys() - wanted - {(EVERYWHERE, "")} == set()


def test_a_test_that_does_not_use_its_option_covers_nothing() -> None:
    def test_nothing() -> None:
        """Uses no option at all."""

    with pytest.raises(ValueError, match="does not use it"):
        covers("train", "--epochs-of-nothing")(test_nothing)
