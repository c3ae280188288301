import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from blazingtext_lifecycle.environments import AutoPromote
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_stacks.settings import Settings
from blazingtext_stacks.stage_file import settings_of

ROOT = Path(__file__).parents[2]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a stage's file; returns the folder."""

    def file(name: str, text: str = "", /, **settings: object) -> Path:
        (tmp_path / f"{name}.json").write_text(text or json.dumps(settings), encoding="utf-8")
        return tmp_path

    return file


def problems(context: dict[str, object], folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        settings_of(context, folder)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_stage_is_what_its_file_says(write: Write) -> None:
    folder = write("prod", deleteData=False, endpointInstanceCount=2)
    write("dev")

    assert settings_of({"stage": "prod"}, folder) == (Settings(stage="prod", delete_data=False, endpoint_instance_count=2), [])
    assert settings_of({}, folder) == (Settings(), [])


def test_the_context_goes_over_the_file(write: Write) -> None:
    settings, warnings = settings_of({"stage": "prod", "logRetentionDays": "90"}, write("prod", logRetentionDays=60, autoPromote="never"))

    assert settings == Settings(stage="prod", log_retention_days=90, auto_promote=AutoPromote.NEVER)
    assert warnings == []


@pytest.mark.parametrize(
    ("name", "kept", "given"),
    [
        ("deleteData", False, "true"),
        ("terminationProtection", True, "false"),
        ("autoPromote", "never", "better"),
        ("autoPromote", "never", "always"),
        ("autoPromote", "better", "always"),
        ("approval", "manual", "none"),
        ("minimumMeanRho", 0.6, "0.5"),
        ("minimumMeanRho", 0.6, ""),
        ("minimumAccuracy", 0.9, "0"),
        ("trainingInstanceCount", 1, "2"),
        ("trainingMaxRuntimeSeconds", 600, "601"),
        ("allowedInstanceTypes", ["ml.c5.*", "ml.m4.*"], "ml.c5.*,ml.m4.*,ml.m5.*"),
        ("allowedInstanceTypes", ["ml.c5.*", "ml.m4.*"], ""),
        ("maximumTrainingInstances", 4, "5"),
        ("maximumTrainingSeconds", 86400, "86401"),
        ("maximumTrainingCost", 10.0, "10.5"),
        ("maximumTrainingCost", 10.0, ""),
        ("monthlyBudget", 10.0, "11"),
        ("endpointInstanceCount", 2, "1"),
        ("endpointMaximumInstances", 2, "3"),
        ("endpointMaximumInstances", 1, "3"),
        ("endpointBakeSeconds", 600, "0"),
        ("dataCapturePercent", 0, "10"),
        ("dataCaptureDays", 7, "30"),
        ("logRetentionDays", 365, "30"),
        ("notificationEmail", "a@example.org", ""),
        ("kmsKey", "make", ""),
        ("vpcSubnets", ["subnet-aaa"], "subnet-bbb"),
        ("vpcSecurityGroups", ["sg-aaa"], "sg-bbb"),
        ("trainingNetworkIsolation", True, "false"),
        ("trainingTrafficEncryption", True, "false"),
        ("permissionsBoundary", "company", ""),
        ("accessLogBucket", "company-logs", ""),
        ("githubRepository", "", "company/search"),
        ("githubRepository", "company/search", "company/other"),
    ],
)
def test_what_protects_less_than_the_file_is_warned_about_and_what_protects_as_much_is_not(
    write: Write, name: str, kept: object, given: str
) -> None:
    others = {"vpcSubnets": "subnet-aaa", "vpcSecurityGroups": "sg-aaa"} if name.startswith("vpc") else {}
    folder = write("prod", **{**others, name: kept})

    _, (warning,) = settings_of({"stage": "prod", name: given}, folder)
    _, same = settings_of({"stage": "prod", name: str(kept) if not isinstance(kept, list) else ",".join(kept)}, folder)

    assert warning.startswith(f"stages/prod.json: {name} is {json.dumps(kept)}, and this deployment sets ")
    assert same == []


def test_every_problem_of_file_and_context_is_reported_at_once_with_its_place(write: Write) -> None:
    folder = write("prod", stage="prod", trainingInstanceCount="soon", logRetentionDays=8, deletData=False)

    found = problems({"stage": "prod", "trainingSpot": "perhaps", "logRetentionDays": 7, "epochs": 3}, folder)

    assert sorted(line.partition(": there")[0].partition(': "')[0] for line in found) == [
        "epochs",
        "stages/prod.json: deletData",
        "stages/prod.json: logRetentionDays",
        "stages/prod.json: stage: the file's name is the stage's. Leave it out.",
        "stages/prod.json: trainingInstanceCount",
        "trainingSpot",
    ]


@pytest.mark.parametrize("stage", ["No-Stage", "../dev", "", 7, True, ["dev"]], ids=str)
def test_no_file_is_read_of_what_cannot_be_a_stage(stage: object, write: Write, tmp_path: Path) -> None:
    write("No-Stage", trainingInstanceCount="soon")
    write("dev")
    (tmp_path / "inner").mkdir()
    (found,) = problems({"stage": stage}, tmp_path / "inner" if stage == "../dev" else tmp_path)

    assert found.startswith("stage: ")
    assert "does not exist" not in found


def test_a_stage_without_a_file_is_refused_with_those_that_have_one(write: Write) -> None:
    write("dev")
    (found,) = problems({"stage": "prd"}, write("prod"))

    assert "stages/prd.json does not exist" in found
    assert "The stages are dev, prod." in found


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "it is no JSON"), ("[" * 100_000, "it is no JSON"), ("[]", "it is no JSON object")],
    ids=("cut", "deep", "list"),
)
def test_a_file_that_holds_no_settings_is_refused(write: Write, text: str, said: str) -> None:
    (found,) = problems({"stage": "prod"}, write("prod", text))

    assert found.startswith(f"stages/prod.json: {said}")


@pytest.mark.parametrize("file", sorted((ROOT / "stages").glob("*.json")), ids=lambda path: path.stem)
def test_the_stages_of_this_repository_can_be_used(file: Path) -> None:
    _, warnings = settings_of({"stage": file.stem}, file.parent)

    assert warnings == []


def test_the_app_reads_the_stages_file_and_warns(tmp_path: Path) -> None:
    context = {"stage": "prod", "deleteData": "true"}
    environment = {**os.environ, "CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(tmp_path / "cdk.out"), "CDK_DEFAULT_REGION": ""}

    ended = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)

    assert "Warning: stages/prod.json: deleteData is false" in ended.stderr
    template = json.loads((tmp_path / "cdk.out" / "Serving.template.json").read_text(encoding="utf-8"))
    counts = [
        variant["InitialInstanceCount"]
        for resource in template["Resources"].values()
        for variant in resource.get("Properties", {}).get("ProductionVariants", [])
    ]
    assert counts == [2]
