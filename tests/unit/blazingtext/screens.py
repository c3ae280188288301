"""A stage with two runs, for tests of what commands show."""

from typing import Any

from tests.unit.aws_requests import validate
from tests.unit.blazingtext.cloud_fakes import FakeClient, FakeJobs, FakeLauncher

NEW, OLD = "blazingtext-dev-wiki-2", "blazingtext-dev-wiki-1"
SCORED: dict[str, Any] = {"FinalMetricDataList": [{"MetricName": "train:mean_rho", "Value": 0.7164}], "TrainingTimeInSeconds": 654}


def lines(*shown: str) -> str:
    """Lines as they are shown."""
    return "".join(f"{each}\n" for each in shown)


def two_runs() -> FakeJobs:
    """A run that failed, and a later one that has a model."""
    jobs = FakeJobs()
    jobs.add(OLD, "Failed")
    jobs.add(NEW, **SCORED)
    return jobs


def launcher(status: str = "InProgress", *, created: bool = True) -> dict[str, Any]:
    """A launcher that answers with the newest run."""
    answer = {"jobName": NEW, "jobArn": "arn", "status": status, "created": created, "artifact": "s3://x", "warnings": ["few words"]}
    return {"lambda": FakeLauncher(answer)}


class Letters:
    """A dead-letter queue."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons

    def receive_message(self, **request: Any) -> dict[str, Any]:
        validate("sqs", "ReceiveMessage", request)
        assert request["QueueUrl"] == "https://sqs/dead"
        told = [{"Reason": {"DataType": "String", "StringValue": reason}} for reason in self.reasons]
        return {"Messages": [{"Body": "{}", "MessageAttributes": each} for each in told][: request.get("MaxNumberOfMessages", 1)]}


class Logs(FakeClient):
    """Lines of the newest run, and of the endpoint."""

    def __init__(self, *shown: str) -> None:
        events = [{"timestamp": 1_700_000_000_000 + place, "message": line} for place, line in enumerate(shown)]
        super().__init__(
            describe_log_streams=lambda **_: {"logStreams": [{"logStreamName": "host-1"}]},
            get_log_events=lambda **wish: {"events": [] if "nextToken" in wish else events, "nextForwardToken": "f/1"},
            filter_log_events=lambda **wish: {"events": events if wish["logStreamNamePrefix"] == f"{NEW}/" else []},
        )
