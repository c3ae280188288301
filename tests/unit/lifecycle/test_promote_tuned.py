"""The end of a tuning job: its best training job is judged as one that was trained by itself, and none of the others is."""

import dataclasses
import json
from typing import Any

import pytest

from blazingtext_lifecycle import naming
from blazingtext_lifecycle.environments import AutoPromote, PromoteEnvironment
from tests.unit.lifecycle import test_promote_model
from tests.unit.lifecycle.aws_fakes import STARTED
from tests.unit.lifecycle.test_promote_model import ENVIRONMENT, GATED

TUNING = "blazingtext-dev-wiki-0a1b2c3"
BEST = f"{TUNING}-002-0123abcd"
ARN = f"arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/{TUNING}"


class Account(test_promote_model.Account):
    """A stage whose tuning job has ended."""

    def tune(self, status: str = "Completed", best: str = BEST, tags: Any = None, **more: Any) -> None:
        for name, rho in ((f"{TUNING}-001-0123abcd", 0.5), (BEST, 0.7)):
            metrics = [{"MetricName": "train:mean_rho", "Value": rho, "Timestamp": STARTED}]
            self.train(name, TuningJobArn=ARN, FinalMetricDataList=metrics)
        found = {"BestTrainingJob": {"TrainingJobName": best, "ObjectiveStatus": "Succeeded"}} if best else {}
        self.sagemaker.add_tuning(TUNING, status, naming.tags("dev") if tags is None else tags, **found, **more)

    def end(self, status: str = "Completed", name: str = TUNING, environment: PromoteEnvironment = ENVIRONMENT) -> bool:
        detail = {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": status}
        event = {"source": "aws.sagemaker", "detail-type": "SageMaker HyperParameter Tuning Job State Change", "detail": detail}
        return self.deliver_body(json.dumps(event), environment)


def test_the_best_training_job_goes_live_when_the_tuning_job_has_completed_and_once_only() -> None:
    account = Account()
    account.tune()

    assert account.end()
    account.cloudformation.finish()
    assert account.end()

    assert [update["ModelDataUrl"] for update in account.cloudformation.updates] == [naming.artifact_uri("own-bucket", BEST)]
    assert account.subjects == ["BlazingText dev: the promotion of a model has begun"]


def test_none_goes_live_while_the_others_still_run() -> None:
    account = Account()
    account.tune("InProgress")

    for name in (BEST, f"{TUNING}-001-0123abcd"):
        assert account.deliver(name)
    assert account.end("InProgress")
    # The event is late, and the tuning job was made anew since.
    assert account.end("Completed")

    assert account.cloudformation.updates == account.sns.published == []


def test_the_best_is_judged_by_the_gate() -> None:
    account = Account()
    account.tune()

    account.end(environment=dataclasses.replace(GATED, minimum_mean_rho=0.8))

    assert account.cloudformation.updates == []
    assert account.subjects == ["BlazingText dev: a model was not promoted"]
    tags = account.sagemaker.tags[account.sagemaker.jobs[BEST]["TrainingJobArn"]]
    assert tags["blazingtext:promotion"].startswith("train:mean_rho 0.7 is below 0.8")


@pytest.mark.parametrize(("live", "promoted"), [(0.6, True), (0.75, False)])
def test_the_best_has_to_be_better_than_the_live_model_where_the_stage_asks_for_that(live: float, promoted: bool) -> None:
    account = Account()
    metrics = [{"MetricName": "train:mean_rho", "Value": live, "Timestamp": STARTED}]
    account.train(minutes=-5, FinalMetricDataList=metrics)
    account.deliver()
    account.cloudformation.finish()
    account.tune()

    account.end(environment=dataclasses.replace(ENVIRONMENT, auto_promote=AutoPromote.BETTER))

    assert (naming.job_of_artifact(account.live) == BEST) is promoted


def test_what_was_tuned_with_no_promote_does_not_go_live() -> None:
    account = Account()
    account.tune()
    account.sagemaker.tags[account.sagemaker.jobs[BEST]["TrainingJobArn"]]["blazingtext:promotion"] = "trained with --no-promote"

    account.end()

    assert account.cloudformation.updates == account.sns.published == []


@pytest.mark.parametrize(
    ("tuned", "words"),
    [
        ({"status": "Failed", "FailureReason": "All training jobs failed.", "best": ""}, "failed. All training jobs failed. What its"),
        ({"best": ""}, "has no best training job: none reported its objective. blazingtext tuning"),
    ],
)
def test_a_tuning_job_without_a_model_is_told_to_people(tuned: dict[str, Any], words: str) -> None:
    account = Account()
    account.tune(**tuned)

    assert account.end()

    assert account.cloudformation.updates == []
    assert account.subjects == ["BlazingText dev: a training failed"]
    assert words in account.sns.published[0]["Message"]


@pytest.mark.parametrize("tuned", [{"status": "Stopped"}, {"tags": naming.tags("prod")}, {"tags": {}}])
def test_what_a_person_stopped_and_what_is_not_the_stages_is_left_alone(tuned: dict[str, Any]) -> None:
    account = Account()
    account.tune(**tuned)

    assert account.end("Stopped" if tuned.get("status") else "Completed")

    assert account.cloudformation.updates == account.sns.published == account.sqs.sent == []


def test_another_stages_tuning_job_is_not_even_looked_up() -> None:
    account = Account()

    assert account.end(name="blazingtext-prod-wiki-0a1b2c3")

    assert account.sns.published == account.sqs.sent == []


def test_a_best_job_without_its_objective_is_none() -> None:
    account = Account()
    account.tune()
    account.sagemaker.tunings[TUNING]["BestTrainingJob"]["ObjectiveStatus"] = "Failed"

    account.end()

    assert account.cloudformation.updates == []


@pytest.mark.parametrize("gone", ["the tuning job", "the training job"])
def test_what_is_gone_is_a_dead_letter(gone: str) -> None:
    account = Account()
    account.tune()
    del (account.sagemaker.tunings if gone == "the tuning job" else account.sagemaker.jobs)[TUNING if gone == "the tuning job" else BEST]

    assert account.end()

    (letter,) = account.sqs.sent
    assert "is gone" in letter["MessageAttributes"]["Reason"]["StringValue"]
