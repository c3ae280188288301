"""The whole life of a model as a person would type it: real commands, run one after the other in a sandbox made for them.

Nothing is imported from what the commands do: the demo reads their exit codes and shows their output, as a person would.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from blazingtext_lifecycle.errors import CloudError, ConfigurationError
from blazingtext_lifecycle.extras import require

from .cli.output import Output, duration

_SANDBOX = "demo"
_WORDS = ("music", "army", "river")
# The project's folder holds app.py and cdk.json, which `cdk` needs.
_HOME = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Plan:
    """What to demonstrate.

    Args:
        stage: the stage to deploy.
        keep: leave everything standing.
        corpus: a prepared corpus; None means the sample.
        pictures: where the map goes.
    """

    stage: str
    keep: bool = False
    corpus: Path | None = None
    pictures: Path = Path("outputs")


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        title: what happens.
        typed: the command as a person would type it.
        command: what is run for it.
    """

    title: str
    typed: str
    command: Sequence[str]


@dataclass(frozen=True)
class Done:
    """A step that was run, and how long it took."""

    title: str
    command: str
    seconds: float


def blazingtext(title: str, *words: str) -> Step:
    """A step that is a command of ours."""
    return Step(title, shlex.join(["blazingtext", *words]), [sys.executable, "-m", "blazingtext", *words])


def cdk(title: str, folder: Path, *words: str) -> Step:
    """A step that is a command of the unmodified AWS CDK."""
    # The assembly goes to a folder of the demo's own: cdk.out may belong to another cdk that runs now.
    return Step(title, shlex.join(["cdk", *words]), [_cdk(), *words, "--output", str(folder / "cdk.out")])


def _cdk() -> str:
    """The cdk on PATH, or the one beside this Python.

    Raises:
        ConfigurationError: there is none.
    """
    found = shutil.which("cdk", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if found is None:
        raise ConfigurationError(
            "The cdk command was not found. It is neither on PATH nor beside this Python. Set the project up with: make demo"
        )
    return found


def steps(plan: Plan, folder: Path) -> list[Step]:
    """The commands from an empty account to an endpoint that answers."""
    context = () if plan.stage == "dev" else ("-c", f"stage={plan.stage}")
    stage = () if plan.stage == "dev" else ("--stage", plan.stage)
    corpus = plan.corpus or folder / "wikipedia.txt"
    name = "wikipedia" if plan.corpus is None else "corpus"
    making = [] if plan.corpus else [blazingtext("The sample corpus: English Wikipedia", "corpus", "sample", str(corpus))]
    return [
        cdk("Prepare the account for the CDK, once", folder, "bootstrap", *context),
        cdk(
            "Deploy the three stacks; no model, so no endpoint and no cost",
            folder,
            "deploy",
            "--all",
            "--require-approval",
            "never",
            *context,
        ),
        *making,
        blazingtext("Look at it", "corpus", "stats", str(corpus), "--top", "8"),
        blazingtext("Send it to the bucket", "upload", str(corpus), "--corpus", name, *stage),
        blazingtext("Train through the launcher function", "train", "--corpus", name, "--watch", *stage),
        blazingtext("How well do the vectors agree with people?", "evaluate", *stage),
        blazingtext(
            "The model is promoted by itself; wait for the endpoint", "status", "--wait", "--live", "newest", "--timeout", "300", *stage
        ),
        blazingtext("Ask the endpoint", "predict", "awesome", "blazing", *stage),
        blazingtext("Which words are alike?", "neighbors", *_WORDS, "--count", "5", *stage),
        blazingtext("Draw the model", "map", "--output", str(plan.pictures / "map.png"), *stage),
    ]


def ending(plan: Plan, folder: Path) -> list[Step]:
    """The commands back to nothing."""
    context = () if plan.stage == "dev" else ("-c", f"stage={plan.stage}")
    stage = () if plan.stage == "dev" else ("--stage", plan.stage)
    return [
        cdk("Destroy everything", folder, "destroy", "--all", "--force", *context),
        blazingtext("Prove that nothing is left", "audit", *stage),
    ]


@dataclass
class Stage:
    """Runs steps and remembers how long they took.

    Args:
        output: where to tell about them.
        environment: the variables that the commands see.
    """

    output: Output
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    done: list[Done] = field(default_factory=list)

    def play(self, step: Step) -> int:
        """Runs a step; its output is the terminal's (with --json: stderr's). Returns its exit code."""
        self.output.err.print()
        self.output.err.print(f"[bold]{len(self.done) + 1}. {step.title}[/bold]")
        self.output.err.print(f"[cyan]$ {step.typed}[/cyan]", soft_wrap=True, highlight=False)
        begun = time.monotonic()
        code = subprocess.run(
            step.command, env=dict(self.environment), cwd=_HOME, check=False, stdout=sys.stderr if self.output.json else None
        ).returncode
        seconds = time.monotonic() - begun
        self.done.append(Done(step.title, step.typed, round(seconds, 1)))
        self.output.say(f"took {duration(seconds)}" if code == 0 else f"failed after {duration(seconds)} with exit code {code}")
        return code


def run(output: Output, plan: Plan) -> int:
    """Plays the whole life; returns the exit code of the step that failed, or 0.

    Raises:
        MissingExtraError: something that a step needs is not installed.
        ConfigurationError: this is not the project's folder.
    """
    require("all")
    if not (_HOME / "cdk.json").exists():
        raise ConfigurationError(
            f"The demo cannot run here: it deploys the project's app.py, and {_HOME} has none. In a clone of the project run: make demo"
        )
    plan = Plan(plan.stage, plan.keep, None if plan.corpus is None else plan.corpus.resolve(), plan.pictures.resolve())
    stage = Stage(output)
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="blazingtext-demo-")))
        name = f"{_SANDBOX}-{os.getpid()}"
        up = blazingtext("Start the sandbox: an AWS account on this machine", "sandbox", "up", "--name", name)
        down = blazingtext("Stop the sandbox", "sandbox", "down", "--name", name)
        code = stage.play(up)
        if code == 0:
            if not plan.keep:
                cleaning.callback(_stop_quietly, down, stage)
            # The model goes with the demo: a person's own cache is not filled by it.
            stage.environment = {**_environment(name), "BLAZINGTEXT_CACHE": str(folder / "cache")}
            code = _play_all(stage, steps(plan, folder) + ([] if plan.keep else ending(plan, folder)))
            if code == 0 and not plan.keep:
                code = stage.play(down)
    _report(output, stage, plan, name, code)
    return code


