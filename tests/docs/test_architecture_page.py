"""The picture in docs/architecture.md has what the stacks have, as the snapshots of their templates tell."""

import re
from pathlib import Path

import pytest

from blazingtext_lifecycle import job_kinds
from blazingtext_lifecycle.job_kinds import JobKind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"^```mermaid\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DRAWN = "\n".join(PICTURES)
SNAPSHOTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "template" / "snapshots").iterdir())]
# Types of which the picture shows one, and as what. IAM, alarms, log groups, policies and the like are not drawn.
SHOWN_AS = {
    "AWS::Events::Rule": "EventBridge",
    "AWS::S3::Bucket": "S3 bucket",
    "AWS::SNS::Topic": "SNS topic",
    "AWS::SQS::Queue": "SQS queue",
    "AWS::SageMaker::Endpoint": "endpoint",
    "AWS::SageMaker::ModelPackageGroup": "Model Registry",
    "AWS::Scheduler::Schedule": "EventBridge Scheduler",
    "AWS::StepFunctions::StateMachine": "Step Functions",
}
KINDS = [each for each in vars(job_kinds).values() if isinstance(each, JobKind)]


def in_snapshots(pattern: str) -> set[str]:
    return {found for snapshot in SNAPSHOTS for found in re.findall(pattern, snapshot)}


def test_the_picture_names_every_function_of_the_stacks_and_no_other() -> None:
    functions = in_snapshots(r'"Handler": "(\w+)\.handler"')

    assert {path.stem for path in (ROOT / "lambda").glob("*.py")} == functions
    assert set(re.findall(r'\["(\w+)<br/>\(Lambda\)"\]', DRAWN)) == functions


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_the_picture_has_every_kind_of_job_that_a_function_starts(kind: JobKind) -> None:
    assert f"Create{kind.shape}" in DRAWN
    assert f"SageMaker {kind.noun}" in DRAWN


@pytest.mark.parametrize("type_", SHOWN_AS)
def test_the_picture_has_the_services_of_the_stacks(type_: str) -> None:
    assert type_ in in_snapshots(r'"Type": "([\w:]+)"')
    assert SHOWN_AS[type_] in DRAWN


def test_the_parameters_on_the_arrows_are_the_serving_stacks() -> None:
    drawn = set(re.findall(r"\w*ModelDataUrl", DRAWN))

    assert drawn == {"ModelDataUrl", "ShadowModelDataUrl"}
    assert drawn <= in_snapshots(r'"(\w*ModelDataUrl)": \{')


def test_the_text_beside_the_picture_names_every_function() -> None:
    text = re.sub(r"```mermaid.*?```", "", PAGE, flags=re.DOTALL)

    assert {path.stem for path in (ROOT / "lambda").glob("*.py")} <= set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize("picture", PICTURES, ids=["life", "destroy"])
def test_every_node_has_one_label_and_an_arrow(picture: str) -> None:
    labelled = re.findall(r"\b(\w+)(?=[\[({]+[\w\"])", re.sub(r'"[^"]*"', '""', picture).replace('""', '"x"'))
    arrows = re.sub(r'"[^"]*"', "", picture)

    assert len(labelled) == len(set(labelled))
    assert {node for node in re.findall(r"^\s+(\w+)|> (\w+)|& (\w+)", arrows, re.MULTILINE) for node in node if node} <= set(labelled)
