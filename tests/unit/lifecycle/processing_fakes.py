"""SageMaker with processing jobs; creation is checked by botocore's own validator."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.aws_requests import validate
from tests.unit.lifecycle.aws_fakes import REGION_AND_ACCOUNT, STARTED, FakeSageMaker, client_error


class FakeProcessing(FakeSageMaker):
    """Processing jobs by name."""

    def __init__(self) -> None:
        super().__init__()
        self.processings: dict[str, dict[str, Any]] = {}
        self.processing_stops: list[str] = []

    def add_processing(self, name: str, status: str, tags: Mapping[str, str], **more: Any) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{REGION_AND_ACCOUNT}:processing-job/{name}"
        job = {"ProcessingJobName": name, "ProcessingJobArn": arn, "ProcessingJobStatus": status, "CreationTime": STARTED, **more}
        self.processings[name] = job
        self.tags[arn] = dict(tags)
        return job

    def create_processing_job(self, **parameters: Any) -> dict[str, str]:
        validate("sagemaker", "CreateProcessingJob", parameters)
        name = parameters["ProcessingJobName"]
        if self.refusal:
            raise self.refusal
        if name in self.processings:
            raise client_error("ResourceInUse", "Job name must be unique within an AWS account and region")
        tags = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
        return {"ProcessingJobArn": self.add_processing(name, "InProgress", tags, **parameters)["ProcessingJobArn"]}

    def describe_processing_job(self, **wish: Any) -> dict[str, Any]:
        validate("sagemaker", "DescribeProcessingJob", wish)
        if wish["ProcessingJobName"] not in self.processings:
            raise client_error("ValidationException", f"Could not find requested job with name: {wish['ProcessingJobName']}")
        return self.processings[wish["ProcessingJobName"]]

    def _list_processing_jobs(self, **wish: Any) -> Iterator[dict[str, Any]]:
        after = wish.get("CreationTimeAfter")
        found = [
            job
            for name, job in self.processings.items()
            if wish["NameContains"] in name
            and job["ProcessingJobStatus"] == wish["StatusEquals"]
            and (after is None or job["CreationTime"] > after)
        ]
        yield {"ProcessingJobSummaries": found}

    def stop_processing_job(self, **wish: Any) -> None:
        validate("sagemaker", "StopProcessingJob", wish)
        job = self.processings[wish["ProcessingJobName"]]
        if job["ProcessingJobStatus"] != "InProgress":
            raise client_error("ValidationException", "The processing job has ended already", "StopProcessingJob")
        self.processing_stops.append(job["ProcessingJobName"])
        job["ProcessingJobStatus"] = "Stopping"

    def delete_processing_job(self, **wish: Any) -> None:
        validate("sagemaker", "DeleteProcessingJob", wish)
        del self.processings[wish["ProcessingJobName"]]

    def finish_stopping(self, seconds: float = 0) -> None:
        super().finish_stopping(seconds)
        for job in self.processings.values():
            if job["ProcessingJobStatus"] == "Stopping":
                job["ProcessingJobStatus"] = "Stopped"
