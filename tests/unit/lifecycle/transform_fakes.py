"""SageMaker with transform jobs and their models beside its other jobs; creation is checked by botocore's own validator."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.aws_requests import validate
from tests.unit.lifecycle.aws_fakes import REGION_AND_ACCOUNT, STARTED, client_error
from tests.unit.lifecycle.processing_fakes import FakeProcessing


class FakeTransforms(FakeProcessing):
    """Transform jobs and models by name."""

    def __init__(self) -> None:
        super().__init__()
        self.transforms: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.transform_stops: list[str] = []
        self.model_refusal: ClientError | None = None
        self.removed_models: list[str] = []

    def add_transform(self, name: str, status: str, tags: Mapping[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:transform-job/{name}"
        job = {"TransformJobName": name, "TransformJobArn": arn, "TransformJobStatus": status, "CreationTime": STARTED, **more}
        self.transforms[name] = job
        self.tags[arn] = dict(tags)
        return job

    def add_model(self, name: str, tags: Mapping[str, str], **more: Any) -> None:
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:model/{name}"
        self.models[name] = {"ModelName": name, "ModelArn": arn, "CreationTime": STARTED, **more}
        self.tags[arn] = dict(tags)

    def create_model(self, **parameters: Any) -> None:
        validate("sagemaker", "CreateModel", parameters)
        name = parameters["ModelName"]
        if self.model_refusal:
            raise self.model_refusal
        if name in self.models:
            raise client_error("ValidationException", f'Cannot create already existing model "arn:aws:sagemaker:::model/{name}".')
        self.add_model(name, {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}, **parameters)

    def delete_model(self, **wish: Any) -> None:
        validate("sagemaker", "DeleteModel", wish)
        if wish["ModelName"] not in self.models:
            raise client_error("ValidationException", f'Could not find model "arn:aws:sagemaker:::model/{wish["ModelName"]}".')
        self.removed_models.append(wish["ModelName"])
        del self.models[wish["ModelName"]]

    def _list_models(self, **wish: Any) -> Iterator[dict[str, Any]]:
        yield {"Models": [model for name, model in self.models.items() if wish["NameContains"] in name]}

    def create_transform_job(self, **parameters: Any) -> dict[str, str]:
        validate("sagemaker", "CreateTransformJob", parameters)
        name = parameters["TransformJobName"]
        if self.refusal:
            raise self.refusal
        if name in self.transforms:
            raise client_error("ResourceInUse", "Job name must be unique within an AWS account and region")
        assert parameters["ModelName"] in self.models
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        return {"TransformJobArn": self.add_transform(name, "InProgress", tags, **parameters)["TransformJobArn"]}

    def describe_transform_job(self, **wish: Any) -> dict[str, Any]:
        validate("sagemaker", "DescribeTransformJob", wish)
        if wish["TransformJobName"] not in self.transforms:
            raise client_error("ResourceNotFound", "Could not find transform job")
        return self.transforms[wish["TransformJobName"]]

    def _list_transform_jobs(self, **wish: Any) -> Iterator[dict[str, Any]]:
        after = wish.get("CreationTimeAfter")
        found = [
            job
            for name, job in self.transforms.items()
            if wish["NameContains"] in name
            and job["TransformJobStatus"] == wish["StatusEquals"]
            and (after is None or job["CreationTime"] > after)
        ]
        yield {"TransformJobSummaries": found}

    def stop_transform_job(self, **wish: Any) -> None:
        validate("sagemaker", "StopTransformJob", wish)
        job = self.transforms[wish["TransformJobName"]]
        if job["TransformJobStatus"] != "InProgress":
            raise client_error("ValidationException", "The transform job has ended already", "StopTransformJob")
        self.transform_stops.append(job["TransformJobName"])
        job["TransformJobStatus"] = "Stopping"

    def finish_stopping(self, seconds: float = 0) -> None:
        super().finish_stopping(seconds)
        for job in self.transforms.values():
            if job["TransformJobStatus"] == "Stopping":
                job["TransformJobStatus"] = "Stopped"
