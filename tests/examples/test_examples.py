"""The examples are true: executed as they stand, with the real SDK, in a deployed stage."""

from collections.abc import Callable
from pathlib import Path

from blazingtext_sandbox.account import Sandbox

ROOT = Path(__file__).parents[2]
NOTEBOOK = str(ROOT / "tests" / "examples" / "run_notebook.py")


def left(account: Sandbox, name: str) -> list[str]:
    """The endpoints, configurations and models of a name that still exist."""
    sagemaker = account.boto3("sagemaker")
    endpoints = [each["EndpointName"] for each in sagemaker.list_endpoints(NameContains=name)["Endpoints"]]
    configurations = [each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]]
    return endpoints + configurations + [each["ModelName"] for each in sagemaker.list_models(NameContains=name)["Models"]]


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


def test_a_tuning_job_finds_the_best_of_its_training_jobs_with_sdk_3_and_none_is_promoted(
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
    assert tuning not in {each["ParameterKey"]: each["ParameterValue"] for each in parameters}["ModelDataUrl"]


def test_a_text_becomes_an_endpoint_with_sdk_2_and_nothing_is_left(run: Callable[..., str], account: Sandbox) -> None:
    said = run("v2", str(ROOT / "examples" / "sdk_v2.py"))

    assert "{'awesome': 50, 'blazing': 50}" in said
    assert left(account, "blazingtext-dev-estimator") == []
    assert "Completed" in said.splitlines()[-1]
