import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from blazingtext.cli import demo
from blazingtext.cli.demo_steps import Plan
from blazingtext.cli.output import Output

WORLD = {
    "set": {"AWS_ENDPOINT_URL": "https://localhost:1", "AWS_SECRET_ACCESS_KEY": "invented"},
    "unset": ["AWS_PROFILE", "AWS_SESSION_TOKEN"],
}


class Machine:
    """Runs nothing: remembers commands and their environments, and fails where a test wants it."""

    def __init__(self, fail: str = "", interrupt: str = "") -> None:
        self.commands: list[str] = []
        self.environments: list[dict[str, str]] = []
        self._fail, self._interrupt = fail, interrupt

    def run(self, command: list[str], *, env: dict[str, str] | None = None, **_: Any) -> subprocess.CompletedProcess[str]:
        typed = " ".join(Path(word).name if "/" in word and number == 0 else word for number, word in enumerate(command))
        self.commands.append(typed.replace(f"{Path(sys.executable).name} -m ", ""))
        self.environments.append(dict(env or {}))
        if self._interrupt and self._interrupt in typed:
            raise KeyboardInterrupt
        if "sandbox env" in typed:
            return subprocess.CompletedProcess(command, 0, json.dumps(WORLD), "")
        return subprocess.CompletedProcess(command, 7 if self._fail and self._fail in typed else 0, "", "")

    def verbs(self) -> list[str]:
        return [" ".join(command.split()[: 3 if _is_group(command) else 2]) for command in self.commands]


def _is_group(command: str) -> bool:
    return command.startswith(("blazingtext_sandbox", "blazingtext sandbox", "blazingtext corpus"))


@pytest.fixture(name="output")
def _output() -> Output:
    return Output(out=Console(file=io.StringIO(), width=80), err=Console(file=io.StringIO(), width=80))


def play(monkeypatch: pytest.MonkeyPatch, machine: Machine, output: Output, plan: Plan | None = None) -> int:
    monkeypatch.setattr("subprocess.run", machine.run)
    return demo.run(output, plan or Plan("dev"))


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_whole_life_is_lived_in_order(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine = Machine()

    code = play(monkeypatch, machine, output)

    assert code == 0
    assert machine.verbs() == [
        "blazingtext sandbox up",
        "blazingtext_sandbox env --name",
        "cdk bootstrap",
        "cdk deploy",
        "blazingtext corpus sample",
        "blazingtext corpus stats",
        "blazingtext upload",
        "blazingtext train",
        "blazingtext evaluate",
        "blazingtext status",
        "blazingtext predict",
        "blazingtext neighbors",
        "blazingtext map",
        "cdk destroy",
        "blazingtext audit",
        "blazingtext sandbox down",
    ]
    assert "predict awesome blazing" in " ".join(machine.commands)
    assert any(re.search(r"/blazingtext-demo-\w+/", command) for command in machine.commands)


def test_every_step_is_announced_as_a_person_would_type_it_and_timed(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    play(monkeypatch, Machine(), output)

    assert "$ cdk deploy --all --require-approval never\n" in text(output.err)
    assert "$ blazingtext train --corpus wikipedia --watch\n" in text(output.err)
    assert text(output.err).count("took ") == 15
    assert "Destroy everything" in text(output.out)


def test_the_commands_see_the_sandbox_and_not_the_persons_own_account(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    machine = Machine()

    play(monkeypatch, machine, output)

    for command, environment in zip(machine.commands, machine.environments, strict=True):
        if "sandbox" not in command:
            assert environment["AWS_ENDPOINT_URL"] == "https://localhost:1", command
            assert "AWS_PROFILE" not in environment
            assert "AWS_SESSION_TOKEN" not in environment
            assert environment["PATH"].startswith(str(Path(sys.executable).parent) + os.pathsep)


@pytest.mark.parametrize("step", ["cdk deploy", "train", "audit"])
def test_a_failing_step_ends_the_demo_with_its_code_and_takes_the_sandbox_down(
    monkeypatch: pytest.MonkeyPatch, output: Output, step: str
) -> None:
    machine = Machine(fail=step)

    code = play(monkeypatch, machine, output)

    assert code == 7
    assert step in machine.commands[-2]
    assert "sandbox down" in machine.commands[-1]
    assert "exit code 7" in text(output.err)


def test_an_interrupted_demo_leaves_no_sandbox(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine = Machine(interrupt="train")

    with pytest.raises(KeyboardInterrupt):
        play(monkeypatch, machine, output)

    assert "sandbox down" in machine.commands[-1]


def test_a_sandbox_that_does_not_start_is_the_end(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine = Machine(fail="sandbox up")

    assert play(monkeypatch, machine, output) == 7
    assert len(machine.commands) == 1


def test_with_keep_everything_stays_and_the_way_in_is_told(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine = Machine()

    play(monkeypatch, machine, output, Plan("dev", keep=True))

    assert not [command for command in machine.commands if "destroy" in command or "down" in command]
    assert "blazingtext sandbox env --name demo-" in text(output.err)


def test_a_corpus_of_ones_own_and_another_stage_go_through_all_steps(
    monkeypatch: pytest.MonkeyPatch, output: Output, tmp_path: Path
) -> None:
    machine = Machine()

    play(monkeypatch, machine, output, Plan("trial", corpus=tmp_path / "mine.txt"))

    assert "blazingtext corpus sample" not in machine.verbs()
    assert any(command.startswith(f"blazingtext upload {tmp_path / 'mine.txt'}") for command in machine.commands)
    staged = [
        command
        for command in machine.commands
        if not command.startswith(("blazingtext sandbox", "blazingtext_sandbox", "blazingtext corpus"))
    ]
    assert all("stage=trial" in command or "--stage trial" in command for command in staged)


def test_the_demo_needs_everything_installed_before_anything_is_run(monkeypatch: pytest.MonkeyPatch, output: Output) -> None:
    machine, asked = Machine(), []

    def require(extra: str) -> None:
        asked.append((extra, len(machine.commands)))

    monkeypatch.setattr(demo, "require", require)
    play(monkeypatch, machine, output)

    assert asked == [("all", 0)]


def test_steps_stand_apart_and_their_commands_are_never_wrapped(monkeypatch: pytest.MonkeyPatch, output: Output, tmp_path: Path) -> None:
    corpus = tmp_path / ("x" * 100)
    play(monkeypatch, Machine(), output, Plan("dev", corpus=corpus))

    told = text(output.err)
    assert f"\n$ blazingtext upload {corpus}" in told
    assert [line for line in told.splitlines() if line.startswith("2. ")] == [told.split("\n\n")[1].splitlines()[0]]
    assert told.split("\n\n")[-1].startswith("done everything was created")
