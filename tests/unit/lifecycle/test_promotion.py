"""Whether an ended job becomes the live model: each decision with its reason."""

import dataclasses
import re
from typing import Any

import pytest

from blazingtext_lifecycle import naming, promotion
from blazingtext_lifecycle.environments import AutoPromote, PromoteEnvironment
from blazingtext_lifecycle.live_model import ServingStack
from blazingtext_lifecycle.promotion import Decision, Outcome, TrainedJob
from tests.unit.aws_requests import service_model
from tests.unit.lifecycle.aws_fakes import MACHINE, STARTED

OPEN = PromoteEnvironment("dev", "bucket", "arn:topic", "queue", "dead", MACHINE, auto_promote=AutoPromote.ALWAYS)
BETTER = dataclasses.replace(OPEN, auto_promote=AutoPromote.BETTER)
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
        ("ROLLBACK_COMPLETE", Outcome.IMPOSSIBLE, "takes no update (ROLLBACK_COMPLETE). Repair it with cdk deploy --all."),
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
        ("cbow", {"train:mean_rho": 0.49999}, GATES, "train:mean_rho 0.49999 is below 0.5: minimum of the setting minimumMeanRho"),
        (
            "cbow",
            {"validation:accuracy": 1.0},
            GATES,
            "it has no train:mean_rho and the setting minimumMeanRho asks for 0.5",
        ),
        ("cbow", {"train:mean_rho": -1.0}, OPEN, ""),
        ("cbow", {}, OPEN, ""),
        ("skipgram", {"train:mean_rho": 0.4}, GATES, "train:mean_rho 0.4 is below 0.5"),
        ("batch_skipgram", {"train:mean_rho": 0.4}, GATES, "train:mean_rho 0.4 is below 0.5"),
        ("supervised", {"validation:accuracy": 0.9}, GATES, ""),
        ("supervised", {"validation:accuracy": 0.8}, GATES, "validation:accuracy 0.8 is below 0.9: minimum of the setting minimumAccuracy"),
        (
            "supervised",
            {"train:mean_rho": 1.0},
            GATES,
            "it has no validation:accuracy and the setting minimumAccuracy asks for 0.9",
        ),
        ("supervised", {"validation:accuracy": 0.0}, OPEN, ""),
        ("cbow", {"train:mean_rho": 0.0}, dataclasses.replace(OPEN, minimum_mean_rho=0.0), ""),
        ("cbow", {"train:mean_rho": -0.1}, dataclasses.replace(OPEN, minimum_mean_rho=0.0), "train:mean_rho -0.1 is below 0:"),
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


def live(**changes: Any) -> TrainedJob:
    return dataclasses.replace(GOOD, name="blazingtext-dev-live", **changes)


@pytest.mark.parametrize(
    ("mine", "its", "note"),
    [
        (0.316, 0.531, "train:mean_rho 0.316 is not above 0.531 of the live model: autoPromote is better"),
        (0.531, 0.531, "train:mean_rho 0.531 is not above 0.531 of the live model: autoPromote is better"),
        (0.5311, 0.531, ""),
        (None, 0.531, "it has no train:mean_rho to compare: autoPromote is better"),
        (0.7, None, "the live model has no train:mean_rho to compare: autoPromote is better"),
    ],
)
def test_with_better_only_a_higher_score_replaces_the_live_model_and_with_always_any(mine: Any, its: Any, note: str) -> None:
    def metrics(value: float | None) -> dict[str, float]:
        return {} if value is None else {"train:mean_rho": value}

    job, former = dataclasses.replace(GOOD, metrics=metrics(mine)), live(metrics=metrics(its))

    assert promotion.against_live(job, former, BETTER) == note
    assert promotion.against_live(job, former, OPEN) == ""


def test_classifiers_are_compared_by_the_accuracy_on_text_they_have_not_seen() -> None:
    job = dataclasses.replace(GOOD, mode="supervised", metrics={"validation:accuracy": 0.8, "train:mean_rho": 0.9})
    former = live(mode="supervised", metrics={"validation:accuracy": 0.81, "train:mean_rho": 0.1})

    assert promotion.against_live(job, former, BETTER).startswith("validation:accuracy 0.8 is not above 0.81")


@pytest.mark.parametrize("environment", [OPEN, BETTER])
@pytest.mark.parametrize(
    ("mine", "its", "note"),
    [
        ("supervised", "cbow", "classifiers do not replace word vectors: they answer other requests"),
        ("skipgram", "supervised", "word vectors do not replace classifiers: they answer other requests"),
    ],
)
def test_no_policy_replaces_a_model_by_one_of_another_kind(environment: PromoteEnvironment, mine: str, its: str, note: str) -> None:
    job = dataclasses.replace(GOOD, mode=mine, metrics={"train:mean_rho": 1.0, "validation:accuracy": 1.0})

    assert promotion.against_live(job, live(mode=its, metrics={}), environment) == note


def test_a_live_model_that_nothing_is_known_of_is_replaced_only_where_any_model_may() -> None:
    assert promotion.against_live(GOOD, None, OPEN) == ""
    assert promotion.against_live(GOOD, None, BETTER).startswith("nothing is known of the live model")


def test_a_job_trained_with_no_promote_is_left_alone_however_good_it_is() -> None:
    found = decide(tags={**naming.tags("dev"), naming.PROMOTION_TAG: naming.HELD_BACK})

    assert (found.outcome, found.reason, found.note) == (Outcome.IGNORE, f"{NAME} was trained with --no-promote.", "")


def test_an_earlier_note_does_not_keep_a_job_back_for_good() -> None:
    assert decide(tags={**naming.tags("dev"), naming.PROMOTION_TAG: "train:mean_rho 0.7 is below 0.8"}).outcome is Outcome.PROMOTE


def test_every_reason_is_text_that_sagemaker_takes_for_a_tag() -> None:
    shape = service_model("sagemaker").shape_for("TagValue")
    word_vectors = dataclasses.replace(GOOD, metrics={"train:mean_rho": 1e-17})
    notes = [
        promotion.gate(word_vectors, GATES),
        promotion.gate(dataclasses.replace(GOOD, metrics={}), GATES),
        promotion.against_live(word_vectors, live(), BETTER),
        promotion.against_live(GOOD, live(metrics={}), BETTER),
        promotion.against_live(GOOD, live(mode="supervised"), BETTER),
        promotion.against_live(GOOD, None, BETTER),
        naming.HELD_BACK,
    ]

    assert all(notes)
    pattern = shape.metadata["pattern"].replace("\\p{L}", "a-zA-Z").replace("\\p{Z}", " ").replace("\\p{N}", "0-9")
    assert [note for note in notes if not re.fullmatch(pattern, note) or len(note) > shape.metadata["max"]] == []


@pytest.mark.parametrize(("stage", "option"), [("dev", ""), ("prod", " --stage prod")])
def test_what_to_type_names_the_stage_unless_it_is_the_default_one(stage: str, option: str) -> None:
    of_tuning = decide(environment=dataclasses.replace(OPEN, stage=stage), tags=naming.tags(stage), tuning_job="arn:x/tuning")

    assert of_tuning.reason.endswith(f"To promote this one all the same: blazingtext promote {NAME}{option}")
    assert promotion.refused(GOOD, "why", stage).reason.endswith(f"promote it by name: blazingtext promote {NAME}{option}")
