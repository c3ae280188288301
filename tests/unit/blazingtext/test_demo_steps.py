"""The demo's commands, word by word, and how it ends when something is not there."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from blazingtext.cli import demo, demo_steps
from blazingtext.cli.demo_steps import Plan
from blazingtext_lifecycle.errors import CloudError, ConfigurationError
from blazingtext_lifecycle.extras import MissingExtraError
from tests.unit.blazingtext.conftest import Typed
from tests.unit.blazingtext.test_demo import WORLD, Machine

DEPLOY = "cdk deploy --all --require-approval never"


def typed_steps(plan: Plan, folder: Path) -> list[str]:
    return [step.typed for step in (*demo_steps.steps(plan, folder), *demo_steps.ending(plan, folder))]


def test_the_steps_of_the_sample_are_these(tmp_path: Path) -> None:
    assert typed_steps(Plan("dev", pictures=Path("pictures")), tmp_path) == [
        "cdk bootstrap",
        DEPLOY,
        f"blazingtext corpus sample {tmp_path}/wikipedia.txt",
        f"blazingtext corpus stats {tmp_path}/wikipedia.txt --top 8",
        f"blazingtext upload {tmp_path}/wikipedia.txt --corpus wikipedia",
        "blazingtext train --corpus wikipedia --watch",
        "blazingtext evaluate",
        "blazingtext status --wait --live newest --timeout 300",
        "blazingtext predict awesome blazing",
        "blazingtext neighbors music army river --count 5",
        "blazingtext map --output pictures/map.png",
        "cdk destroy --all --force",
        "blazingtext audit",
    ]


def test_the_steps_of_another_corpus_and_stage_are_these(tmp_path: Path) -> None:
    assert typed_steps(Plan("trial", corpus=Path("my text.txt")), tmp_path) == [
        "cdk bootstrap -c stage=trial",
        f"{DEPLOY} -c stage=trial",
        "blazingtext corpus stats 'my text.txt' --top 8",
        "blazingtext upload 'my text.txt' --corpus corpus --stage trial",
        "blazingtext train --corpus corpus --watch --stage trial",
        "blazingtext evaluate --stage trial",
        "blazingtext status --wait --live newest --timeout 300 --stage trial",
        "blazingtext predict awesome blazing --stage trial",
        "blazingtext neighbors music army river --count 5 --stage trial",
        "blazingtext map --output outputs/map.png --stage trial",
        "cdk destroy --all --force -c stage=trial",
        "blazingtext audit --stage trial",
    ]


def test_the_cdk_that_is_found_first_runs_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def which(name: str, path: str) -> str:
        asked.append(path)
        return f"/found/{name}"

    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setenv("PATH", "/theirs")

    step = demo_steps.cdk("Title", tmp_path, "deploy", "--all")

    assert list(step.command) == ["/found/cdk", "deploy", "--all", "--output", str(tmp_path / "cdk.out")]
    assert (step.title, step.typed) == ("Title", "cdk deploy --all")
    assert asked == [os.pathsep.join([str(Path(sys.executable).parent), "/theirs"])]
    assert list(demo_steps.blazingtext("Title", "runs").command) == [sys.executable, "-m", "blazingtext", "runs"]


def test_without_a_cdk_the_demo_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name, path: None)  # noqa: ARG005 - shutil's names

    with pytest.raises(ConfigurationError, match="make demo"):
        demo_steps.cdk("Title", tmp_path, "deploy")


def test_outside_of_the_project_there_is_no_demo(typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "_PROJECT", tmp_path)

    code, _, err = typed("demo")

    assert (code, "In a clone of the project run: make demo" in err) == (2, True)


def test_the_command_hands_on_its_options_and_ends_with_the_code_of_the_demo(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plans: list[Plan] = []

    def run(_: object, plan: Plan) -> int:
        plans.append(plan)
        return 7

    monkeypatch.setattr(demo, "run", run)
    (tmp_path / "mine.txt").write_text("words\n")

    codes = [typed("demo")[0], typed("demo", "--keep", "--corpus", str(tmp_path / "mine.txt"), "-o", "x", "--stage", "trial")[0]]

    assert (codes, plans) == ([7, 7], [Plan("dev"), Plan("trial", keep=True, corpus=tmp_path / "mine.txt", pictures=Path("x"))])
    for wrong in (["--corpus", str(tmp_path / "none.txt")], ["--corpus", str(tmp_path)], ["-o", str(tmp_path / "mine.txt")]):
        assert typed("demo", *wrong)[0] == 2
    assert len(plans) == 2


def test_the_report_holds_every_step_and_its_time(typed: Typed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("subprocess.run", Machine().run)
    ticks = iter(range(0, 1000, 2))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))

    code, out, err = typed("demo", "--json", "-o", str(tmp_path))

    report = json.loads(out)
    assert (code, report["exit_code"], report["seconds"], len(report["steps"])) == (0, 0, 30.0, 15)
    assert report["steps"][0]["seconds"] == 2.0
    assert report["steps"][0]["title"].startswith("Start the sandbox")
    assert report["steps"][0]["command"] == f"blazingtext sandbox up --name demo-{os.getpid()}"
    assert f"done everything was created, used and removed again; what remains is the map: {tmp_path}/map.png" in err
    assert "1. Start the sandbox" in err
    assert err.count("took 2.0 s") == 15


@pytest.mark.parametrize("keep", [True, False])
def test_a_demo_that_stops_says_at_which_step(typed: Typed, monkeypatch: pytest.MonkeyPatch, keep: bool) -> None:
    monkeypatch.setattr("subprocess.run", Machine(fail="cdk bootstrap").run)

    code, out, err = typed("demo", *["--keep"] * keep)

    assert code == 7
    assert [line.split()[0] for line in out.splitlines()] == ["step", "1", "2", "all"]
    assert "warning The demo stopped at step 2; its output is above." in err
    assert ("The sandbox has been removed." in err) is not keep


@pytest.mark.parametrize("json_too", [True, False])
def test_results_of_the_steps_go_to_stderr_when_json_is_asked_for(json_too: bool, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[dict[str, Any]] = []
    machine = Machine()

    def run(command: list[str], **more: Any) -> Any:
        if "corpus" in command:
            steps.append({**more, "stdout": more["stdout"] is sys.stderr, "env": Path(more["env"]["BLAZINGTEXT_CACHE"]).name})
        return machine.run(command, **more)

    monkeypatch.setattr("subprocess.run", run)

    assert typed("demo", *["--json"] * json_too)[0] == 0

    assert steps == [{"cwd": Path(__file__).parents[3], "check": False, "stdout": json_too, "env": "cache"}] * len(steps)
    assert steps


def test_a_sandbox_that_does_not_say_how_to_reach_it_is_an_error(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1 if "env" in command else 0, json.dumps(WORLD), " no such sandbox\n")

    monkeypatch.setattr("subprocess.run", run)

    with pytest.raises(CloudError, match=r"It said: no such sandbox\. Run: blazingtext sandbox status"):
        demo._environment("demo-1")
    assert typed("demo")[0] == 1


def test_what_is_not_installed_is_said_before_anything_is_started(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(extra: str) -> None:
        raise MissingExtraError(extra, ["numba"])

    monkeypatch.setattr(demo, "require", missing)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("nothing may run"))

    code, _, err = typed("demo")

    assert (code, "blazingtext-cdk[all]" in err) == (2, True)
