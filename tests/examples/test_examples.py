"""The examples of SageMaker Python SDK 3 are true: executed as they stand, in a deployed stage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from blazingtext_sandbox.account import Sandbox
from tests.examples.support import left

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parents[2]
NOTEBOOK = str(ROOT / "tests" / "examples" / "run_notebook.py")


def test_a_text_becomes_an_endpoint_with_sdk_3_and_nothing_is_left(run: Callable[..., str], account: Sandbox) -> None:
    said = run("v3", NOTEBOOK, str(ROOT / "examples" / "text_to_endpoint.ipynb"))

    assert "{'awesome': 50, 'blazing': 50}" in said
    assert left(account, "blazingtext-dev-notebook") == []
    (job,) = account.boto3("sagemaker").list_training_jobs(NameContains="blazingtext-dev-notebook")["TrainingJobSummaries"]
    tags = account.boto3("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert {"Key": "blazingtext:stage", "Value": "dev"} in tags


def test_blogs_become_similarities_and_a_picture_with_sdk_3(run: Callable[..., str], tmp_path: Path) -> None:
    said = run("v3", NOTEBOOK, str(ROOT / "examples" / "vectors_and_map.ipynb"))

    assert "gensim: Spearman 0." in said
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_tuning_job_finds_the_best_of_its_training_jobs_with_sdk_3_and_no_other_may_go_live(
    run: Callable[..., str], account: Sandbox
) -> None:
    said = run("v3", NOTEBOOK, str(ROOT / "examples" / "tuning.ipynb"))

    assert "6 jobs, Completed" in said
    (tuning,) = [
        each["HyperParameterTuningJobName"]
        for each in account.boto3("sagemaker").list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
        if each["Strategy"] == "Bayesian"
    ]
    found = account.boto3("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    values = [
        each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for each in account.boto3("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)[
            "TrainingJobSummaries"
        ]
    ]
    assert str(max(values)) in said
    assert found["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == max(values)
    parameters = account.boto3("cloudformation").describe_stacks(StackName="blazingtext-dev-serving")["Stacks"][0]["Parameters"]
    live = {each["ParameterKey"]: each["ParameterValue"] for each in parameters}["ModelDataUrl"]
    assert tuning not in live or f"/{found['BestTrainingJob']['TrainingJobName']}/" in live
