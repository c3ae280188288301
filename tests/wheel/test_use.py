"""Each part is used from the wheel, in an environment that holds its extra and nothing else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import blazingtext
from tests.unit.engine import containers
from tests.wheel.installation import ROOT, Installation

Installed = Callable[[str], Installation]
FOREIGN_APP = """
import sys
import aws_cdk as cdk
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage import build

# The CDK's own validation takes five seconds; the template tests run it.
app = cdk.App(outdir=sys.argv[1], builtin_cloud_formation_validation=False)
build(app, Settings(stage="foreign"))
app.synth()
"""


def test_the_command_says_its_version(installed: Installed) -> None:
    assert installed("").run("blazingtext", "--version").stdout.split()[-1] == blazingtext.__version__


def test_runs_become_a_table_of_pandas(installed: Installed) -> None:
    program = "from blazingtext.runs.run_list import Runs; print(len(Runs().to_frame()))"

    assert installed("notebook").run("python", "-c", program).stdout == "0\n"


def test_runs_are_logged_to_mlflow(installed: Installed, tmp_path: Path) -> None:
    place = f"{tmp_path.as_uri()}/runs"
    program = f"""
import boto3
from blazingtext.tracking.mlflow_runs import log
print(log([], print, "mine", session=boto3.Session(), tracking_uri="{place}"))
"""

    said = installed("mlflow").run("python", "-c", program, MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true").stdout

    assert said == "[]\n"
    names = {path.read_text(encoding="utf-8").partition("name: ")[2].split()[0] for path in tmp_path.glob("runs/*/meta.yaml")}
    assert "mine" in names


def test_the_command_works_on_a_corpus_with_what_a_plain_installation_brings(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("blazing text\nblazing words\n", encoding="utf-8")

    counted = json.loads(installed("").run("blazingtext", "corpus", "stats", "text.txt", "--json", cwd=tmp_path).stdout)
    installed("").run("blazingtext", "corpus", "sample", "sample.txt", cwd=tmp_path)

    assert (counted["lines"], counted["words"]) == (2, 4)
    assert (tmp_path / "sample.txt").stat().st_size > 30_000_000


def test_the_engine_trains_in_a_container(installed: Installed, tmp_path: Path) -> None:
    settings = {"mode": "supervised", "epochs": "2", "vector_dim": "4", "min_count": "1"}
    container = containers.lay_out(tmp_path / "ml", settings, {"train": {"lines.txt": containers.labelled(200)}})

    trained = installed("engine").run("python", "-m", "blazingtext_engine", "train", "--base", str(container.base), "--threads", "1")

    assert (container.model / "model.bin").stat().st_size > 0
    assert "train_accuracy" in trained.stdout


def test_the_stacks_stand_in_somebody_elses_cdk_app(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "their_app.py").write_text(FOREIGN_APP, encoding="utf-8")

    installed("cdk").run("python", str(tmp_path / "their_app.py"), str(tmp_path / "cdk.out"), cwd=tmp_path)

    (assembly,) = (vocabulary.parent for vocabulary in tmp_path.glob("cdk.out/asset.*/blazingtext_lifecycle"))
    handlers = {path.name for path in (ROOT / "lambda").glob("*.py")}
    vocabulary = {f"blazingtext_lifecycle/{path.name}" for path in (ROOT / "lambda/lifecycle").glob("*.py")}
    assert {str(path.relative_to(assembly)) for path in assembly.rglob("*") if path.is_file()} == handlers | vocabulary
    templates = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("cdk.out/*.template.json")]
    made = {resource["Type"] for template in templates for resource in template["Resources"].values()}
    assert made >= {"AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::SageMaker::Endpoint"}


@pytest.fixture(name="sandbox")
def _sandbox(installed: Installed, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs `blazingtext sandbox ...` in a home of the test's own."""

    def run(*words: str, code: int = 0) -> str:
        return installed("sandbox").run("blazingtext", "sandbox", *words, code=code, BLAZINGTEXT_SANDBOX_HOME=str(tmp_path)).stdout

    yield run
    run("down", "--all")


def test_the_sandbox_starts_answers_and_stops(sandbox: Callable[..., str]) -> None:
    started = json.loads(sandbox("up", "--json"))
    asked = json.loads(sandbox("status", "--json"))
    sandbox("down")

    assert started["started"]
    assert (asked["running"], asked["url"]) == (True, started["url"])
    assert not json.loads(sandbox("status", "--json", code=3))["running"]