def _play_all(stage: Stage, played: Sequence[Step]) -> int:
    """Plays steps until one fails."""
    for step in played:
        code = stage.play(step)
        if code:
            return code
    return 0


def _stop_quietly(down: Step, stage: Stage) -> None:
    """Whatever happened, Ctrl-C included: no process is left behind."""
    if not any(done.command == down.typed for done in stage.done):
        subprocess.run(down.command, check=False, stdout=subprocess.DEVNULL)


def _environment(name: str) -> dict[str, str]:
    """The variables that point every AWS client at the sandbox.

    Raises:
        CloudError: the sandbox does not say.
    """
    command = [sys.executable, "-m", "blazingtext_sandbox", "env", "--name", name, "--json"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_HOME)
    if asked.returncode:
        raise CloudError(
            f"The sandbox {name} does not say how to reach it. It answered: {asked.stderr.strip()}. See: blazingtext sandbox status"
        )
    told = json.loads(asked.stdout)
    # What the sandbox unsets are the person's own credentials: they must never reach a real account from here.
    kept = {key: value for key, value in os.environ.items() if key not in told["unset"]}
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**kept, **told["set"], "PATH": tools}


def _report(output: Output, stage: Stage, plan: Plan, name: str, code: int) -> None:
    """What each step took."""
    total = sum(done.seconds for done in stage.done)
    report = {"steps": stage.done, "seconds": round(total, 1), "exit_code": code}
    rows = [(str(number), done.title, f"{done.seconds:.1f} s") for number, done in enumerate(stage.done, 1)]
    output.err.print()
    output.result(report, lambda: output.table(("", "step", "took"), [*rows, ("", "all", duration(total))], right=(0, 2)))
    if code:
        output.warn(
            f"The demo stopped at step {len(stage.done)}; what it said stands above. " + ("" if plan.keep else "The sandbox is gone.")
        )
    elif not plan.keep:
        output.done(f"a model's whole life, and nothing is left of it but its picture: {plan.pictures / 'map.png'}")
    else:
        output.next(f'eval "$(blazingtext sandbox env --name {name})"', "blazingtext status", f"blazingtext sandbox down --name {name}")
