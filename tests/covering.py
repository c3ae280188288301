"""Which test shows what an option of the command line does: one of the journey's, or, for the sandbox's own commands, one of tests/parity.

Every option of every command has one: `tests/docs/test_options.py` takes the options from the command line itself, so a new option without
a test is a failure.
"""

import inspect
from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

# The options that every command has: they are shown once.
EVERYWHERE = "every command"
# Command and option, or "" for the command itself, to the test.
TESTS: dict[tuple[str, str], str] = {}


def covers(command: str, *options: str) -> Callable[[Test], Test]:
    """Marks the test that shows the result and the exit code of a command with some options.

    Raises:
        ValueError: another test has an option already, or the test's source does not hold it.
    """

    def mark(test: Test) -> Test:
        source = inspect.getsource(inspect.unwrap(test))
        for option in ("", *options):
            key = (command, option)
            name = f"{test.__module__}::{test.__name__}"
            if option and TESTS.get(key, name) != name:
                raise ValueError(f"{key} is shown by {TESTS[key]} already.")
            if option and source.count(f'"{option}"') < 2:
                raise ValueError(f"{name} says that it covers {option}, and does not use it.")
            TESTS.setdefault(key, name)
        return test

    return mark
