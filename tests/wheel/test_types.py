"""A program of somebody else's is checked by mypy against the installed wheel."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.wheel.installation import Installation, environment

# A line of each package that is right, with the type that mypy must see, and one that is wrong.
PROGRAM = """
from pathlib import Path
from blazingtext import BlazingText
from blazingtext_engine.container.opt_ml import Container
from blazingtext_functions.launch_training import handler, launch
from blazingtext_lifecycle.launching import Clients
from blazingtext_lifecycle.naming import check_stage
from blazingtext_sandbox.account import Sandbox
from blazingtext_stacks.settings import Settings

class Lambda:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000

reveal_type(BlazingText("dev").train("wiki").job)
reveal_type(Container(Path("ml")).model)
reveal_type(handler({}, Lambda())["job"])
reveal_type(check_stage("dev"))
reveal_type(Sandbox(Path("home")).url)
reveal_type(Settings().stage)

BlazingText(stage=1)
Container("ml")
launch({}, "wiki", Clients(None, None))
check_stage(1)
Sandbox("home")
Settings(stage=1)
"""
REVEALED = ["str", "pathlib.Path", "Any", "str", "str", "str"]


@pytest.fixture(name="said", scope="module")
def _said(installed: Callable[[str], Installation], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of the program; no requirement of ours is installed with the types it might have."""
    folder = tmp_path_factory.mktemp("their project")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed("").python), "program.py"]
    checked = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    return checked.stdout.splitlines()


def test_types_are_seen_in_somebody_elses_project(said: list[str]) -> None:
    assert [re.sub(r'.*Revealed type is "(builtins\.)?(.*)"', r"\2", line) for line in said if "Revealed" in line] == REVEALED


def test_a_wrong_argument_of_each_package_is_an_error(said: list[str]) -> None:
    lines = PROGRAM.splitlines()
    first = lines.index("BlazingText(stage=1)") + 1
    wrong = list(range(first, len(lines) + 1))

    assert [int(line.split(":")[1]) for line in said if "[arg-type]" in line] == wrong
    # No import that mypy skips, and nothing else.
    assert len(said) == len(REVEALED) + len(wrong) + 1
