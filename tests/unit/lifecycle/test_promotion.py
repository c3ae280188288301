"""Whether an ended job becomes the live model: each decision with its reason."""

import dataclasses
from typing import Any

import pytest

from blazingtext_lifecycle import naming, promotion
from blazingtext_lifecycle.environments import PromoteEnvironment
from blazingtext_lifecycle.live_model import ServingStack
from blazingtext_lifecycle.promotion import Decision, Outcome, TrainedJob
from tests.unit.lifecycle.aws_fakes import MACHINE, STARTED

OPEN = PromoteEnvironment("dev", "bucket", "arn:topic", "queue", "dead", MACHINE)
NAME = "blazingtext-dev-wiki-cbow-0123456789"
ARTIFACT = f"s3://bucket/runs/{NAME}/output/model.tar.gz"
GOOD = TrainedJob(
    name=NAME,
    status="Completed",
    secondary_status="Completed",
    failure="",
    created=STARTED,
    mode="cbow",
    metrics={"train:mean_rho": 0.7, "other": 1},
    tags=naming.tags("dev"),
    artifact=ARTIFACT,
    artifact_exists=True,
)
STACK = ServingStack("blazingtext-dev-serving", "UPDATE_COMPLETE", {"ModelDataUrl": "s3://bucket/runs/old/output/model.tar.gz"})


def decide(stack: ServingStack = STACK, environment: PromoteEnvironment = OPEN, **changes: Any) -> Decision:
    return promotion.decide(dataclasses.replace(GOOD, **changes), stack, environment)


def test_a_good_job_is_promoted_onto_the_stack_that_was_looked_at() -> None:
    found = decide()

    assert found.outcome is Outcome.PROMOTE
    assert found.stack is STACK
    assert found.changes["ModelDataUrl"] == ARTIFACT
    assert f"The promotion of {NAME} has begun (other 1.0000, train:mean_rho 0.7000)." in found.reason


def test_a_job_without_metrics_is_promoted_and_says_so() -> None:
    assert "has begun (no metrics)" in decide(metrics={}).reason


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"tags": {}}, Outcome.IGNORE, "does not carry the tags of stage dev"),
        ({"tags": {"blazingtext:project": "blazingtext"}}, Outcome.IGNORE, "does not carry the tags of stage dev"),
        ({"status": "Failed", "failure": "ClientError: no text."}, Outcome.FAILED, "failed. ClientError: no text. Correct the cause"),
        (
            {"status": "Stopped", "secondary_status": "MaxRuntimeExceeded"},
            Outcome.FAILED,
            f"MaxRuntimeExceeded. Raise limits.maxRuntimeSeconds and train again; what it had learnt is kept in {ARTIFACT}.",
        ),
        ({"status": "Stopped", "secondary_status": "MaxWaitTimeExceeded", "artifact": ""}, Outcome.FAILED, "is kept in no artifact"),
        ({"status": "Stopped", "secondary_status": "Stopped"}, Outcome.IGNORE, "is Stopped: only a completed job is promoted"),
        ({"artifact_exists": False}, Outcome.IMPOSSIBLE, f"has no artifact. It should be {ARTIFACT}."),
        ({"artifact": ARTIFACT.replace("bucket", "another")}, Outcome.IMPOSSIBLE, f"has no artifact. It should be {ARTIFACT}."),
    ],
)
def test_a_job_that_is_not_promoted_has_a_reason(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    found = decide(**changes)

    assert (found.outcome, found.changes, found.stack) == (outcome, {}, None)
    assert words in found.reason


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        ("UPDATE_IN_PROGRESS", Outcome.LATER, "blazingtext-dev-serving is busy (UPDATE_IN_PROGRESS)."),
        ("ROLLBACK_COMPLETE", Outcome.IMPOSSIBLE, "takes no update (ROLLBACK_COMPLETE). Repair it with cdk deploy."),
        ("", Outcome.IMPOSSIBLE, "takes no update (no such stack)"),
    ],
)
def test_a_stack_that_cannot_be_updated_now_is_waited_for_or_reported(status: str, outcome: Outcome, words: str) -> None:
    found = decide(ServingStack("blazingtext-dev-serving", status, {}))

    assert found.outcome is outcome
    assert words in found.reason


def test_what_is_live_or_older_is_left_alone() -> None:
    live = decide(ServingStack("serving", "UPDATE_COMPLETE", {"ModelDataUrl": ARTIFACT}))
    older = decide(ServingStack("serving", "UPDATE_COMPLETE", {"PromotedThrough": "2026-11-22T20:00:00.000Z"}))

    assert (live.outcome, live.reason) == (Outcome.IGNORE, f"{NAME} is live already.")
    assert (older.outcome, older.changes) == (Outcome.IGNORE, {})
    assert "is not newer than what was promoted already (2026-11-22T20:00:00.000Z)" in older.reason


GATES = dataclasses.replace(OPEN, minimum_mean_rho=0.5, minimum_accuracy=0.9)


@pytest.mark.parametrize(
    ("mode", "metrics", "environment", "refusal"),
    [
        ("cbow", {"train:mean_rho": 0.5}, GATES, ""),
        ("cbow", {"train:mean_rho": 0.49999}, GATES, "Its train:mean_rho is 0.5000, and the gate asks for 0.5."),
        (
            "cbow",
            {"validation:accuracy": 1.0},
            GATES,
            "It has no train:mean_rho, and the gate asks for 0.5. Train with the hyperparameter",
        ),
        ("cbow", {"train:mean_rho": -1.0}, OPEN, ""),
        ("cbow", {}, OPEN, ""),
        ("skipgram", {"train:mean_rho": 0.4}, GATES, "Its train:mean_rho is 0.4000"),
        ("batch_skipgram", {"train:mean_rho": 0.4}, GATES, "Its train:mean_rho is 0.4000"),
        ("supervised", {"validation:accuracy": 0.9}, GATES, ""),
        ("supervised", {"validation:accuracy": 0.8}, GATES, "Its validation:accuracy is 0.8000, and the gate asks for 0.9."),
        (
            "supervised",
            {"train:mean_rho": 1.0},
            GATES,
            "It has no validation:accuracy, and the gate asks for 0.9. Train with a valid",
        ),
        ("supervised", {"validation:accuracy": 0.0}, OPEN, ""),
        ("cbow", {"train:mean_rho": 0.0}, dataclasses.replace(OPEN, minimum_mean_rho=0.0), ""),
        ("cbow", {"train:mean_rho": -0.1}, dataclasses.replace(OPEN, minimum_mean_rho=0.0), "is -0.1000"),
    ],
)
def test_the_gate_asks_for_the_metric_of_the_mode_and_its_minimum_passes(
    mode: str, metrics: dict[str, float], environment: PromoteEnvironment, refusal: str
) -> None:
    job = dataclasses.replace(GOOD, mode=mode, metrics=metrics)
    said = promotion.gate(job, environment)

    assert (said == "") is (refusal == "")
    assert refusal in said
    assert promotion.decide(job, STACK, environment).outcome is (Outcome.REFUSED if refusal else Outcome.PROMOTE)
