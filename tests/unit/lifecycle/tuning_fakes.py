"""SageMaker with tuning jobs beside its training jobs; creation is checked by botocore's own validator."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.aws_requests import validate
from tests.unit.lifecycle.aws_fakes import REGION_AND_ACCOUNT, STARTED, client_error
from tests.unit.lifecycle.transform_fakes import FakeTransforms


class FakeTuning(FakeTransforms):
    """Tuning jobs by name, beside the other kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.tunings: dict[str, dict[str, Any]] = {}
        self.tuning_stops: list[str] = []

    def add_tuning(self, name: str, status: str, tags: Mapping[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:hyper-parameter-tuning-job/{name}"
        job = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobStatus": status,
            "CreationTime": STARTED,
            **more,
        }
        self.tunings[name] = job
        self.tags[arn] = dict(tags)
        return job

    def create_hyper_parameter_tuning_job(self, **parameters: Any) -> dict[str, str]:
        validate("sagemaker", "CreateHyperParameterTuningJob", parameters)
        name = parameters["HyperParameterTuningJobName"]
        if self.refusal:
            raise self.refusal
        if name in self.tunings:
            raise client_error("ResourceInUse", f"A hyperparameter tuning job with the name, {name}, already exists")
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        return {"HyperParameterTuningJobArn": self.add_tuning(name, "InProgress", tags, **parameters)["HyperParameterTuningJobArn"]}

    def describe_hyper_parameter_tuning_job(self, **wish: Any) -> dict[str, Any]:
        validate("sagemaker", "DescribeHyperParameterTuningJob", wish)
        name = wish["HyperParameterTuningJobName"]
        if name not in self.tunings:
            raise client_error("ResourceNotFound", f"Amazon SageMaker can't find a tuning job called {name}.")
        return self.tunings[name]

    def _list_hyper_parameter_tuning_jobs(self, **wish: Any) -> Iterator[dict[str, Any]]:
        after = wish.get("CreationTimeAfter")
        found = [
            job
            for name, job in self.tunings.items()
            if wish["NameContains"] in name
            and job["HyperParameterTuningJobStatus"] == wish["StatusEquals"]
            and (after is None or job["CreationTime"] > after)
        ]
        yield {"HyperParameterTuningJobSummaries": found}

    def stop_hyper_parameter_tuning_job(self, **wish: Any) -> None:
        validate("sagemaker", "StopHyperParameterTuningJob", wish)
        job = self.tunings[wish["HyperParameterTuningJobName"]]
        if job["HyperParameterTuningJobStatus"] != "InProgress":
            raise client_error("ValidationException", "The tuning job has ended already", "StopHyperParameterTuningJob")
        self.tuning_stops.append(job["HyperParameterTuningJobName"])
        job["HyperParameterTuningJobStatus"] = "Stopping"

    def delete_hyper_parameter_tuning_job(self, **wish: Any) -> None:
        validate("sagemaker", "DeleteHyperParameterTuningJob", wish)
        assert self.tunings.pop(wish["HyperParameterTuningJobName"])["HyperParameterTuningJobStatus"] in {"Completed", "Failed", "Stopped"}

    def finish_stopping(self, seconds: float = 0) -> None:
        super().finish_stopping(seconds)
        for job in self.tunings.values():
            if job["HyperParameterTuningJobStatus"] == "Stopping":
                job["HyperParameterTuningJobStatus"] = "Stopped"
