"""`blazingtext demo`: real commands, run one after the other in a sandbox made for them.

Nothing is imported from what the commands do: the demo reads their exit codes and shows their output, as a person would.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.errors import CloudError, ConfigurationError
from blazingtext_lifecycle.extras import require

from ..figures import duration
from ..stages import blazingtext_command
from .demo_steps import Plan, Step, blazingtext, ending, steps
from .output import Output
from .session import Session, shared

# The project's folder holds app.py and cdk.json, which `cdk` needs.
_PROJECT = Path(__file__).resolve().parents[2]


@click.command()
@click.option("--keep", is_flag=True, help="Keep everything at the end: stacks, endpoint and sandbox.")
@click.option(
    "--corpus", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Your own prepared corpus instead of the sample."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("outputs"),
    help="Where to save the map [default: outputs].",
)
@shared
def demo(session: Session, keep: bool, corpus: Path | None, output: Path) -> int:
    """Run a model's whole life in a sandbox, and remove everything.

    Each step prints the command that you would type, and runs it. Nothing is sent to AWS.
    """
    return run(session.output, Plan(session.stage, keep=keep, corpus=corpus, pictures=output))


@dataclass(frozen=True)
class Done:
    """A step that was run, and how long it took."""

    title: str
    command: str
    seconds: float


@dataclass
class StepRunner:
    """Runs steps and records how long they took.

    Args:
        output: where to print.
        environment: the environment variables of the commands.
        done: the steps that have run.
    """

    output: Output
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    done: list[Done] = field(default_factory=list)

    def run(self, step: Step) -> int:
        """Runs a step; its output is the terminal's (with --json: stderr's). Returns its exit code."""
        self.output.err.print()
        self.output.err.print(f"[bold]{len(self.done) + 1}. {step.title}[/bold]")
        self.output.err.print(f"[cyan]$ {step.typed}[/cyan]", soft_wrap=True, highlight=False)
        started = time.monotonic()
        code = subprocess.run(
            step.command, env=dict(self.environment), cwd=_PROJECT, check=False, stdout=sys.stderr if self.output.json else None
        ).returncode
        seconds = time.monotonic() - started
        self.done.append(Done(step.title, step.typed, round(seconds, 1)))
        self.output.say(f"took {duration(seconds)}" if code == 0 else f"failed after {duration(seconds)} with exit code {code}")
        return code


def run(output: Output, plan: Plan) -> int:
    """Runs the whole demo; returns the exit code of the step that failed, or 0.

    Raises:
        MissingExtraError: something that a step needs is not installed.
        ConfigurationError: this is not the project's folder.
    """
    require("all")
    if not (_PROJECT / "cdk.json").exists():
        raise ConfigurationError(
            f"The demo cannot run here: it deploys the project's app.py, and {_PROJECT} has none. In a clone of the project run: make demo"
        )
    plan = Plan(plan.stage, plan.keep, None if plan.corpus is None else plan.corpus.resolve(), plan.pictures.resolve())
    runner = StepRunner(output)
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="blazingtext-demo-")))
        name = f"demo-{os.getpid()}"
        up = blazingtext("Start the sandbox: an AWS account on this machine", "sandbox", "up", "--name", name)
        down = blazingtext("Stop the sandbox", "sandbox", "down", "--name", name)
        code = runner.run(up)
        if code == 0:
            if not plan.keep:
                cleaning.callback(_stop_quietly, down, runner)
            # The downloaded model is removed with the demo and does not stay in the user's own cache.
            runner.environment = {**_environment(name), "BLAZINGTEXT_CACHE": str(folder / "cache")}
            code = _run_all(runner, steps(plan, folder) + ([] if plan.keep else ending(plan, folder)))
            if code == 0 and not plan.keep:
                code = runner.run(down)
    _report(output, runner, plan, name, code)
    return code


def _run_all(runner: StepRunner, wanted: Sequence[Step]) -> int:
    """Runs steps until one fails; returns its exit code."""
    for step in wanted:
        code = runner.run(step)
        if code:
            return code
    return 0


def _stop_quietly(down: Step, runner: StepRunner) -> None:
    """Stops the sandbox if it still runs: after a failure or Ctrl-C, no process is left behind."""
    if not any(done.command == down.typed for done in runner.done):
        subprocess.run(down.command, check=False, stdout=subprocess.DEVNULL)


def _environment(name: str) -> dict[str, str]:
    """The variables that point every AWS client at the sandbox.

    Raises:
        CloudError: the sandbox did not print them.
    """
    command = [sys.executable, "-m", "blazingtext_sandbox", "env", "--name", name, "--json"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_PROJECT)
    if asked.returncode:
        raise CloudError(
            f"The sandbox {name} did not print its connection settings. It said: {asked.stderr.strip()}. Run: blazingtext sandbox status"
        )
    variables = json.loads(asked.stdout)
    # What the sandbox unsets are the user's own credentials: nothing here may reach a real account.
    kept = {key: value for key, value in os.environ.items() if key not in variables["unset"]}
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**kept, **variables["set"], "PATH": tools}


def _report(output: Output, runner: StepRunner, plan: Plan, name: str, code: int) -> None:
    """Shows how long each step took."""
    total = sum(done.seconds for done in runner.done)
    report = {"steps": runner.done, "seconds": round(total, 1), "exit_code": code}
    rows = [(str(number), done.title, f"{done.seconds:.1f} s") for number, done in enumerate(runner.done, 1)]
    output.err.print()
    output.result(report, lambda: output.table(("", "step", "took"), [*rows, ("", "all", duration(total))], right=(0, 2)))
    if code:
        output.warn(
            f"The demo stopped at step {len(runner.done)}; its output is above." + ("" if plan.keep else " The sandbox has been removed.")
        )
    elif not plan.keep:
        output.done(f"everything was created, used and removed again; what remains is the map: {plan.pictures / 'map.png'}")
    else:
        output.next(
            f'eval "$(blazingtext sandbox env --name {name})"',
            blazingtext_command("status", naming.DEFAULT_STAGE),
            f"blazingtext sandbox down --name {name}",
        )
